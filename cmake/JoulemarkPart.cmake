# One part of the system = one static library `joulemark_<name>` from src/<name>, with the tests
# that stand beside its code. Includes are written from src/: #include "meter/meter.hpp".
#
#   joulemark_part(meter SOURCES a.cpp b.cpp TESTS a_test.cpp PUBLIC joulemark_base PRIVATE ${CMAKE_DL_LIBS}
#                  TEST_DEPENDS fake_nvml TEST_DEFINES KEY=value)

add_library(joulemark_options INTERFACE)
target_compile_options(joulemark_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                   -Wno-sign-conversion -Wnon-virtual-dtor)
# GCC 12 sees overlaps within std::string that are not there, in optimised code (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(joulemark_options INTERFACE $<$<CONFIG:Release>:-Wno-restrict>)
endif()
target_include_directories(joulemark_options INTERFACE ${CMAKE_SOURCE_DIR}/src)

function(joulemark_part name)
  cmake_parse_arguments(PART "" "" "SOURCES;TESTS;PUBLIC;PRIVATE;TEST_DEPENDS;TEST_DEFINES;TEST_LIBS"
                        ${ARGN})
  add_library(joulemark_${name} STATIC ${PART_SOURCES})
  target_link_libraries(joulemark_${name} PUBLIC ${PART_PUBLIC} PRIVATE joulemark_options ${PART_PRIVATE})
  target_include_directories(joulemark_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  if(BUILD_TESTING AND PART_TESTS)
    add_executable(${name}_test ${PART_TESTS})
    target_link_libraries(${name}_test PRIVATE joulemark_${name} joulemark_options ${PART_TEST_LIBS}
                                               GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE ${PART_TEST_DEFINES})
    if(PART_TEST_DEPENDS)
      add_dependencies(${name}_test ${PART_TEST_DEPENDS})
    endif()
    # One ctest entry per part: the name tells where to look, gtest's output tells what failed.
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 120)
  endif()
endfunction()
