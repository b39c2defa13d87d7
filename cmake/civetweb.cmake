# civetweb::civetweb, the C API of the HTTP server library: 1.16 with only what is needed and with the patches of
# cmake/patches, compiled here from the distribution's source package. No distribution's own will do: none lets the
# exporter's threads serve.
#
# Compiled as part of this build, so that its hardening and its sanitizers hold for civetweb as well.

function(add_civetweb)
  set(source ${CMAKE_BINARY_DIR}/civetweb)
  set(script ${CMAKE_SOURCE_DIR}/scripts/fetch-civetweb.sh)
  file(GLOB patches CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/patches/civetweb-*.patch)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${script} ${patches})
  set(current TRUE)
  foreach(input IN LISTS script patches)
    if(${input} IS_NEWER_THAN ${source}/unpacked)  # also where there is none yet
      set(current FALSE)
    endif()
  endforeach()
  if(NOT current)
    execute_process(COMMAND ${script} ${source}
                    RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "civetweb could not be fetched (see above)")
    endif()
    file(TOUCH ${source}/unpacked)
  endif()

  add_library(civetweb STATIC ${source}/src/civetweb.c)
  add_library(civetweb::civetweb ALIAS civetweb)
  target_include_directories(civetweb SYSTEM PUBLIC ${source}/include)
  # What the exporter serves comes from handlers: no CGI, files, caches or WebSockets to be attacked. No TLS
  # either: OpenSSL's libraries would take 1.7 MiB of memory, and nothing uses them. The quantum (ms) is how
  # long a client may take nothing of its answer; an idle thread wakes as often.
  target_compile_definitions(civetweb PRIVATE
    USE_IPV6 USE_X_DOM_SOCKET NO_SSL NO_CGI NO_FILES NO_CACHING NO_THREAD_NAME
    SOCKET_TIMEOUT_QUANTUM=5000 NDEBUG)
  target_compile_options(civetweb PRIVATE -w)
  set_target_properties(civetweb PROPERTIES C_STANDARD 11 C_CLANG_TIDY "")
  target_link_libraries(civetweb PUBLIC Threads::Threads)
endfunction()

add_civetweb()
