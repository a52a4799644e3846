! exact_objects.F90 - one-sided, files, types, strings, info, callbacks from Fortran
#include "bindings.h"

module callbacks
  implicit none
  integer :: deleted = 0, handled = 0
contains

#ifdef BINDING_F08
  subroutine add(invec, inoutvec, len, datatype)
    use mpi_f08
    use, intrinsic :: iso_c_binding
    type(c_ptr), value :: invec, inoutvec
    integer :: len
    type(MPI_Datatype) :: datatype
    integer, pointer :: x(:), y(:)
    call c_f_pointer(invec, x, [len])
    call c_f_pointer(inoutvec, y, [len])
    y = y + x
  end subroutine
#else
  subroutine add(invec, inoutvec, len, datatype)
    integer :: len, datatype
    integer :: invec(len), inoutvec(len)
    inoutvec = inoutvec + invec
  end subroutine
#endif

  subroutine forget(comm, keyval, value, extra, ierror)
    USE_MPI
    implicit none
    INCLUDE_MPI
    T_COMM :: comm
    integer :: keyval, ierror, rank, ierr
    integer(MPI_ADDRESS_KIND) :: value, extra
    call MPI_Comm_rank(MPI_COMM_WORLD, rank, ierr) ! inside of a call of MPI: not recorded
    if (value == 42) deleted = deleted + 1
    ierror = MPI_SUCCESS
  end subroutine

  subroutine handle(comm, code)
    USE_MPI
    implicit none
    INCLUDE_MPI
    T_COMM :: comm
    integer :: code
    handled = handled + 1
  end subroutine

end module

program exact_objects
  USE_MPI
  use expect_fortran
  use callbacks
  implicit none
  INCLUDE_MPI
  integer :: me, all, next, before, ierr
  integer :: a(1000), b(1000)

  a = 1
  call MPI_Init(ierr)
  call expect_begin()
  call MPI_Comm_rank(MPI_COMM_WORLD, me E); call did('Comm_rank', 0, 0)
  call MPI_Comm_size(MPI_COMM_WORLD, all E); call did('Comm_size', 0, 0)
  next = mod(me + 1, all)
  before = mod(me + all - 1, all)
  call one_sided()
  call files()
  call types()
  call strings()
  call operations()
  call attributes()
  call errors()
  call expect_write()
  call MPI_Finalize(ierr)

