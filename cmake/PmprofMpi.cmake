# Which MPI we are built for. PMPROF_MPI_NAME is the folder that the libraries of this build go to, since they serve this MPI only:
# handles, constants and the numbers behind them differ from one MPI to the next.
#
# -DPMPROF_MPI=mpich (or openmpi) takes the compiler wrappers and the launcher of that MPI where a system has several; otherwise it is
# the one that find_package(MPI) finds.
set(PMPROF_MPI "" CACHE STRING "the MPI to build for where there are several: openmpi or mpich")
set_property(CACHE PMPROF_MPI PROPERTY STRINGS "" openmpi mpich)

# Debian calls them mpicc.mpich, Fedora keeps mpicc in a folder for each MPI.
if(PMPROF_MPI)
	foreach(tool IN ITEMS C:mpicc CXX:mpicxx Fortran:mpifort)
		string(REPLACE ":" ";" tool ${tool})
		list(GET tool 0 language)
		list(GET tool 1 name)
		find_program(MPI_${language}_COMPILER NAMES ${name}.${PMPROF_MPI} ${name}
			HINTS /usr/lib64/${PMPROF_MPI}/bin NO_DEFAULT_PATH PATHS ENV PATH)
	endforeach()
	find_program(MPIEXEC_EXECUTABLE NAMES mpiexec.${PMPROF_MPI} mpiexec
		HINTS /usr/lib64/${PMPROF_MPI}/bin NO_DEFAULT_PATH PATHS ENV PATH)
endif()

# MPICH declares its C++ binding, removed from MPI in 2012, in mpi.h: programs in C++ would have to be linked with it.
add_compile_definitions($<$<COMPILE_LANGUAGE:CXX>:MPICH_SKIP_MPICXX> $<$<COMPILE_LANGUAGE:CXX>:OMPI_SKIP_MPICXX>)
find_package(MPI 3.1 REQUIRED COMPONENTS C)

include(CheckSymbolExists)
set(CMAKE_REQUIRED_INCLUDES ${MPI_C_INCLUDE_DIRS})
check_symbol_exists(OPEN_MPI mpi.h PMPROF_IS_OPENMPI)
check_symbol_exists(MPICH_VERSION mpi.h PMPROF_IS_MPICH) # and what is made from it: Intel MPI, MVAPICH, Cray MPICH
unset(CMAKE_REQUIRED_INCLUDES)
if(PMPROF_IS_OPENMPI)
	set(PMPROF_MPI_NAME openmpi)
elseif(PMPROF_IS_MPICH)
	set(PMPROF_MPI_NAME mpich)
else()
	set(PMPROF_MPI_NAME mpi)
endif()
if(PMPROF_MPI AND NOT PMPROF_MPI STREQUAL PMPROF_MPI_NAME)
	message(FATAL_ERROR "PMPROF_MPI is '${PMPROF_MPI}', but the mpi.h found is that of ${PMPROF_MPI_NAME}: "
		"${MPI_C_INCLUDE_DIRS}; install its development package, or give -DMPI_C_COMPILER=/path/of/its/mpicc")
endif()
if(PMPROF_IS_MPICH) # gcc takes MPI_STATUSES_IGNORE, which is the address 1 there, for an array that is too short
	add_compile_options($<$<COMPILE_LANG_AND_ID:C,GNU>:-Wno-stringop-overflow> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-stringop-overflow>)
endif()
list(GET MPI_C_LIBRARIES 0 PMPROF_MPI_LIBRARY)
message(STATUS "MPI: ${PMPROF_MPI_NAME}, ${PMPROF_MPI_LIBRARY}")
