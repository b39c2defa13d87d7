# civetweb::civetweb, the C API of the HTTP server library.
#
# CIVETWEB=auto     the system's library where it has what the exporter needs, else bundled
#          system   the system's library whatever it lacks; says what that is
#          bundled  1.16 with only what is needed, compiled here from the distribution's source package
set(CIVETWEB "auto" CACHE STRING "Where civetweb comes from: auto, system or bundled")
set_property(CACHE CIVETWEB PROPERTY STRINGS auto system bundled)

find_package(OpenSSL 3 REQUIRED)

# Sets CIVETWEB_LACKS to what the system's library lacks: a list, empty where nothing is missing. The
# answer is kept in the cache: the check starts a server and takes a second.
function(check_system_civetweb)
  find_path(CIVETWEB_INCLUDE_DIR civetweb.h)
  find_library(CIVETWEB_LIBRARY civetweb)
  mark_as_advanced(CIVETWEB_INCLUDE_DIR CIVETWEB_LIBRARY)
  if(NOT CIVETWEB_INCLUDE_DIR OR NOT CIVETWEB_LIBRARY)
    set(CIVETWEB_LACKS "the library itself" PARENT_SCOPE)
    return()
  endif()
  if(NOT DEFINED CIVETWEB_CHECK_RUN)
    try_run(CIVETWEB_CHECK_RUN CIVETWEB_CHECK_COMPILED
            ${CMAKE_BINARY_DIR}/civetweb-check ${CMAKE_SOURCE_DIR}/cmake/checks/civetweb_features.c
            CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${CIVETWEB_INCLUDE_DIR}
            LINK_LIBRARIES ${CIVETWEB_LIBRARY} OpenSSL::SSL OpenSSL::Crypto Threads::Threads
            RUN_OUTPUT_VARIABLE lacks)
    if(NOT CIVETWEB_CHECK_COMPILED)
      set(lacks "an interface that the check compiles with")
    elseif(CIVETWEB_CHECK_RUN STREQUAL "FAILED_TO_RUN")
      set(lacks "a check that ends")
    endif()
    string(STRIP "${lacks}" lacks)
    string(REPLACE "\n" ";" lacks "${lacks}")
    set(CIVETWEB_CHECK_LACKS "${lacks}" CACHE INTERNAL "What the system's civetweb lacks")
  endif()
  set(CIVETWEB_LACKS "${CIVETWEB_CHECK_LACKS}" PARENT_SCOPE)
endfunction()

function(add_system_civetweb)
  if(NOT CIVETWEB_INCLUDE_DIR OR NOT CIVETWEB_LIBRARY)
    message(FATAL_ERROR "CIVETWEB=system, but civetweb.h or libcivetweb is not installed")
  endif()
  add_library(civetweb::civetweb UNKNOWN IMPORTED GLOBAL)
  set_target_properties(civetweb::civetweb PROPERTIES
    IMPORTED_LOCATION ${CIVETWEB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CIVETWEB_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")
endfunction()

# Compiled as part of this build, so that its hardening and its sanitizers hold for civetweb as well.
function(add_bundled_civetweb)
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
      message(FATAL_ERROR "civetweb could not be fetched (see above). -DCIVETWEB=system builds with the"
                          " system's library and says what is then missing.")
    endif()
    file(TOUCH ${source}/unpacked)
  endif()
  add_library(civetweb STATIC ${source}/src/civetweb.c)
  add_library(civetweb::civetweb ALIAS civetweb)
  target_include_directories(civetweb SYSTEM PUBLIC ${source}/include)
  # What the exporter serves comes from handlers: no CGI, files, caches or WebSockets to be attacked. The
  # quantum (ms) is how often an idle thread looks up whether to stop: seldom, for a stop wakes them all.
  target_compile_definitions(civetweb PRIVATE
    USE_IPV6 USE_X_DOM_SOCKET OPENSSL_API_3_0 NO_SSL_DL NO_CGI NO_FILES NO_CACHING
    SOCKET_TIMEOUT_QUANTUM=10000 NDEBUG)
  target_compile_options(civetweb PRIVATE -w)
  set_target_properties(civetweb PROPERTIES C_STANDARD 11 C_CLANG_TIDY "")
  target_link_libraries(civetweb PRIVATE OpenSSL::SSL OpenSSL::Crypto PUBLIC Threads::Threads)
endfunction()

if(NOT CIVETWEB MATCHES "^(auto|system|bundled)$")
  message(FATAL_ERROR "CIVETWEB is '${CIVETWEB}', not auto, system or bundled")
endif()
set(CIVETWEB_LACKS "")
if(NOT CIVETWEB STREQUAL "bundled")
  check_system_civetweb()
  list(JOIN CIVETWEB_LACKS ", " lacks)
endif()
if(CIVETWEB STREQUAL "bundled" OR (CIVETWEB STREQUAL "auto" AND CIVETWEB_LACKS))
  if(CIVETWEB_LACKS)
    message(STATUS "civetweb: bundled; the system's lacks ${lacks}")
  else()
    message(STATUS "civetweb: bundled")
  endif()
  add_bundled_civetweb()
else()
  if(CIVETWEB_LACKS)
    message(WARNING "civetweb: the system's, which lacks ${lacks}")
  else()
    message(STATUS "civetweb: the system's")
  endif()
  add_system_civetweb()
endif()
