# Run by CPack over each finished package: CPack gives the members of the archive the modes of its own files, and
# these follow the umask. They are put together anew, with the modes and times that `ar D` gives to all.
foreach(package ${CPACK_PACKAGE_FILES})
  set(parts ${CPACK_TEMPORARY_DIRECTORY}-parts)
  file(REMOVE_RECURSE ${parts})
  file(MAKE_DIRECTORY ${parts})
  execute_process(COMMAND ar t ${package} WORKING_DIRECTORY ${parts}
                  OUTPUT_VARIABLE members COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE "\n" ";" members "${members}")
  list(REMOVE_ITEM members "")
  execute_process(COMMAND ar x ${package} WORKING_DIRECTORY ${parts} COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE ${package})
  execute_process(COMMAND ar rcDS ${package} ${members} WORKING_DIRECTORY ${parts} COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE_RECURSE ${parts})
endforeach()
