# apierrd_options: how every target of ours is compiled. Linked PRIVATE by all rooms and tests.
option(APIERRD_DEV_MODE "build tests and the checks of the source tree" OFF)
option(APIERRD_BENCH "build benchmarks" OFF)
option(APIERRD_WERROR "treat warnings as errors (CI does)" OFF)
option(APIERRD_PACKAGE "make a Debian package (cmake/Package.cmake)" OFF)
set(APIERRD_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize= (address,undefined | thread)")
option(APIERRD_FUZZ "build libFuzzer targets (clang only)" OFF)
option(APIERRD_ALL_TESTS "under sanitizers also the tests in which they have nothing to see" OFF)
option(APIERRD_COVERAGE "instrument for gcov" OFF)

add_library(apierrd_options INTERFACE)
target_compile_features(apierrd_options INTERFACE cxx_std_20)
target_include_directories(apierrd_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(apierrd_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast
  $<$<BOOL:${APIERRD_WERROR}>:-Werror>
  # The hardening flags Debian builds its own packages with.
  -fstack-protector-strong)
if(NOT APIERRD_SANITIZE)
  target_link_options(apierrd_options INTERFACE -Wl,-z,relro,-z,now)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT APIERRD_SANITIZE)
  target_compile_options(apierrd_options INTERFACE -D_FORTIFY_SOURCE=2 -fcf-protection)
  # The folder of a build must not show in what it makes: .ci/reproducible.
  target_compile_options(apierrd_options INTERFACE
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
endif()
if(APIERRD_SANITIZE)
  target_compile_options(apierrd_options INTERFACE
    -fsanitize=${APIERRD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(apierrd_options INTERFACE -fsanitize=${APIERRD_SANITIZE})
endif()
if(APIERRD_FUZZ)
  # Libraries need the coverage hooks too, or the fuzzer is blind.
  target_compile_options(apierrd_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(apierrd_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(APIERRD_COVERAGE)
  target_compile_options(apierrd_options INTERFACE --coverage -O0)
  target_link_options(apierrd_options INTERFACE --coverage)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
