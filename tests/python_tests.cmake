# perf_exporter_python_tests(LABEL [PROPERTIES PROPERTY VALUE...] [ENVIRONMENT NAME=VALUE...]): every method of
# the *_test.py beside the caller as a test of its own, LABEL.module.method, so that a skip is seen as one: the
# program then ends with 77. They find the exporter in PERF_EXPORTER.
function(perf_exporter_python_tests label)
  cmake_parse_arguments(TESTS "" "" "PROPERTIES;ENVIRONMENT" ${ARGN})
  set(environment PERF_EXPORTER=$<TARGET_FILE:perf-exporter> SANITIZER=${PERF_EXPORTER_SANITIZE} ${TESTS_ENVIRONMENT})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.py)
  foreach(source ${sources})
    get_filename_component(module ${source} NAME_WE)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(STRINGS ${source} lines REGEX "^class |^    def test_")
    foreach(line ${lines})
      if(line MATCHES "^class ([A-Za-z0-9_]+)")
        set(class ${CMAKE_MATCH_1})
      elseif(line MATCHES "def (test_[A-Za-z0-9_]+)")
        set(test ${label}.${module}.${CMAKE_MATCH_1})
        add_test(NAME ${test} COMMAND ${Python3_EXECUTABLE} -B ${source} ${class}.${CMAKE_MATCH_1})
        set_tests_properties(${test} PROPERTIES LABELS ${label} TIMEOUT 180 SKIP_RETURN_CODE 77
                                                ENVIRONMENT "${environment}" ${TESTS_PROPERTIES})
      endif()
    endforeach()
  endforeach()
endfunction()
