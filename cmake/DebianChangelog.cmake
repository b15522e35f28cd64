# Script mode: writes OUTPUT, the package's changelog.Debian, from the head of CHANGELOG (CHANGELOG.md).
#   -DCHANGELOG= -DOUTPUT= -DVERSION= -DRELEASE= -DMAINTAINER= -DEPOCH= (seconds of the newest change)
# Debian's tools want one entry for each version of the package; what changed stands in changelog.gz.
string(TIMESTAMP unused "%s")
set(ENV{SOURCE_DATE_EPOCH} ${EPOCH})
set(ENV{LC_ALL} C)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
string(REGEX REPLACE "-[^-]*$" "" upstream "${VERSION}")
file(STRINGS ${CHANGELOG} headings REGEX "^## \\[")
list(GET headings 0 newest)
string(REGEX REPLACE "^## \\[([^]]*)\\].*" "\\1" newest "${newest}")
if(NOT newest STREQUAL "Unreleased" AND NOT newest STREQUAL upstream)
  message(FATAL_ERROR "${CHANGELOG}: its newest entry is ${newest}, not ${upstream}")
endif()
file(WRITE ${OUTPUT}
"apierrd (${VERSION}) ${RELEASE}; urgency=medium

  * Package of version ${upstream}: see changelog.gz.

 -- ${MAINTAINER}  ${date}
")