contains

  subroutine one_sided()
    use, intrinsic :: iso_c_binding
    T_WIN :: win
    T_REQUEST :: requests(2)
    type(c_ptr) :: memory
    integer(MPI_ADDRESS_KIND) :: at
    integer(8) :: one, old

    at = 0
    call MPI_Win_allocate(4000_MPI_ADDRESS_KIND, 4, MPI_INFO_NULL, MPI_COMM_WORLD, memory, win E); call did('Win_allocate', 0, 0)
    call MPI_Win_fence(0, win E); call did('Win_fence', 0, 0)
    call MPI_Put(a, 5, MPI_INTEGER, next, at, 5, MPI_INTEGER, win E); call did('Put', 20, 0)
    call MPI_Get(b, 6, MPI_INTEGER, next, at, 6, MPI_INTEGER, win E); call did('Get', 0, 24)
    call MPI_Accumulate(a, 7, MPI_INTEGER, next, at, 7, MPI_INTEGER, MPI_SUM, win E); call did('Accumulate', 28, 0)
    call MPI_Put(a, 5, MPI_INTEGER, MPI_PROC_NULL, at, 5, MPI_INTEGER, win E); call did('Put', 0, 0)
    call MPI_Win_fence(0, win E); call did('Win_fence', 0, 0)
    call MPI_Win_lock(MPI_LOCK_SHARED, next, 0, win E); call did('Win_lock', 0, 0)
    call MPI_Rput(a, 5, MPI_INTEGER, next, at, 5, MPI_INTEGER, win, requests(1) E); call did('Rput', 20, 0)
    call MPI_Rget(b, 6, MPI_INTEGER, next, at, 6, MPI_INTEGER, win, requests(2) E); call did('Rget', 0, 24)
    call MPI_Waitall(2, requests, MPI_STATUSES_IGNORE E); call did('Waitall', 0, 0)
    call MPI_Get_accumulate(a, 2, MPI_INTEGER, b, 2, MPI_INTEGER, next, at, 2, MPI_INTEGER, MPI_SUM, win E)
    call did('Get_accumulate', 8, 8)
    call MPI_Get_accumulate(a, 2, MPI_INTEGER, b, 2, MPI_INTEGER, next, at, 2, MPI_INTEGER, MPI_NO_OP, win E)
    call did('Get_accumulate', 0, 8)
    at = 100
    call MPI_Fetch_and_op(one, old, MPI_INTEGER8, next, at, MPI_SUM, win E); call did('Fetch_and_op', 8, 8)
    call MPI_Win_flush(next, win E); call did('Win_flush', 0, 0)
    call MPI_Win_unlock(next, win E); call did('Win_unlock', 0, 0)
    call MPI_Win_set_name(win, 'window' E); call did('Win_set_name', 0, 0)
    call MPI_Win_free(win E); call did('Win_free', 0, 0)
  end subroutine

  subroutine files()
    T_FILE :: file
    T_REQUEST :: request
    T_STATUS :: status STATUS_SHAPE
    integer(MPI_OFFSET_KIND) :: at
    character(4096) :: folder

    call get_command_argument(1, folder)
    at = 400*me
    call MPI_File_open(MPI_COMM_WORLD, trim(folder)//'/data', ior(MPI_MODE_CREATE, MPI_MODE_RDWR), MPI_INFO_NULL, file E)
    call did('File_open', 0, 0)
    call MPI_File_write_at(file, at, a, 100, MPI_INTEGER, MPI_STATUS_IGNORE E); call did('File_write_at', 400, 0)
    call MPI_File_write_at_all(file, at, a, 100, MPI_INTEGER, status E); call did('File_write_at_all', 400, 0)
    call MPI_File_iwrite_at(file, at, a, 100, MPI_INTEGER, request E); call did('File_iwrite_at', 400, 0)
    call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
    call MPI_File_sync(file E); call did('File_sync', 0, 0)
    call MPI_Barrier(MPI_COMM_WORLD E); call did('Barrier', 0, 0)
    call MPI_File_read_at(file, at, b, 100, MPI_INTEGER, MPI_STATUS_IGNORE E); call did('File_read_at', 0, 400)
    call MPI_File_read_at_all(file, at, b, 100, MPI_INTEGER, status E); call did('File_read_at_all', 0, 400)
    call MPI_File_iread_at(file, at, b, 100, MPI_INTEGER, request E); call did('File_iread_at', 0, 400)
    call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
    at = 400*all - 40
    call MPI_File_read_at(file, at, b, 100, MPI_INTEGER, MPI_STATUS_IGNORE E); call did('File_read_at', 0, 40)
    call MPI_Barrier(MPI_COMM_WORLD E); call did('Barrier', 0, 0)
    call MPI_File_set_view(file, 0_MPI_OFFSET_KIND, MPI_INTEGER, MPI_INTEGER, 'native', MPI_INFO_NULL E); call did('File_set_view', 0, 0)
    call MPI_File_read_all(file, b, 10, MPI_INTEGER, MPI_STATUS_IGNORE E); call did('File_read_all', 0, 40)
    call MPI_File_close(file E); call did('File_close', 0, 0)
  end subroutine

  subroutine types()
    T_TYPE :: column, pair, list(2)
    integer :: bytes, i
    integer(MPI_ADDRESS_KIND) :: places(2)

    do i = 1, 3 ! the handle comes back with another size
      call MPI_Type_vector(4*i, 1, 8, MPI_INTEGER, column E); call did('Type_vector', 0, 0)
      call MPI_Type_commit(column E); call did('Type_commit', 0, 0)
      call MPI_Bcast(a, 3, column, 0, MPI_COMM_WORLD E)
      call did('Bcast', merge(48*i, 0, me == 0), merge(0, 48*i, me == 0))
      call MPI_Type_free(column E); call did('Type_free', 0, 0)
    end do
    list = [MPI_INTEGER, MPI_DOUBLE_PRECISION]
    places = [0, 8]
    call MPI_Type_create_struct(2, [1, 1], places, list, pair E); call did('Type_create_struct', 0, 0)
    call MPI_Type_commit(pair E); call did('Type_commit', 0, 0)
    call MPI_Type_size(pair, bytes E); call did('Type_size', 0, 0)
    if (bytes /= 12) stop 3
    call MPI_Allgather(a, 1, pair, b, 1, pair, MPI_COMM_WORLD E); call did('Allgather', 12, 12*all)
    call MPI_Type_free(pair E); call did('Type_free', 0, 0)
  end subroutine

  subroutine strings()
    T_INFO :: info
    character(20) :: value
    character(MPI_MAX_PROCESSOR_NAME) :: host
    character(MPI_MAX_ERROR_STRING) :: text
    character(MPI_MAX_LIBRARY_VERSION_STRING) :: version
    integer :: length
    logical :: flag

    call MPI_Info_create(info E); call did('Info_create', 0, 0)
    call MPI_Info_set(info, 'key ', 'the value' E); call did('Info_set', 0, 0)
    call MPI_Info_get(info, 'key', 20, value, flag E); call did('Info_get', 0, 0)
    if (.not. flag .or. value /= 'the value') stop 4
    call MPI_Info_get(info, 'another', 20, value, flag E); call did('Info_get', 0, 0)
    if (flag) stop 5
    call MPI_Info_free(info E); call did('Info_free', 0, 0)
    call MPI_Get_processor_name(host, length E); call did('Get_processor_name', 0, 0)
    if (len_trim(host) /= length .or. length == 0) stop 6
    call MPI_Error_string(MPI_ERR_RANK, text, length E); call did('Error_string', 0, 0)
    if (len_trim(text) /= length) stop 7
    call MPI_Get_library_version(version, length E); call did('Get_library_version', 0, 0)
    call MPI_Initialized(flag E); call did('Initialized', 0, 0)
    if (.not. flag) stop 8
  end subroutine

  subroutine operations()
    T_OP :: op
    logical :: is_commutative
    call MPI_Op_create(add, .true., op E); call did('Op_create', 0, 0)
    call MPI_Op_commutative(op, is_commutative E); call did('Op_commutative', 0, 0)
    if (.not. is_commutative) stop 9
    a(1:3) = me
    call MPI_Allreduce(a, b, 3, MPI_INTEGER, op, MPI_COMM_WORLD E); call did('Allreduce', 12, 12)
    if (b(3) /= all*(all - 1)/2) stop 10
    call MPI_Op_free(op E); call did('Op_free', 0, 0)
  end subroutine

  subroutine attributes()
    T_COMM :: comm
    integer :: key
    logical :: flag
    integer(MPI_ADDRESS_KIND) :: value

    value = 42
    call MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, key, 0_MPI_ADDRESS_KIND E); call did('Comm_create_keyval', 0, 0)
    call MPI_Comm_dup(MPI_COMM_WORLD, comm E); call did('Comm_dup', 0, 0)
    call MPI_Comm_set_attr(comm, key, value E); call did('Comm_set_attr', 0, 0)
    call MPI_Comm_get_attr(comm, key, value, flag E); call did('Comm_get_attr', 0, 0)
    if (.not. flag .or. value /= 42) stop 11
    call MPI_Comm_free(comm E); call did('Comm_free', 0, 0)
    if (deleted /= 1) stop 12
    call MPI_Comm_free_keyval(key E); call did('Comm_free_keyval', 0, 0)
    call MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, value, flag E); call did('Comm_get_attr', 0, 0)
    if (.not. flag .or. value < 32767) stop 13
  end subroutine

  ! What fails moves nothing, and returns what MPI returns.
  subroutine errors()
    T_ERRHANDLER :: handler, old
    T_REQUEST :: request
    integer :: code, class

    call MPI_Comm_get_errhandler(MPI_COMM_WORLD, old E); call did('Comm_get_errhandler', 0, 0)
    call MPI_Comm_create_errhandler(handle, handler E); call did('Comm_create_errhandler', 0, 0)
    call MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler E); call did('Comm_set_errhandler', 0, 0)
    call MPI_Send(a, 5, MPI_INTEGER, all, 0, MPI_COMM_WORLD, code); call did('Send', 0, 0)
    if (handled /= 1 .or. code == MPI_SUCCESS) stop 14
    call MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN E); call did('Comm_set_errhandler', 0, 0)
    call MPI_Irecv(b, 5, MPI_DATATYPE_NULL, 0, 0, MPI_COMM_WORLD, request, code); call did('Irecv', 0, 0)
    call MPI_Error_class(code, class E); call did('Error_class', 0, 0)
    if (class /= MPI_ERR_TYPE) stop 15
    call MPI_Bcast(b, -1, MPI_INTEGER, 0, MPI_COMM_WORLD, code); call did('Bcast', 0, 0)
    call MPI_Error_class(code, class E); call did('Error_class', 0, 0)
    if (class /= MPI_ERR_COUNT) stop 16
#ifdef BINDING_F08
    call MPI_Send(a, 5, MPI_INTEGER, all, 0, MPI_COMM_WORLD); call did('Send', 0, 0) ! nobody asks for the code
#endif
    call MPI_Comm_set_errhandler(MPI_COMM_WORLD, old E); call did('Comm_set_errhandler', 0, 0)
    call MPI_Errhandler_free(handler E); call did('Errhandler_free', 0, 0)
    if (handled /= 1) stop 17
  end subroutine

end program
