# Everything we build on. Debian's package names stand in scripts/setup.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
include(PmprofMpi)
include(CheckLanguage)
check_language(Fortran) # examples and tests only: the library itself records Fortran without it
if(CMAKE_Fortran_COMPILER)
	enable_language(Fortran)
	find_package(MPI 3.1 COMPONENTS Fortran)
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-${PMPROF_MPI_NAME} hdf5) # the MPI of HDF5 has to be that of the program
pkg_check_modules(DW REQUIRED IMPORTED_TARGET libdw libelf)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(UNWIND IMPORTED_TARGET libunwind) # tests compare with it; never linked to libpmprof.so
pkg_check_modules(UNWIND_PTRACE REQUIRED IMPORTED_TARGET libunwind-ptrace) # the command looks into running ranks
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
