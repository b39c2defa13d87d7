# Flags for everything that is compiled here, civetweb among it: sanitizers where asked for, else the
# hardening that Debian's own packages carry.
add_compile_options(-fPIE)
add_link_options(-pie)

if(PERF_EXPORTER_SANITIZE)
  # Instrumented code takes long to optimise: -Og compiles in a third of the time of -O1, and -g1 is enough
  # for stack traces. The sanitizers check what _FORTIFY_SOURCE would, and more.
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-Og -g1")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-Og -g1")
  add_compile_options(-fsanitize=${PERF_EXPORTER_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PERF_EXPORTER_SANITIZE})
  return()
endif()

set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
add_compile_options(-fstack-protector-strong -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|i.86)$")
  add_compile_options(-fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  add_compile_options(-mbranch-protection=standard)
endif()
# Needs optimisation; some distributions' compilers define it already, at another level.
add_compile_options($<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
                    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
