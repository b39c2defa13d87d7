# What is installed, and the Debian package that CPack makes of it (`make deb`).
#
# The component `exporter` fits any prefix; `debian` is what belongs to the package alone: the unit, which
# starts /usr/bin/perf-exporter, its file in /etc and the package's papers.
include(GNUInstallDirs)

# Neither the tests nor the benchmarks have to be built for an installation.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)
# Whatever the umask.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(deploy ${CMAKE_SOURCE_DIR}/deploy)
install(TARGETS perf-exporter RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT exporter)
install(FILES ${CMAKE_SOURCE_DIR}/docs/perf-exporter.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
        COMPONENT exporter)
install(FILES ${deploy}/completions/perf-exporter.bash RENAME perf-exporter
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT exporter)
install(FILES ${deploy}/completions/_perf-exporter DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
        COMPONENT exporter)
install(FILES ${deploy}/completions/perf-exporter.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT exporter)

function(install_for_debian)
  install(${ARGV} COMPONENT debian EXCLUDE_FROM_ALL)
endfunction()
install_for_debian(FILES ${deploy}/systemd/perf-exporter.service DESTINATION lib/systemd/system)
install_for_debian(FILES ${deploy}/systemd/perf-exporter.default RENAME perf-exporter DESTINATION /etc/default)
set(papers share/doc/perf-exporter)
install_for_debian(FILES ${CMAKE_SOURCE_DIR}/docs/metrics.md ${CMAKE_SOURCE_DIR}/docs/permissions.md
                         ${deploy}/debian/copyright DESTINATION ${papers})
install_for_debian(FILES ${deploy}/systemd/README.md RENAME systemd.md DESTINATION ${papers})
install_for_debian(DIRECTORY ${deploy}/systemd/socket-activation DESTINATION ${papers}/examples)
install_for_debian(FILES ${CMAKE_SOURCE_DIR}/CHANGELOG.md RENAME changelog DESTINATION ${papers})
install_for_debian(FILES ${deploy}/debian/changelog RENAME changelog.Debian DESTINATION ${papers})
install_for_debian(FILES ${deploy}/debian/lintian-overrides RENAME perf-exporter
                   DESTINATION share/lintian/overrides)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME perf-exporter)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Prometheus exporter for perf hardware counters")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"It counts cycles, instructions, cache and branch events, page faults and
context switches of each CPU with perf_event_open and serves them to
Prometheus. Counters do not fall when the kernel multiplexes, what can't be
counted is absent rather than 0, and where the kernel refuses, one named
cause with its fix is in the log and among the metrics.

The service runs as a user of its own that may do nothing but count.")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "perf-exporter maintainers <maintainers@perf-exporter.invalid>"
    CACHE STRING "The Maintainer field of the package")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libpfm4)  # loaded when it is asked, so no shared library of ours
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${deploy}/debian/postinst ${deploy}/debian/prerm ${deploy}/debian/postrm
                                       ${deploy}/debian/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
if(CMAKE_CROSSCOMPILING)  # else dpkg is asked
  string(REGEX REPLACE "^aarch64$" arm64 CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${CMAKE_SYSTEM_PROCESSOR})
  string(REGEX REPLACE "^x86_64$" amd64 CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${CPACK_DEBIAN_PACKAGE_ARCHITECTURE})
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL exporter debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # there are absolute paths
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/compress_papers.cmake)
include(CPack)
