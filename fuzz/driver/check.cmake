# The standalone driver must pass a harmless corpus, and find, report and keep a planted fault.

file(REMOVE_RECURSE ${FOLDER})
file(WRITE ${FOLDER}/harmless/seed "nothing to see\n")
file(WRITE ${FOLDER}/faulty/seed "abort:never!")

execute_process(COMMAND ${PROGRAM} ${FOLDER}/harmless 500 WORKING_DIRECTORY ${FOLDER}
                RESULT_VARIABLE status OUTPUT_VARIABLE said)
if(NOT status EQUAL 0 OR NOT said MATCHES "1 inputs and 500 mutations")
  message(FATAL_ERROR "a harmless corpus: status ${status}, said: ${said}")
endif()

execute_process(COMMAND ${PROGRAM} ${FOLDER}/faulty 500 WORKING_DIRECTORY ${FOLDER}
                RESULT_VARIABLE status ERROR_VARIABLE said)
if(status EQUAL 0 OR NOT said MATCHES "this input is at fault: (fuzz-fault-[0-9-]+)")
  message(FATAL_ERROR "a planted fault was not reported: status ${status}, said: ${said}")
endif()
set(kept ${FOLDER}/${CMAKE_MATCH_1})

# What was kept must show the fault again, alone.
execute_process(COMMAND ${PROGRAM} ${kept} WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE status
                ERROR_QUIET)
if(status EQUAL 0)
  message(FATAL_ERROR "${kept} does not show the fault again")
endif()

execute_process(COMMAND ${PROGRAM} ${FOLDER}/nowhere RESULT_VARIABLE status ERROR_QUIET)
if(NOT status EQUAL 2)
  message(FATAL_ERROR "a missing corpus: status ${status}, not 2")
endif()
