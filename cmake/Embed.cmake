# apierrd_embed(TARGET NAME FILE...): compiles files into TARGET as
#   namespace apierrd { std::span<const EmbeddedFile> embedded_files_of_<NAME>(); }
# so that the program needs nothing else on the machine. Paths are relative to the caller's folder.
function(apierrd_embed target name)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cc)
  set(inputs)
  foreach(file ${ARGN})
    list(APPEND inputs ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${generated} -DNAME=${name}
            "-DFILES=${ARGN}" -DBASE=${CMAKE_CURRENT_SOURCE_DIR}
            -P ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
    VERBATIM)
  # Link-time optimisation would part the assembler's symbols from their users.
  set_source_files_properties(${generated} PROPERTIES
    OBJECT_DEPENDS "${inputs}" COMPILE_OPTIONS -fno-lto)
  target_sources(${target} PRIVATE ${generated})
endfunction()
