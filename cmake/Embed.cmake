# apierrd_embed(TARGET NAME FILE...): compiles files into TARGET as
#   namespace apierrd { std::span<const EmbeddedFile> embedded_files_of_<NAME>(); }
# so that the program needs nothing else on the machine. Paths are relative to the caller's folder.
# YAML files and lists of vendors' codes are read and checked now and become what each start reads far
# faster (cmake/compile_data.cc); the others are taken in as they are.
function(apierrd_embed target name)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cc)
  set(inputs)
  foreach(file ${ARGN})
    set(input ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    if(file MATCHES "\\.(yaml|codes)$")
      set(compiled ${CMAKE_CURRENT_BINARY_DIR}/${file}.compiled)
      get_filename_component(folder ${compiled} DIRECTORY)
      file(MAKE_DIRECTORY ${folder})
      add_custom_command(OUTPUT ${compiled}
        COMMAND apierrd_compile_data ${input} ${file} ${compiled}
        DEPENDS ${input} apierrd_compile_data VERBATIM)
      set(input ${compiled})
    endif()
    list(APPEND inputs ${input})
  endforeach()
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${generated} -DNAME=${name}
            "-DFILES=${ARGN}" "-DINPUTS=${inputs}"
            -P ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
    VERBATIM)
  # Link-time optimisation would part the assembler's symbols from their users.
  set_source_files_properties(${generated} PROPERTIES
    OBJECT_DEPENDS "${inputs}" COMPILE_OPTIONS -fno-lto)
  target_sources(${target} PRIVATE ${generated})
endfunction()
