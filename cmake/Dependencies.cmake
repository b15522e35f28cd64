# Everything comes from the distribution's packages (Debian 12 and 13); nothing is downloaded.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(ZLIB REQUIRED)
find_package(simdjson CONFIG REQUIRED)        # 3.0 and 3.12; its version file refuses a minor one
find_package(prometheus-cpp CONFIG REQUIRED)  # ships no version file: asking for one fails
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)  # Debian 13's cpp-httplib uses it in inline functions
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(CRYPT REQUIRED IMPORTED_TARGET libcrypt)  # bcrypt
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

# yaml-cpp renamed its target between Debian 12 (0.7) and 13 (0.8).
if(TARGET yaml-cpp::yaml-cpp)
  set(APIERRD_YAML_TARGET yaml-cpp::yaml-cpp)
else()
  set(APIERRD_YAML_TARGET yaml-cpp)
endif()
