# perf_exporter_layer(NAME folder LINK targets...): the static library of one src folder. A folder links
# only folders to its left in base <- host <- perf <- caps <- cgroups <- collectors <- exposition <- http <- app.
function(perf_exporter_layer name)
  cmake_parse_arguments(LAYER "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${LAYER_LINK} PRIVATE perf_exporter_warnings)
endfunction()

add_library(perf_exporter_warnings INTERFACE)
target_compile_options(perf_exporter_warnings INTERFACE -Wall -Wextra -Wconversion)
if(NOT PERF_EXPORTER_SANITIZE)
  # Instrumentation makes GCC warn of paths that are not there.
  target_compile_options(perf_exporter_warnings INTERFACE -Werror)
endif()
