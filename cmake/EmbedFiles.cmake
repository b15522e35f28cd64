# Script mode: writes OUTPUT, a C++ file that has the assembler take in each of INPUTS as it is, under
# the name at the same place of FILES. The compiler would need seconds for a catalog written out as numbers.
set(blobs "")
set(rows "")
set(index 0)
foreach(file input IN ZIP_LISTS FILES INPUTS)
  string(APPEND blobs "asm(\".section .rodata\\n\"
    \"apierrd_${NAME}_${index}: .incbin \\\"${input}\\\"\\n\"
    \"apierrd_${NAME}_${index}_end: .byte 0\\n.previous\\n\");
extern \"C\" const char apierrd_${NAME}_${index}[], apierrd_${NAME}_${index}_end[];\n")
  string(APPEND rows "      {\"${file}\", bytes(apierrd_${NAME}_${index}, apierrd_${NAME}_${index}_end)},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT}
"// Generated from the source tree by cmake/EmbedFiles.cmake; do not edit.
#include <cstddef>
#include <span>
#include \"parsers/embedded_file.h\"
${blobs}
namespace apierrd {
namespace {
std::string_view bytes(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}
}  // namespace
std::span<const EmbeddedFile> embedded_files_of_${NAME}();
std::span<const EmbeddedFile> embedded_files_of_${NAME}() {
  static const EmbeddedFile kFiles[] = {
${rows}  };
  return kFiles;
}
}  // namespace apierrd
")
