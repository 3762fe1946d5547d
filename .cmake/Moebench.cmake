# How a folder of moebench is built: one library, one test program, its benchmarks.

add_library(moebench_flags INTERFACE)
# Designated initialisers leave out what has a default on purpose.
target_compile_options(moebench_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-missing-field-initializers)
if(MOEBENCH_WERROR)
  target_compile_options(moebench_flags INTERFACE -Werror)
endif()

# moebench_library(NAME SRCS a.cc b.cc LINKS other libraries)
# Includes are written from the project's root: #include "harness/base/error.h".
function(moebench_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE moebench_flags ${ARG_LINKS})
endfunction()

add_custom_target(peer_tests)  # those that compare with llama.cpp, live: label peer

# moebench_test(NAME SRCS a_test.cc LINKS libraries LABELS peer ENV K=V)
# Every TEST() becomes a ctest entry of its own. The sources are noted, so that a test file on disk
# that nobody registered is found by the test `house.every_test_is_registered`.
function(moebench_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;LINKS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE MOEBENCH_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE moebench_flags ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  if("peer" IN_LIST ARG_LABELS)
    add_dependencies(peer_tests ${name})
  endif()
  if(ARG_LABELS)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  else()
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  endif()
  foreach(src ${ARG_SRCS})
    get_filename_component(path ${src} ABSOLUTE)
    set_property(GLOBAL APPEND PROPERTY MOEBENCH_TEST_SOURCES ${path})
  endforeach()
endfunction()

# moebench_capped_test(NAME): all tests of a program once more, on the instructions of a cpu with
# AVX2 only.
function(moebench_capped_test name)
  add_test(NAME avx2_only.${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(avx2_only.${name} PROPERTIES TIMEOUT 300
    ENVIRONMENT "MOEBENCH_MAX_ISA=avx2;ONEDNN_MAX_CPU_ISA=AVX2")
endfunction()

# moebench_bench(NAME SRCS a_bench.cc LINKS libraries): a Google Benchmark program, not run by ctest.
function(moebench_bench name)
  cmake_parse_arguments(ARG "" "" "SRCS;LINKS" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE MOEBENCH_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE moebench_flags ${ARG_LINKS} benchmark::benchmark)
  add_dependencies(benches ${name})
endfunction()
add_custom_target(benches)

function(moebench_write_registered_tests)
  get_property(sources GLOBAL PROPERTY MOEBENCH_TEST_SOURCES)
  list(JOIN sources "\n" text)
  file(WRITE ${PROJECT_BINARY_DIR}/registered_tests.txt "${text}\n")
endfunction()
