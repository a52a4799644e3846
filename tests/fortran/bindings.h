! bindings.h - one source for the three bindings: BINDING_F08, BINDING_MPI or BINDING_MPIFH is defined on the command line.
!   USE_MPI, INCLUDE_MPI   bring the binding in;  E  the error code, where it is not optional
!   T_COMM ...             declare handles
#ifdef BINDING_F08
#define USE_MPI use mpi_f08
#define INCLUDE_MPI
#define E
#define T_COMM type(MPI_Comm)
#define T_REQUEST type(MPI_Request)
#define T_TYPE type(MPI_Datatype)
#define T_WIN type(MPI_Win)
#define T_FILE type(MPI_File)
#define T_GROUP type(MPI_Group)
#define T_INFO type(MPI_Info)
#define T_OP type(MPI_Op)
#define T_MESSAGE type(MPI_Message)
#define T_ERRHANDLER type(MPI_Errhandler)
#define T_STATUS type(MPI_Status)
#define STATUS_SHAPE
#define STATUS_SHAPE_OF(n) (n)
#else
#ifdef BINDING_MPI
#define USE_MPI use mpi
#define INCLUDE_MPI
#else
#define USE_MPI
#define INCLUDE_MPI include 'mpif.h'
#endif
#define E , ierr
#define T_COMM integer
#define T_REQUEST integer
#define T_TYPE integer
#define T_WIN integer
#define T_FILE integer
#define T_GROUP integer
#define T_INFO integer
#define T_OP integer
#define T_MESSAGE integer
#define T_ERRHANDLER integer
#define T_STATUS integer
#define STATUS_SHAPE (MPI_STATUS_SIZE)
#define STATUS_SHAPE_OF(n) (MPI_STATUS_SIZE, n)
#endif
