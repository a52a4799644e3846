# What `cmake --install` puts where: the command, the libraries, the header, a CMake package, a pkg-config file. Man pages are
# installed by docs/.
include(CMakePackageConfigHelpers)

set(PMPROF_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/pmprof)

# The libraries serve one MPI, so each has a folder of its own; with PMPROF_BESIDE that is all, and the command that is there finds them.
set(PMPROF_MPI_DIR ${CMAKE_INSTALL_LIBDIR}/pmprof/${PMPROF_MPI_NAME})
foreach(library IN ITEMS pmprof pmprof_static pmprof-hdf5)
	if(TARGET ${library})
		install(TARGETS ${library} LIBRARY DESTINATION ${PMPROF_MPI_DIR} ARCHIVE DESTINATION ${PMPROF_MPI_DIR})
	endif()
endforeach()
if(PMPROF_BESIDE)
	return()
endif()

# Where programs and the linker look, links to those of the MPI of the command.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/links)
foreach(library IN ITEMS libpmprof.so libpmprof.a libpmprof-hdf5.so)
	file(CREATE_LINK pmprof/${PMPROF_MPI_NAME}/${library} ${PROJECT_BINARY_DIR}/links/${library} SYMBOLIC)
	install(FILES ${PROJECT_BINARY_DIR}/links/${library} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()

if(TARGET pmprof_cli)
	install(TARGETS pmprof_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
# Where Debian's Python looks when the prefix is /usr; elsewhere PYTHONPATH has to name it, which the module files do.
set(PMPROF_PYTHON_DIR lib/python3/dist-packages)
install(DIRECTORY src/python/pmprof DESTINATION ${PMPROF_PYTHON_DIR} FILES_MATCHING PATTERN "*.py")
install(DIRECTORY include/pmprof DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.f90")

set(PMPROF_STATIC_LINK_OPTIONS LINKER:-u,pmprof_api_1,--export-dynamic-symbol=pmprof_api_1)
if(PMPROF_SANITIZE)
	list(APPEND PMPROF_STATIC_LINK_OPTIONS -fsanitize=undefined)
endif()
configure_package_config_file(cmake/pmprof-config.cmake.in ${PROJECT_BINARY_DIR}/pmprof-config.cmake
	INSTALL_DESTINATION ${PMPROF_CMAKE_DIR} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pmprof-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pmprof-config.cmake ${PROJECT_BINARY_DIR}/pmprof-config-version.cmake
	cmake/PmprofSpeedupTest.cmake DESTINATION ${PMPROF_CMAKE_DIR})

# The .pc file finds its prefix by itself, so that an installed tree can be moved.
file(RELATIVE_PATH PMPROF_PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/pmprof.pc.in ${PROJECT_BINARY_DIR}/pmprof.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pmprof.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Templates of batch scripts, and files for `module load`; both find the installed tree by themselves.
set(PMPROF_SHARE_DIR ${CMAKE_INSTALL_DATADIR}/pmprof)
foreach(system IN ITEMS slurm pbs lsf flux)
	install(DIRECTORY scripts/${system} DESTINATION ${PMPROF_SHARE_DIR}/batch USE_SOURCE_PERMISSIONS)
endforeach()
configure_file(scripts/modules/pmprof.lua.in ${PROJECT_BINARY_DIR}/modules/${PROJECT_VERSION}.lua @ONLY)
configure_file(scripts/modules/pmprof.tcl.in ${PROJECT_BINARY_DIR}/modules/${PROJECT_VERSION} @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/modules/${PROJECT_VERSION}.lua ${PROJECT_BINARY_DIR}/modules/${PROJECT_VERSION}
	DESTINATION ${PMPROF_SHARE_DIR}/modulefiles/pmprof)
