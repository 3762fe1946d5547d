# oneDNN >= 3.7: a system package, or the static build that `./run` makes (-DMOEBENCH_ONEDNN_ROOT).
if(MOEBENCH_ONEDNN_ROOT)
  set(dnnl_DIR ${MOEBENCH_ONEDNN_ROOT}/lib/cmake/dnnl)
endif()
find_package(dnnl 3.7 QUIET CONFIG)
if(NOT dnnl_FOUND)
  message(STATUS "oneDNN >= 3.7 not found: ./run build makes one and names it")
endif()
