# What reads bytes from outside, once more under ASan and UBSan: its fuzzers (libFuzzer, which only clang
# has) and its tests, whose generated files are the ones that readers really fell over. clang compiles the
# sources anew, whatever compiler builds the rest.
#   cmake -DMOEBENCH_FUZZ_SECONDS=60 ... && ninja && ctest -L fuzz

set(MOEBENCH_FUZZ_SECONDS 0 CACHE STRING "Seconds each fuzzer runs under ctest -L fuzz; 0: nothing is built for it")
find_program(MOEBENCH_CLANG NAMES clang++ clang++-19 clang++-18 clang++-16 clang++-14 clang-19 clang-18 clang-16 clang-14)

set(MOEBENCH_SANITISED_FLAGS --driver-mode=g++ -std=c++20 -O1 -gline-tables-only -fno-omit-frame-pointer
  -fsanitize=address,undefined -fno-sanitize-recover=undefined -D__SANITIZE_ADDRESS__=1)  # the last as GCC has it

# moebench_fuzz(NAME SRCS a_fuzz.cc LIBRARIES our libraries LINKS -lfmt CORPUS folder)
# A ctest `fuzz.NAME` that starts from the corpus and keeps what it finds in the build folder.
function(moebench_fuzz name)
  moebench_note_sanitised(fuzz.${name} ${ARGN})
endfunction()

# moebench_sanitised_test(NAME SRCS a_test.cc LIBRARIES our libraries LINKS -lfmt)
# A ctest `sanitised.NAME`: all tests of a program.
function(moebench_sanitised_test name)
  moebench_note_sanitised(sanitised.${name} ${ARGN})
endfunction()

# Kept until all libraries are known.
function(moebench_note_sanitised name)
  cmake_parse_arguments(ARG "" "CORPUS" "SRCS;LIBRARIES;LINKS" ${ARGN})
  list(TRANSFORM ARG_SRCS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY MOEBENCH_SANITISED ${name})
  set_property(GLOBAL PROPERTY MOEBENCH_SANITISED_SRCS_${name} ${ARG_SRCS})
  set_property(GLOBAL PROPERTY MOEBENCH_SANITISED_LIBRARIES_${name} ${ARG_LIBRARIES})
  set_property(GLOBAL PROPERTY MOEBENCH_SANITISED_LINKS_${name} ${ARG_LINKS})
  set_property(GLOBAL PROPERTY MOEBENCH_SANITISED_CORPUS_${name} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
endfunction()

# Whether clang has its fuzzing library here.
function(moebench_clang_can_fuzz result)
  set(${result} FALSE PARENT_SCOPE)
  if(NOT MOEBENCH_CLANG)
    return()
  endif()
  set(probe ${PROJECT_BINARY_DIR}/fuzz_probe)
  file(WRITE ${probe}.cc "extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n")
  execute_process(COMMAND ${MOEBENCH_CLANG} ${MOEBENCH_SANITISED_FLAGS} -fsanitize=fuzzer ${probe}.cc -o ${probe}
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(NOT failed)
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

# The object files of sources; each is compiled once, however many programs it is part of.
function(moebench_sanitised_objects result)
  set(objects)
  foreach(source ${ARGN})
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE path)
    set(object ${PROJECT_BINARY_DIR}/sanitised/${path}.o)
    list(APPEND objects ${object})
    get_property(known GLOBAL PROPERTY MOEBENCH_SANITISED_OBJECTS)
    if(object IN_LIST known)
      continue()
    endif()
    set_property(GLOBAL APPEND PROPERTY MOEBENCH_SANITISED_OBJECTS ${object})
    cmake_path(GET object PARENT_PATH folder)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${MOEBENCH_CLANG} ${MOEBENCH_SANITISED_FLAGS} -fsanitize=fuzzer-no-link
              -I${PROJECT_SOURCE_DIR} -I${PROJECT_BINARY_DIR}/generated
              -DMOEBENCH_SOURCE_DIR="${PROJECT_SOURCE_DIR}" -MD -MF ${object}.d -c ${source} -o ${object}
      DEPENDS ${source} moebench_version DEPFILE ${object}.d
      COMMENT "Sanitised ${path}" VERBATIM)
  endforeach()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

function(moebench_add_sanitised_program name)
  foreach(what SRCS LIBRARIES LINKS CORPUS)
    get_property(${what} GLOBAL PROPERTY MOEBENCH_SANITISED_${what}_${name})
  endforeach()
  foreach(library ${LIBRARIES})
    get_target_property(files ${library} SOURCES)
    get_target_property(folder ${library} SOURCE_DIR)
    foreach(file ${files})
      cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${folder})
      list(APPEND SRCS ${file})
    endforeach()
  endforeach()
  moebench_sanitised_objects(objects ${SRCS})
  set(program ${PROJECT_BINARY_DIR}/sanitised/${name})
  if(name MATCHES "^fuzz")
    set(main -fsanitize=fuzzer)
    set(found ${PROJECT_BINARY_DIR}/sanitised/found.${name})
    file(MAKE_DIRECTORY ${found})
    set(command ${program} -max_total_time=${MOEBENCH_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=1024
      -malloc_limit_mb=256 -artifact_prefix=${found}/ ${found} ${CORPUS})
    math(EXPR limit "${MOEBENCH_FUZZ_SECONDS} + 60")
  else()
    set(main -fsanitize=fuzzer-no-link -lgmock -lgtest -lgtest_main)
    set(command ${program} --gtest_brief=1)
    set(limit 600)
  endif()
  add_custom_command(OUTPUT ${program}
    COMMAND ${MOEBENCH_CLANG} ${MOEBENCH_SANITISED_FLAGS} ${objects} -o ${program} ${main} ${LINKS}
    DEPENDS ${objects} COMMENT "Sanitised ${name}" VERBATIM)
  add_custom_target(${name} ALL DEPENDS ${program})
  add_test(NAME ${name} COMMAND ${command})
  # No single allocation is larger than what the reader may take beside its file.
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT ${limit}
    ENVIRONMENT "ASAN_OPTIONS=max_allocation_size_mb=256")
endfunction()

# After all folders.
function(moebench_add_sanitised_programs)
  if(MOEBENCH_FUZZ_SECONDS EQUAL 0)
    return()
  endif()
  moebench_clang_can_fuzz(able)
  get_property(names GLOBAL PROPERTY MOEBENCH_SANITISED)
  foreach(name ${names})
    if(able)
      moebench_add_sanitised_program(${name})
      continue()
    endif()
    message(STATUS "${name} is skipped: no clang with libFuzzer (Debian: clang, libclang-rt-dev)")
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: no clang with libFuzzer")
    set_tests_properties(${name} PROPERTIES LABELS fuzz SKIP_REGULAR_EXPRESSION "skipped: no clang")
  endforeach()
endfunction()
