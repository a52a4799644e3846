! pmprof.f90 - annotations for programs in Fortran that may run under libpmprof; pmprof.h for Fortran
!
! Compile it with your program (module files fit one compiler only). No link flag is needed. Without the library every call here
! is a call of a subroutine that does nothing; under `pmprof run`, with LD_PRELOAD or when linked with -lpmprof it comes alive.
!
!   use pmprof
!   call pmprof_region_begin('solve'); ...; call pmprof_region_end('solve')
!   call pmprof_region_end()                    closes the innermost
!   call pmprof_pause(); ...; call pmprof_resume()
!
! Regions nest, per thread. Names are copied; blanks at their end do not count. All may be called from any thread, before MPI_Init
! and after MPI_Finalize.
!
! The subroutines are procedure pointers, so that the library sees the calling line of the program; the first call of each looks the
! library up. Needs a compiler that passes the length of a string behind the other arguments, as size_t: gfortran 8 or later,
! flang, ifx, ifort, nvfortran on 64-bit systems.
module pmprof
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_f_pointer, c_f_procpointer, c_funptr, c_null_char, c_null_ptr, &
                                         c_ptr, c_size_t, c_sizeof
  implicit none
  private
  public :: pmprof_region_begin, pmprof_region_end, pmprof_pause, pmprof_resume

  abstract interface
    subroutine begin_interface(name)
      character(*), intent(in) :: name
    end subroutine
    subroutine end_interface(name)
      character(*), intent(in), optional :: name
    end subroutine
    subroutine plain_interface()
    end subroutine
  end interface

  procedure(begin_interface), pointer, protected :: pmprof_region_begin => first_begin
  procedure(end_interface), pointer, protected :: pmprof_region_end => first_end
  procedure(plain_interface), pointer, protected :: pmprof_pause => first_pause
  procedure(plain_interface), pointer, protected :: pmprof_resume => first_resume

  ! struct pmprof_api of pmprof.h
  type, bind(c) :: table
    integer(c_size_t) :: size
    type(c_funptr) :: region_begin, region_end, pause, resume, region_begin_fortran, region_end_fortran
  end type

  interface
    function dlsym(handle, symbol) bind(c, name='dlsym')
      import :: c_char, c_ptr
      type(c_ptr), value :: handle
      character(kind=c_char), intent(in) :: symbol(*)
      type(c_ptr) :: dlsym
    end function
  end interface

contains

  ! The null handle is RTLD_DEFAULT. A library that is older than this file is as good as none.
  subroutine look_up()
    type(c_ptr) :: address
    type(table), pointer :: api
    logical :: is_found

    address = dlsym(c_null_ptr, 'pmprof_api_1'//c_null_char)
    is_found = c_associated(address)
    if (is_found) then
      call c_f_pointer(address, api)
      is_found = api%size >= c_sizeof(api)
    end if
    if (is_found) then
      call c_f_procpointer(api%region_begin_fortran, pmprof_region_begin)
      call c_f_procpointer(api%region_end_fortran, pmprof_region_end)
      call c_f_procpointer(api%pause, pmprof_pause)
      call c_f_procpointer(api%resume, pmprof_resume)
    else
      pmprof_region_begin => no_begin
      pmprof_region_end => no_end
      pmprof_pause => nothing
      pmprof_resume => nothing
    end if
  end subroutine

  subroutine first_begin(name)
    character(*), intent(in) :: name
    call look_up()
    call pmprof_region_begin(name)
  end subroutine

  subroutine first_end(name)
    character(*), intent(in), optional :: name
    call look_up()
    call pmprof_region_end(name)
  end subroutine

  subroutine first_pause()
    call look_up()
    call pmprof_pause()
  end subroutine

  subroutine first_resume()
    call look_up()
    call pmprof_resume()
  end subroutine

  subroutine no_begin(name)
    character(*), intent(in) :: name
    if (len(name) < 0) return ! as it is not used
  end subroutine

  subroutine no_end(name)
    character(*), intent(in), optional :: name
    if (present(name)) return ! as it is not used
  end subroutine

  subroutine nothing()
  end subroutine

end module
