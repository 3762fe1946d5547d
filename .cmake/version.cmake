# Writes version_string.h if the version has changed; run in every build (about 20 ms).
#   cmake -DSOURCE_DIR=... -DOUTPUT=... -DVERSION=0.1.0 -P version.cmake
set(MOEBENCH_VERSION ${VERSION})
find_program(GIT git)
set(ENV{GIT_OPTIONAL_LOCKS} 0)  # the tree may be another's
if(GIT AND EXISTS ${SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT} rev-parse --short=12 HEAD WORKING_DIRECTORY ${SOURCE_DIR}
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed)
    string(APPEND MOEBENCH_VERSION "+g${commit}")
    execute_process(COMMAND ${GIT} diff --quiet HEAD -- WORKING_DIRECTORY ${SOURCE_DIR}
      RESULT_VARIABLE differs ERROR_QUIET)
    if(differs)
      string(APPEND MOEBENCH_VERSION "-dirty")
    endif()
  endif()
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/version_string.h.in ${OUTPUT} @ONLY)
