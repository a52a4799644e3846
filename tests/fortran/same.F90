! same.F90 - same.c in the three bindings of Fortran
#include "bindings.h"

program same
  USE_MPI
  implicit none
  INCLUDE_MPI
  integer :: me, all, next, before, n, ierr, a(1000), b(1000)
  double precision :: x(100), y(100)
  T_REQUEST :: requests(2)
  T_COMM :: part

  a = 0
  x = 0
  call MPI_Init(ierr)
  call MPI_Comm_rank(MPI_COMM_WORLD, me E)
  call MPI_Comm_size(MPI_COMM_WORLD, all E)
  next = mod(me + 1, all)
  before = mod(me + all - 1, all)
  call MPI_Bcast(a, 10, MPI_INTEGER, 0, MPI_COMM_WORLD E)
  do n = 1, 5
    call MPI_Sendrecv(a, n, MPI_INTEGER, next, 1, b, 1000, MPI_INTEGER, before, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE E)
    call MPI_Irecv(y, 100, MPI_DOUBLE_PRECISION, before, 2, MPI_COMM_WORLD, requests(1) E)
    call MPI_Isend(x, 10*n, MPI_DOUBLE_PRECISION, next, 2, MPI_COMM_WORLD, requests(2) E)
    call MPI_Waitall(2, requests, MPI_STATUSES_IGNORE E)
  end do
  if (me > 0) call MPI_Recv(b, 1000, MPI_INTEGER, me - 1, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE E)
  if (me < all - 1) call MPI_Send(a, 7, MPI_INTEGER, me + 1, 3, MPI_COMM_WORLD E)
  call MPI_Recv_init(b, 1000, MPI_INTEGER, before, 4, MPI_COMM_WORLD, requests(1) E)
  call MPI_Start(requests(1) E)
  call MPI_Isend(a, 3, MPI_INTEGER, next, 4, MPI_COMM_WORLD, requests(2) E)
  call MPI_Wait(requests(1), MPI_STATUS_IGNORE E)
  call MPI_Wait(requests(2), MPI_STATUS_IGNORE E)
  call MPI_Request_free(requests(1) E)
  call MPI_Allreduce(x, y, 3, MPI_DOUBLE_PRECISION, MPI_SUM, MPI_COMM_WORLD E)
  call MPI_Allreduce(MPI_IN_PLACE, y, 4, MPI_DOUBLE_PRECISION, MPI_SUM, MPI_COMM_WORLD E)
  call MPI_Reduce(a, b, 4, MPI_INTEGER, MPI_SUM, all - 1, MPI_COMM_WORLD E)
  call MPI_Gather(a, 2, MPI_INTEGER, b, 2, MPI_INTEGER, 0, MPI_COMM_WORLD E)
  call MPI_Scatter(a, 2, MPI_INTEGER, b, 2, MPI_INTEGER, 0, MPI_COMM_WORLD E)
  call MPI_Allgather(a, 5, MPI_INTEGER, b, 5, MPI_INTEGER, MPI_COMM_WORLD E)
  call MPI_Alltoall(a, 1, MPI_INTEGER, b, 1, MPI_INTEGER, MPI_COMM_WORLD E)
  call MPI_Scan(a, b, 2, MPI_INTEGER, MPI_SUM, MPI_COMM_WORLD E)
  call MPI_Comm_split(MPI_COMM_WORLD, mod(me, 2), me, part E)
  call MPI_Allreduce(x, y, 5, MPI_DOUBLE_PRECISION, MPI_SUM, part E)
  call MPI_Barrier(part E)
  call MPI_Comm_free(part E)
  call MPI_Finalize(ierr)
end program
