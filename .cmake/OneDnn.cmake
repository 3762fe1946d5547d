# oneDNN >= 3.7 with its ukernel API: the one in MOEBENCH_ONEDNN_ROOT, else the system's.
# `./run build` finds or makes it (.cmake/onednn.sh) and names it here.
set(MOEBENCH_ONEDNN_ROOT "" CACHE PATH "Where oneDNN is installed")
if(MOEBENCH_ONEDNN_ROOT)
  set(dnnl_DIR ${MOEBENCH_ONEDNN_ROOT}/lib/cmake/dnnl)
endif()
find_package(dnnl 3.7 QUIET CONFIG)
if(NOT dnnl_FOUND)
  message(FATAL_ERROR "oneDNN >= 3.7 is not here: run ./run build once, which makes one, or "
    "name one with -DMOEBENCH_ONEDNN_ROOT=...")
endif()
