#[[
pmprof_add_speedup_test(NAME <name> [PROGRAM <target or file>] RANKS <n>... EXPECT <condition>... [option...])

Adds a test to ctest that measures a program on several numbers of ranks with `pmprof scale` and judges what is expected of it:

  find_package(MPI REQUIRED)
  find_package(pmprof REQUIRED)
  enable_testing()
  add_executable(app app.c)
  pmprof_add_speedup_test(NAME app.speedup PROGRAM app RANKS 1 4 ARGS --size 1000
    EXPECT "speedup(4) >= 3.2" "region(solve).imbalance < 10 %")

  NAME         of the test; without PROGRAM also of the target.
               pmprof_add_speedup_test(<name> <program> RANKS ...) is the same.
  PROGRAM      an executable target, or the path of a program
  RANKS        numbers of ranks to run it on
  EXPECT       conditions, see pmprof-expect(5)
  EXPECT_FILE  a file with conditions, relative to the current source directory
  ARGS         arguments of the program; {n} in them is the number of ranks
  SERIAL       a target, or a command line, of the serial program that is the baseline
  WEAK         the work grows with the ranks
  REPEAT       runs of each number of ranks (default 5)
  LAUNCH       how to start {n} ranks; default: the mpiexec that find_package(MPI) has found
  FORCE_OVERSUBSCRIBED   judge more ranks than processors, too
  INCONCLUSIVE SKIP|FAIL what a test becomes that cannot be decided: too few processors or too noisy a machine. Default SKIP:
               ctest shows it as skipped and goes on, since nothing is known to be wrong.
  OUTPUT       folder for the measurements; default: <current binary directory>/<name>.scale
  WORKING_DIRECTORY, TIMEOUT (seconds, default 600), LABELS: as of any test

The test runs alone (RUN_SERIAL, PROCESSORS), measures anew each time, and leaves the verdicts as JUnit XML in <OUTPUT>.junit.xml,
the measurements in OUTPUT.
]]
function(pmprof_add_speedup_test)
	set(options WEAK FORCE_OVERSUBSCRIBED)
	set(single NAME PROGRAM EXPECT_FILE SERIAL REPEAT LAUNCH INCONCLUSIVE OUTPUT WORKING_DIRECTORY TIMEOUT)
	set(lists RANKS EXPECT ARGS LABELS)
	cmake_parse_arguments(PARSE_ARGV 0 arg "${options}" "${single}" "${lists}")
	_pmprof_check_speedup_test()

	set(command "${PMPROF_EXECUTABLE}" scale --fresh --quiet --out "${arg_OUTPUT}" --junit "${arg_OUTPUT}.junit.xml")
	list(JOIN arg_RANKS "," ranks)
	list(APPEND command --ranks ${ranks})
	foreach(condition IN LISTS arg_EXPECT)
		list(APPEND command --expect "${condition}")
	endforeach()
	if(arg_EXPECT_FILE)
		get_filename_component(file "${arg_EXPECT_FILE}" ABSOLUTE)
		list(APPEND command --expect-file "${file}")
	endif()
	if(arg_SERIAL)
		if(TARGET "${arg_SERIAL}")
			set(arg_SERIAL "'$<TARGET_FILE:${arg_SERIAL}>'")
		endif()
		list(APPEND command --serial "${arg_SERIAL}")
	endif()
	if(arg_WEAK)
		list(APPEND command --weak)
	endif()
	if(arg_REPEAT)
		list(APPEND command --repeat ${arg_REPEAT})
	endif()
	if(arg_LAUNCH)
		list(APPEND command --launch "${arg_LAUNCH}")
	endif()
	if(arg_FORCE_OVERSUBSCRIBED)
		list(APPEND command --force-oversubscribed)
	endif()
	if(TARGET "${arg_PROGRAM}")
		set(arg_PROGRAM "$<TARGET_FILE:${arg_PROGRAM}>")
	endif()
	add_test(NAME "${arg_NAME}" COMMAND ${command} -- "${arg_PROGRAM}" ${arg_ARGS}
		WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}")

	list(SORT arg_RANKS COMPARE NATURAL ORDER DESCENDING)
	list(GET arg_RANKS 0 processors)
	set_tests_properties("${arg_NAME}" PROPERTIES RUN_SERIAL TRUE PROCESSORS ${processors} TIMEOUT "${arg_TIMEOUT}"
		LABELS "${arg_LABELS}" ATTACHED_FILES "${arg_OUTPUT}.junit.xml")
	if(arg_INCONCLUSIVE STREQUAL "SKIP")
		set_tests_properties("${arg_NAME}" PROPERTIES SKIP_RETURN_CODE 5)
	endif()
endfunction()

# What has to be given, and what is taken for the rest; a macro, so that it works on the function's variables.
macro(_pmprof_check_speedup_test)
	list(LENGTH arg_UNPARSED_ARGUMENTS extra)
	if(NOT arg_NAME AND extra EQUAL 2)
		list(GET arg_UNPARSED_ARGUMENTS 0 arg_NAME)
		list(GET arg_UNPARSED_ARGUMENTS 1 arg_PROGRAM)
		set(arg_UNPARSED_ARGUMENTS "")
	endif()
	if(arg_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "pmprof_add_speedup_test: what is '${arg_UNPARSED_ARGUMENTS}'?")
	endif()
	if(NOT arg_NAME)
		message(FATAL_ERROR "pmprof_add_speedup_test: no NAME is given")
	endif()
	if(NOT arg_PROGRAM)
		set(arg_PROGRAM "${arg_NAME}")
		if(NOT TARGET "${arg_NAME}")
			message(FATAL_ERROR "pmprof_add_speedup_test: no PROGRAM is given, and '${arg_NAME}' is no target")
		endif()
	endif()
	if(NOT arg_RANKS)
		message(FATAL_ERROR "pmprof_add_speedup_test(${arg_NAME}): no RANKS are given, for example RANKS 1 2 4")
	endif()
	foreach(ranks IN LISTS arg_RANKS)
		if(NOT ranks MATCHES "^[1-9][0-9]*$")
			message(FATAL_ERROR "pmprof_add_speedup_test(${arg_NAME}): '${ranks}' is no number of ranks")
		endif()
	endforeach()
	if(NOT arg_EXPECT AND NOT arg_EXPECT_FILE)
		message(FATAL_ERROR "pmprof_add_speedup_test(${arg_NAME}): nothing to EXPECT, for example "
			"EXPECT \"speedup(4) >= 3.2\"")
	endif()
	if(NOT arg_INCONCLUSIVE)
		set(arg_INCONCLUSIVE SKIP)
	elseif(NOT arg_INCONCLUSIVE MATCHES "^(SKIP|FAIL)$")
		message(FATAL_ERROR "pmprof_add_speedup_test(${arg_NAME}): INCONCLUSIVE is SKIP or FAIL, not '${arg_INCONCLUSIVE}'")
	endif()
	if(NOT arg_OUTPUT)
		set(arg_OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.scale")
	endif()
	if(NOT arg_WORKING_DIRECTORY)
		set(arg_WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
	endif()
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 600)
	endif()
	if(NOT arg_LAUNCH AND MPIEXEC_EXECUTABLE)
		set(arg_LAUNCH "'${MPIEXEC_EXECUTABLE}' ${MPIEXEC_NUMPROC_FLAG} {n}")
		foreach(flag IN LISTS MPIEXEC_PREFLAGS)
			string(APPEND arg_LAUNCH " ${flag}")
		endforeach()
	endif()
endmacro()
