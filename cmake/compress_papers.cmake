# Run by CPack over what it has gathered: man pages and changelogs are compressed, as Debian's policy asks
# for (12.1, 12.7). Without name and time, so that the same input makes the same package.
file(GLOB_RECURSE papers ${CPACK_TEMPORARY_DIRECTORY}/*.1 ${CPACK_TEMPORARY_DIRECTORY}/changelog
     ${CPACK_TEMPORARY_DIRECTORY}/changelog.Debian)
foreach(paper IN LISTS papers)
  execute_process(COMMAND gzip -9nf ${paper} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
