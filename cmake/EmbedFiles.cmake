# Script mode: writes OUTPUT, a C++ file holding each of FILES as bytes.
set(arrays "")
set(rows "")
set(index 0)
foreach(file ${FILES})
  file(READ ${BASE}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "const char kBytes${index}[] = {${bytes}'\\0'};\n")
  string(APPEND rows "    {\"${file}\", std::string_view(kBytes${index}, sizeof(kBytes${index}) - 1)},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT}
"// Generated from the source tree by cmake/EmbedFiles.cmake; do not edit.
#include <span>
#include \"parsers/embedded_file.h\"
namespace {
${arrays}
const apierrd::EmbeddedFile kFiles[] = {
${rows}};
}  // namespace
namespace apierrd {
std::span<const EmbeddedFile> embedded_files_of_${TARGET}();
std::span<const EmbeddedFile> embedded_files_of_${TARGET}() { return kFiles; }
}  // namespace apierrd
")
