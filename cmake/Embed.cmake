# apierrd_embed(TARGET FILE...): compiles files into TARGET as
#   namespace apierrd { extern const EmbeddedFile kEmbedded_<target>[]; ... }
# so that the program needs nothing else on the machine. Paths are relative to the caller's folder.
function(apierrd_embed target)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded_${target}.cc)
  set(inputs)
  foreach(file ${ARGN})
    list(APPEND inputs ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${generated} -DTARGET=${target}
            "-DFILES=${ARGN}" -DBASE=${CMAKE_CURRENT_SOURCE_DIR}
            -P ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()
