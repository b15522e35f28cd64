# The Debian package (preset `package`): `cpack --preset package` makes
# apierrd_VERSION-REVISION~debNNu1_ARCH.deb for the release it is built on. docs/packaging.md says how.
set(APIERRD_PACKAGE_REVISION "1" CACHE STRING "Debian revision: raised when only the packaging changes")
set(APIERRD_MAINTAINER "apierrd maintainers <maintainers@apierrd.example>"
    CACHE STRING "who builds the package; on the package and its changelog")

cmake_host_system_information(RESULT distribution QUERY DISTRIB_INFO)
if(NOT DEFINED distribution_VERSION_ID OR NOT DEFINED distribution_VERSION_CODENAME)
  message(FATAL_ERROR "/etc/os-release names no release: packages are built on Debian 12 or 13")
endif()
# 1~deb12u1 < 1~deb13u1, so that a machine that goes from one release to the next takes the newer build.
set(CPACK_DEBIAN_PACKAGE_RELEASE "${APIERRD_PACKAGE_REVISION}~deb${distribution_VERSION_ID}u1")

# One time for every file and entry: that of the sources, not that of the build.
set(epoch $ENV{SOURCE_DATE_EPOCH})
if(NOT epoch)
  execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} log -1 --format=%ct
                  OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT epoch)  # no git, no clone: a package can be made, only not the same one twice
  file(TIMESTAMP ${PROJECT_SOURCE_DIR}/CHANGELOG.md epoch "%s" UTC)
endif()
set(CPACK_APIERRD_EPOCH ${epoch})

set(debian ${PROJECT_SOURCE_DIR}/deploy/debian)
set(made ${PROJECT_BINARY_DIR}/package)
execute_process(COMMAND ${CMAKE_COMMAND} -DCHANGELOG=${PROJECT_SOURCE_DIR}/CHANGELOG.md
    -DOUTPUT=${made}/changelog.Debian -DEPOCH=${epoch} "-DMAINTAINER=${APIERRD_MAINTAINER}"
    -DVERSION=${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}
    -DRELEASE=${distribution_VERSION_CODENAME} -P ${PROJECT_SOURCE_DIR}/cmake/DebianChangelog.cmake
  COMMAND_ERROR_IS_FATAL ANY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md)

install(FILES ${debian}/apierrd.yaml DESTINATION /etc/apierrd)
install(FILES ${made}/changelog.Debian ${debian}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME changelog)
file(WRITE ${made}/conffiles "/etc/apierrd/apierrd.yaml\n")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME apierrd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${APIERRD_MAINTAINER}")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager, logrotate")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "counts API failures in call logs for Prometheus")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"apierrd follows logs of API calls, recognises the outcome of each call,
classifies every failure by the vendor's documented error codes (Tencent Cloud
API 3.0), and serves counters to Prometheus. For each code it knows whose
fault it is, whether a retry helps, and what to do, and shows the same on a
page of its own.

Counters are exact over restarts, kills and rotations of the logs. Alert and
recording rules and dashboards for Grafana come with it.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${debian}/postinst ${debian}/prerm ${debian}/postrm ${made}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# With DESTDIR the prefix stays /usr while files are gathered, and the unit names the right path.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_THREADS 1)  # xz with several threads writes other bytes
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PackageTree.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PackageArchive.cmake)
include(CPack)
