! expect_fortran.F90 - tests/mpi/expect.h for programs in Fortran
module expect_fortran
  use, intrinsic :: iso_c_binding
  implicit none
  private
  public :: expect_begin, did, later, sent, received, expect_write

  interface
    subroutine c_begin(path) bind(c, name='expect_begin')
      import :: c_char
      character(kind=c_char), intent(in) :: path(*)
    end subroutine
    subroutine c_done(rc, call, line, bytes_out, bytes_in) bind(c, name='expect_done')
      import :: c_char, c_int, c_long_long
      integer(c_int), value :: rc, line
      character(kind=c_char), intent(in) :: call(*)
      integer(c_long_long), value :: bytes_out, bytes_in
    end subroutine
    subroutine c_late(call, bytes_in) bind(c, name='expect_late')
      import :: c_char, c_long_long
      character(kind=c_char), intent(in) :: call(*)
      integer(c_long_long), value :: bytes_in
    end subroutine
    subroutine c_sent(world, bytes) bind(c, name='expect_sent')
      import :: c_int, c_long_long
      integer(c_int), value :: world
      integer(c_long_long), value :: bytes
    end subroutine
    subroutine c_received(world, bytes) bind(c, name='expect_received')
      import :: c_int, c_long_long
      integer(c_int), value :: world
      integer(c_long_long), value :: bytes
    end subroutine
    subroutine expect_write() bind(c, name='expect_write')
    end subroutine
  end interface

contains

  ! The folder is the first argument of the program.
  subroutine expect_begin()
    character(4096) :: path
    call get_command_argument(1, path)
    call c_begin(trim(path)//c_null_char)
  end subroutine

  subroutine did(name, bytes_out, bytes_in)
    character(*), intent(in) :: name
    integer, intent(in) :: bytes_out, bytes_in
    call c_done(0, 'MPI_'//name//c_null_char, 0, int(bytes_out, c_long_long), int(bytes_in, c_long_long))
  end subroutine

  subroutine later(name, bytes_in)
    character(*), intent(in) :: name
    integer, intent(in) :: bytes_in
    call c_late('MPI_'//name//c_null_char, int(bytes_in, c_long_long))
  end subroutine

  subroutine sent(world, bytes)
    integer, intent(in) :: world, bytes
    call c_sent(world, int(bytes, c_long_long))
  end subroutine

  subroutine received(world, bytes)
    integer, intent(in) :: world, bytes
    call c_received(world, int(bytes, c_long_long))
  end subroutine

end module
