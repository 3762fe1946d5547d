# Fuzzing with libFuzzer, which only clang has: the fuzzed folder's sources are compiled anew by clang with
# ASan and UBSan, whatever compiler builds the rest.
#   cmake -DMOEBENCH_FUZZ_SECONDS=60 ... && ninja && ctest -L fuzz

set(MOEBENCH_FUZZ_SECONDS 0 CACHE STRING "Seconds each fuzzer runs under ctest -L fuzz; 0: none is built")
find_program(MOEBENCH_CLANG NAMES clang++ clang++-19 clang++-18 clang++-16 clang++-14 clang-19 clang-18 clang-16 clang-14)

# Whether clang has its fuzzing library here.
function(moebench_clang_can_fuzz result)
  set(${result} FALSE PARENT_SCOPE)
  if(NOT MOEBENCH_CLANG)
    return()
  endif()
  set(probe ${CMAKE_BINARY_DIR}/fuzz_probe)
  file(WRITE ${probe}.cc "extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n")
  execute_process(COMMAND ${MOEBENCH_CLANG} --driver-mode=g++ -fsanitize=fuzzer,address,undefined ${probe}.cc -o ${probe}
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(NOT failed)
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

# moebench_fuzz(NAME SRCS a_fuzz.cc LIBRARIES our libraries LINKS -lfmt CORPUS folder)
# A ctest `fuzz.NAME` that starts from the corpus and keeps what it finds in the build folder.
function(moebench_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SRCS;LIBRARIES;LINKS" ${ARGN})
  if(MOEBENCH_FUZZ_SECONDS EQUAL 0)
    return()
  endif()
  moebench_clang_can_fuzz(able)
  if(NOT able)
    message(STATUS "fuzz.${name} is skipped: no clang with libFuzzer (Debian: clang, libclang-rt-14-dev)")
    add_test(NAME fuzz.${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: no clang with libFuzzer")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz SKIP_REGULAR_EXPRESSION "skipped: no clang")
    return()
  endif()
  list(TRANSFORM ARG_SRCS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set(sources ${ARG_SRCS})
  foreach(library ${ARG_LIBRARIES})
    get_target_property(files ${library} SOURCES)
    get_target_property(folder ${library} SOURCE_DIR)
    foreach(file ${files})
      cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${folder})
      list(APPEND sources ${file})
    endforeach()
  endforeach()
  set(program ${CMAKE_CURRENT_BINARY_DIR}/fuzz_${name})
  add_custom_command(OUTPUT ${program}
    COMMAND ${MOEBENCH_CLANG} --driver-mode=g++ -std=c++20 -O1 -g -fno-omit-frame-pointer
            -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
            -I${PROJECT_SOURCE_DIR} -I${PROJECT_BINARY_DIR}/generated
            -DMOEBENCH_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${sources} -o ${program} ${ARG_LINKS}
    DEPENDS ${sources} ${ARG_LIBRARIES} VERBATIM)  # the libraries: for headers that changed
  add_custom_target(fuzzer_${name} ALL DEPENDS ${program})
  set(found ${CMAKE_CURRENT_BINARY_DIR}/found_${name})
  file(MAKE_DIRECTORY ${found})
  math(EXPR limit "${MOEBENCH_FUZZ_SECONDS} + 60")
  add_test(NAME fuzz.${name}
    COMMAND ${program} -max_total_time=${MOEBENCH_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=1024 -artifact_prefix=${found}/
            ${found} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${limit})
endfunction()
