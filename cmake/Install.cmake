# `cmake --install DIR [--prefix P]`: program, unit, reference copies of the catalogs, documents.
# No configuration is installed: the example stands with the documents, /etc is the administrator's. The
# Debian package has one (Package.cmake).
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
    GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)  # whatever the umask

install(TARGETS apierrd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

set(manuals ${PROJECT_BINARY_DIR}/generated/manuals)
install(DIRECTORY ${manuals}/man1 ${manuals}/man5 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${manuals}/completions/apierrd
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${manuals}/completions/apierrd.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
if(APIERRD_PACKAGE)  # Debian's zsh looks here for packages, and there for what is below /usr/local
  install(FILES ${manuals}/completions/_apierrd DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
else()
  install(FILES ${manuals}/completions/_apierrd DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()

# Catalogs and formats are compiled in; these copies are for reading and as a model for own ones.
install(DIRECTORY parsers/catalogs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/apierrd/catalogs
        FILES_MATCHING PATTERN "*.yaml" PATTERN "*.codes")
install(DIRECTORY parsers/formats/ DESTINATION ${CMAKE_INSTALL_DATADIR}/apierrd/formats
        FILES_MATCHING PATTERN "*.yaml")

install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(NOT APIERRD_PACKAGE)  # Debian has these two under other names
  install(FILES CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES deploy/apierrd.example.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy)
install(FILES deploy/logrotate.example deploy/systemd/read-all-logs.conf
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES deploy/prometheus/apierrd.rules.yml DESTINATION ${CMAKE_INSTALL_DATADIR}/apierrd/rules)
install(DIRECTORY deploy/grafana/dashboards DESTINATION ${CMAKE_INSTALL_DATADIR}/apierrd)
install(DIRECTORY deploy/grafana/provisioning DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy/grafana)
install(DIRECTORY deploy/prometheus deploy/alertmanager DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy)

# The units name the program by its absolute path, which --prefix decides at install time. They go to
# lib/systemd/system below the prefix: systemd reads it there for /usr and /usr/local.
foreach(unit apierrd.service apierrd.socket)
  install(CODE "
    file(READ \"${PROJECT_SOURCE_DIR}/deploy/systemd/${unit}\" text)
    string(REPLACE /usr/bin/apierrd \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/apierrd\" text \"\${text}\")
    string(REPLACE /usr/share/doc/apierrd \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}\" text \"\${text}\")
    file(WRITE \"${PROJECT_BINARY_DIR}/install/${unit}\" \"\${text}\")
    file(INSTALL \"${PROJECT_BINARY_DIR}/install/${unit}\"
         DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\" TYPE FILE)
  ")
endforeach()
