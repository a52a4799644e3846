! heat_f08 - heat spreads over a square plate: the same as heat.c, in Fortran 2008 with `use mpi_f08`
!
! usage: heat_f08 [size [steps]]     size x size cells, default 512 and 400
!
! The plate is cut into strips of columns, as Fortran stores columns. Each step exchanges the strips' edge columns with both
! neighbours (Irecv, Isend, Waitall) and computes the new temperatures; every tenth step all ranks agree on the residual
! (Allreduce). Prints the sum of all temperatures, which does not depend on the number of ranks.
module strips
  use mpi_f08
  implicit none
  private
  public :: strip, real64, strip_new, exchange_halo, relax, total

  integer, parameter :: real64 = selected_real_kind(15)

  type strip
    integer :: height, columns        ! without the halo
    integer :: left, right            ! neighbours, MPI_PROC_NULL at the rim
    real(real64), allocatable :: now(:, :), next(:, :)
  end type

contains

  function strip_new(size) result(s)
    integer, intent(in) :: size
    type(strip) :: s
    integer :: rank, ranks

    call MPI_Comm_rank(MPI_COMM_WORLD, rank)
    call MPI_Comm_size(MPI_COMM_WORLD, ranks)
    s%height = size
    s%columns = size/ranks + merge(1, 0, rank < mod(size, ranks))
    s%left = merge(rank - 1, MPI_PROC_NULL, rank > 0)
    s%right = merge(rank + 1, MPI_PROC_NULL, rank + 1 < ranks)
    allocate (s%now(size, 0:s%columns + 1), s%next(size, 0:s%columns + 1))
    s%now = 0
    if (rank == 0) s%now(:, 0) = 100 ! the left rim is hot
    s%next = s%now
  end function

  subroutine exchange_halo(s)
    type(strip), intent(inout) :: s
    type(MPI_Request) :: requests(4)

    call MPI_Irecv(s%now(1, 0), s%height, MPI_DOUBLE_PRECISION, s%left, 1, MPI_COMM_WORLD, requests(1))
    call MPI_Irecv(s%now(1, s%columns + 1), s%height, MPI_DOUBLE_PRECISION, s%right, 2, MPI_COMM_WORLD, requests(2))
    call MPI_Isend(s%now(1, 1), s%height, MPI_DOUBLE_PRECISION, s%left, 2, MPI_COMM_WORLD, requests(3))
    call MPI_Isend(s%now(1, s%columns), s%height, MPI_DOUBLE_PRECISION, s%right, 1, MPI_COMM_WORLD, requests(4))
    call MPI_Waitall(4, requests, MPI_STATUSES_IGNORE)
  end subroutine

  ! One step; the result is this strip's share of the residual.
  function relax(s) result(change)
    type(strip), intent(inout) :: s
    real(real64) :: change
    real(real64), allocatable :: swap(:, :)
    integer :: x, y

    change = 0
    do x = 1, s%columns
      do y = 2, s%height - 1
        s%next(y, x) = 0.25_real64*(s%now(y, x - 1) + s%now(y, x + 1) + s%now(y - 1, x) + s%now(y + 1, x))
        change = change + (s%next(y, x) - s%now(y, x))**2
      end do
    end do
    call move_alloc(s%now, swap)
    call move_alloc(s%next, s%now)
    call move_alloc(swap, s%next)
  end function

  function total(s) result(all)
    type(strip), intent(in) :: s
    real(real64) :: mine, all

    all = 0
    mine = sum(s%now(:, 1:s%columns))
    call MPI_Reduce(mine, all, 1, MPI_DOUBLE_PRECISION, MPI_SUM, 0, MPI_COMM_WORLD)
  end function

end module

program heat_f08
  use mpi_f08
  use pmprof
  use strips
  use, intrinsic :: iso_fortran_env, only: error_unit
  implicit none
  integer, parameter :: residual_every = 10
  type(strip) :: s
  real(real64) :: residual, heat
  integer :: size, steps, rank, ranks

  size = argument(1, 512)
  steps = argument(2, 400)
  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call MPI_Comm_size(MPI_COMM_WORLD, ranks)
  if (size < 3 .or. size < ranks .or. steps < 1) then
    write (error_unit, '(a)') 'heat_f08: size and steps must be positive, with a column for each rank'
    call MPI_Abort(MPI_COMM_WORLD, 2)
  end if
  s = strip_new(size)
  call pmprof_region_begin('solve')
  residual = solve(s, steps)
  call pmprof_region_end('solve')
  heat = total(s)
  if (rank == 0) print '(i0, a, i0, a, i0, a, i0, a, f0.6, a, es9.3)', ranks, ' ranks, ', steps, ' steps on ', size, ' x ', &
    size, ': heat ', heat, ', residual ', residual
  call MPI_Finalize()

contains

  integer function argument(position, default)
    integer, intent(in) :: position, default
    character(32) :: text
    integer :: status

    call get_command_argument(position, text)
    argument = default
    if (text == '') return
    read (text, *, iostat=status) argument
    if (status /= 0) argument = 0
  end function

  function solve(s, steps) result(residual)
    type(strip), intent(inout) :: s
    integer, intent(in) :: steps
    real(real64) :: residual, change
    integer :: step

    residual = 0
    do step = 1, steps
      call pmprof_region_begin('halo')
      call exchange_halo(s)
      call pmprof_region_end('halo')
      call pmprof_region_begin('relax')
      change = relax(s)
      call pmprof_region_end('relax')
      if (mod(step, residual_every) == 0) then
        call MPI_Allreduce(change, residual, 1, MPI_DOUBLE_PRECISION, MPI_SUM, MPI_COMM_WORLD)
        residual = sqrt(residual)
      end if
    end do
  end function

end program
