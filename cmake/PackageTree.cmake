# Run by CPack over the gathered files, before they are packed: what Debian compresses is compressed, and
# nothing of the build's time, umask or folder remains, so that two builds give the same bytes.
set(root ${CPACK_TEMPORARY_DIRECTORY})
set(ENV{SOURCE_DATE_EPOCH} ${CPACK_APIERRD_EPOCH})  # CPack itself dates the members by it
set(ENV{TZ} UTC)

file(GLOB_RECURSE compressed ${root}/usr/share/man/*.[1-8] ${root}/usr/share/doc/*/changelog*)
foreach(file ${compressed})
  execute_process(COMMAND gzip -9 --no-name --force ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND chmod -R u=rwX,go=rX ${root} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND find ${root} -exec touch --no-dereference --date=@${CPACK_APIERRD_EPOCH} {} +
                COMMAND_ERROR_IS_FATAL ANY)
