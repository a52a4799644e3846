! exact_messages.F90 - messages and requests from Fortran, each with what it has to count as
#include "bindings.h"

program exact_messages
  USE_MPI
  use expect_fortran
  implicit none
  INCLUDE_MPI
  integer :: me, all, next, before, ierr, provided
  integer :: a(1000), b(1000)

  a = 0
  call MPI_Init_thread(MPI_THREAD_SINGLE, provided E)
  call expect_begin()
  call MPI_Comm_rank(MPI_COMM_WORLD, me E); call did('Comm_rank', 0, 0)
  call MPI_Comm_size(MPI_COMM_WORLD, all E); call did('Comm_size', 0, 0)
  next = mod(me + 1, all)
  before = mod(me + all - 1, all)
  call blocking()
  call nonblocking()
  call any_and_some()
  call matched()
  call persistent()
  call nobody()
  call paused()
  call expect_write()
  call MPI_Finalize(ierr)

contains

  subroutine blocking()
    T_STATUS :: status STATUS_SHAPE
    T_REQUEST :: request
    integer :: n, count, size
    integer :: room(1000)

    do n = 0, 20
      call MPI_Irecv(b, 1000, MPI_INTEGER, before, 1, MPI_COMM_WORLD, request E); call did('Irecv', 0, 4*n)
      select case (mod(n, 4))
      case (0)
        call MPI_Send(a, n, MPI_INTEGER, next, 1, MPI_COMM_WORLD E); call did('Send', 4*n, 0)
      case (1)
        call MPI_Ssend(a, n, MPI_INTEGER, next, 1, MPI_COMM_WORLD E); call did('Ssend', 4*n, 0)
      case (2)
        call MPI_Barrier(MPI_COMM_WORLD E); call did('Barrier', 0, 0)
        call MPI_Rsend(a, n, MPI_INTEGER, next, 1, MPI_COMM_WORLD E); call did('Rsend', 4*n, 0)
      case (3)
        call MPI_Buffer_attach(room, 4000 E); call did('Buffer_attach', 0, 0)
        call MPI_Bsend(a, n, MPI_INTEGER, next, 1, MPI_COMM_WORLD E); call did('Bsend', 4*n, 0)
      end select
      if (mod(n, 2) == 0) then
        call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
      else
        call MPI_Wait(request, status E); call did('Wait', 0, 0)
        call MPI_Get_count(status, MPI_INTEGER, count E); call did('Get_count', 0, 0)
        if (count /= n) stop 3
      end if
      if (mod(n, 4) == 3) then
        call detach(size)
      end if
      call sent(next, 4*n); call received(before, 4*n)
      ! a message to all comes round the ring, received by a blocking call
      call MPI_Sendrecv(a, n, MPI_INTEGER, next, 2, b, 1000, MPI_INTEGER, before, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE E)
      call did('Sendrecv', 4*n, 4*n); call sent(next, 4*n); call received(before, 4*n)
      call MPI_Sendrecv_replace(a, n, MPI_INTEGER, next, 2, before, 2, MPI_COMM_WORLD, status E)
      call did('Sendrecv_replace', 4*n, 4*n); call sent(next, 4*n); call received(before, 4*n)
      call MPI_Isend(a, n, MPI_DOUBLE_PRECISION, next, 3, MPI_COMM_WORLD, request E); call did('Isend', 8*n, 0)
      call MPI_Probe(before, 3, MPI_COMM_WORLD, status E); call did('Probe', 0, 0)
      call MPI_Recv(b, 100, MPI_DOUBLE_PRECISION, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE E)
      call did('Recv', 0, 8*n); call sent(next, 8*n); call received(before, 8*n)
      call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
    end do
  end subroutine

  subroutine detach(size)
    use, intrinsic :: iso_c_binding
    integer, intent(out) :: size
    type(c_ptr) :: address
    integer :: old
#ifdef BINDING_F08
    call MPI_Buffer_detach(address, size E)
#else
    call MPI_Buffer_detach(old, size E)
#endif
    call did('Buffer_detach', 0, 0)
    if (size /= 4000) stop 4
  end subroutine

  subroutine nonblocking()
    T_REQUEST :: requests(40)
    T_STATUS :: statuses STATUS_SHAPE_OF(40), status STATUS_SHAPE
    integer :: i, round, data(40, 40)
    logical :: flag

    do round = 1, 6
      do i = 1, 20
        call MPI_Irecv(data(1, i), 40, MPI_INTEGER, before, i, MPI_COMM_WORLD, requests(i) E)
        call did('Irecv', 0, 4*i); call received(before, 4*i)
      end do
      do i = 1, 20
        if (mod(i, 2) == 0) then
          call MPI_Isend(data(1, 20 + i), i, MPI_INTEGER, next, i, MPI_COMM_WORLD, requests(20 + i) E); call did('Isend', 4*i, 0)
        else
          call MPI_Issend(data(1, 20 + i), i, MPI_INTEGER, next, i, MPI_COMM_WORLD, requests(20 + i) E); call did('Issend', 4*i, 0)
        end if
        call sent(next, 4*i)
      end do
      select case (round)
      case (1)
        call MPI_Waitall(40, requests, MPI_STATUSES_IGNORE E); call did('Waitall', 0, 0)
      case (2)
        call MPI_Waitall(40, requests, statuses E); call did('Waitall', 0, 0)
      case (3, 4)
        flag = .false.
        do while (.not. flag)
          if (round == 3) then
            call MPI_Testall(40, requests, flag, MPI_STATUSES_IGNORE E)
          else
            call MPI_Testall(40, requests, flag, statuses E)
          end if
          call did('Testall', 0, 0)
        end do
      case (5)
        do i = 1, 40
          flag = .false.
          do while (.not. flag)
            call MPI_Test(requests(i), flag, MPI_STATUS_IGNORE E); call did('Test', 0, 0)
          end do
        end do
      case (6)
        do i = 1, 40
          flag = .false.
          do while (.not. flag)
            call MPI_Request_get_status(requests(i), flag, status E); call did('Request_get_status', 0, 0)
          end do
          call MPI_Wait(requests(i), status E); call did('Wait', 0, 0)
        end do
      end select
      do i = 1, 40
        if (requests(i) /= MPI_REQUEST_NULL) stop 5
      end do
    end do
  end subroutine

  subroutine any_and_some()
    T_REQUEST :: requests(20)
    T_STATUS :: statuses STATUS_SHAPE_OF(20), status STATUS_SHAPE
    integer :: i, round, index, outcount, indices(20), done, data(20, 20)
    logical :: flag, seen(20)

    do round = 1, 6
      do i = 1, 10
        call MPI_Irecv(data(1, i), 20, MPI_INTEGER, before, i, MPI_COMM_WORLD, requests(i) E)
        call did('Irecv', 0, 4*i); call received(before, 4*i)
        call MPI_Isend(data(1, 10 + i), i, MPI_INTEGER, next, i, MPI_COMM_WORLD, requests(10 + i) E)
        call did('Isend', 4*i, 0); call sent(next, 4*i)
      end do
      done = 0
      seen = .false.
      do while (done < 20)
        outcount = 1
        flag = .true.
        select case (round)
        case (1)
          call MPI_Waitany(20, requests, index, MPI_STATUS_IGNORE E); call did('Waitany', 0, 0)
        case (2)
          call MPI_Waitany(20, requests, index, status E); call did('Waitany', 0, 0)
        case (3)
          call MPI_Testany(20, requests, index, flag, MPI_STATUS_IGNORE E); call did('Testany', 0, 0)
        case (4)
          call MPI_Waitsome(20, requests, outcount, indices, MPI_STATUSES_IGNORE E); call did('Waitsome', 0, 0)
        case (5)
          call MPI_Waitsome(20, requests, outcount, indices, statuses E); call did('Waitsome', 0, 0)
        case (6)
          call MPI_Testsome(20, requests, outcount, indices, MPI_STATUSES_IGNORE E); call did('Testsome', 0, 0)
        end select
        if (round <= 3) indices(1) = index
        if (.not. flag) outcount = 0
        seen(indices(1:outcount)) = .true.
        done = done + outcount
      end do
      if (.not. all_of(seen)) stop 6
    end do
    call MPI_Waitany(20, requests, index, MPI_STATUS_IGNORE E); call did('Waitany', 0, 0)
    if (index /= MPI_UNDEFINED) stop 7
    call MPI_Waitsome(20, requests, outcount, indices, MPI_STATUSES_IGNORE E); call did('Waitsome', 0, 0)
    if (outcount /= MPI_UNDEFINED) stop 8
  end subroutine

  logical function all_of(seen)
    logical, intent(in) :: seen(20)
    intrinsic :: all
    all_of = count(seen) == 20
  end function

  subroutine matched()
    T_MESSAGE :: message
    T_REQUEST :: request, receive
    T_STATUS :: status STATUS_SHAPE
    integer :: n
    logical :: flag

    do n = 1, 8
      call MPI_Isend(a, n, MPI_INTEGER, next, 4, MPI_COMM_WORLD, request E); call did('Isend', 4*n, 0); call sent(next, 4*n)
      if (mod(n, 2) == 0) then
        call MPI_Mprobe(before, 4, MPI_COMM_WORLD, message, status E); call did('Mprobe', 0, 0)
        call MPI_Mrecv(b, 1000, MPI_INTEGER, message, MPI_STATUS_IGNORE E); call did('Mrecv', 0, 4*n)
      else
        flag = .false.
        do while (.not. flag)
          call MPI_Improbe(MPI_ANY_SOURCE, 4, MPI_COMM_WORLD, flag, message, status E); call did('Improbe', 0, 0)
        end do
        call MPI_Imrecv(b, 1000, MPI_INTEGER, message, receive E); call did('Imrecv', 0, 4*n)
        call MPI_Wait(receive, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
      end if
      call received(before, 4*n)
      if (message /= MPI_MESSAGE_NULL) stop 9
      call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
    end do
    call MPI_Iprobe(MPI_ANY_SOURCE, 77, MPI_COMM_WORLD, flag, MPI_STATUS_IGNORE E); call did('Iprobe', 0, 0)
    if (flag) stop 10
  end subroutine

  subroutine persistent()
    T_REQUEST :: requests(10), one
    integer :: i, round, bytes, data(10, 10)

    call MPI_Recv_init(b, 1000, MPI_INTEGER, before, 55, MPI_COMM_WORLD, one E); call did('Recv_init', 0, 0)
    do i = 1, 5
      call MPI_Start(one E); call did('Start', 0, 4*i)
      call MPI_Send(a, i, MPI_INTEGER, next, 55, MPI_COMM_WORLD E); call did('Send', 4*i, 0)
      call MPI_Wait(one, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
      call sent(next, 4*i); call received(before, 4*i)
    end do
    call MPI_Start(one E); call did('Start', 0, 0)
    call MPI_Cancel(one E); call did('Cancel', 0, 0)
    call MPI_Wait(one, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
    call MPI_Request_free(one E); call did('Request_free', 0, 0)
    bytes = 0
    do i = 1, 5
      call MPI_Recv_init(data(1, i), 10, MPI_INTEGER, before, i, MPI_COMM_WORLD, requests(i) E); call did('Recv_init', 0, 0)
      call MPI_Send_init(data(1, 5 + i), i, MPI_INTEGER, next, i, MPI_COMM_WORLD, requests(5 + i) E); call did('Send_init', 0, 0)
      bytes = bytes + 4*i
    end do
    do round = 1, 4
      call MPI_Startall(10, requests E); call did('Startall', bytes, bytes)
      do i = 1, 5
        call sent(next, 4*i); call received(before, 4*i)
      end do
      call MPI_Waitall(10, requests, MPI_STATUSES_IGNORE E); call did('Waitall', 0, 0)
    end do
    do i = 1, 10
      call MPI_Request_free(requests(i) E); call did('Request_free', 0, 0)
    end do
  end subroutine

  subroutine nobody()
    T_REQUEST :: request
    call MPI_Send(a, 5, MPI_INTEGER, MPI_PROC_NULL, 0, MPI_COMM_WORLD E); call did('Send', 0, 0)
    call MPI_Recv(b, 5, MPI_INTEGER, MPI_PROC_NULL, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE E); call did('Recv', 0, 0)
    call MPI_Irecv(b, 5, MPI_INTEGER, MPI_PROC_NULL, 0, MPI_COMM_WORLD, request E); call did('Irecv', 0, 0)
    call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
    call MPI_Wait(request, MPI_STATUS_IGNORE E); call did('Wait', 0, 0)
  end subroutine

  ! What is started before a pause and completed in it is credited; what is sent in it is not recorded.
  subroutine paused()
    T_REQUEST :: request
    call MPI_Irecv(b, 5, MPI_INTEGER, me, 6, MPI_COMM_WORLD, request E); call did('Irecv', 0, 20); call received(me, 20)
    call MPI_Pcontrol(0)
    call MPI_Send(a, 5, MPI_INTEGER, me, 6, MPI_COMM_WORLD E)
    call MPI_Wait(request, MPI_STATUS_IGNORE E)
    call MPI_Pcontrol(1)
    call MPI_Barrier(MPI_COMM_WORLD E); call did('Barrier', 0, 0)
  end subroutine

end program
