# Compiler settings and the helpers that every folder's CMakeLists.txt is made of.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Marquee is built with clang-19 or later (DESIGN D19): use a preset of CMakePresets.json")
endif()

# GoogleTest and the standard headers are parsed once for all test programs: a quarter of the time to compile a test
# (docs/measurements.md). Files keep their own includes; only a build without this option shows which are missing.
option(MARQUEE_PRECOMPILED_HEADERS "Test programs share precompiled headers" OFF)

# Several files of a library are compiled as one: most of the time to compile a small file goes into the headers that it
# shares with its neighbours. For a build from nothing, such as CI's: after a change more is compiled than without. Names
# in unnamed namespaces must differ within a folder, or one of the files stays alone (marquee_compile_together).
option(MARQUEE_UNITY_BUILD "Files of a library are compiled together" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # Paths are hashed relative to the checkout, so that a fresh clone finds what another one has compiled.
  set(ccache_settings CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true)
  if(MARQUEE_PRECOMPILED_HEADERS)
    list(APPEND ccache_settings CCACHE_SLOPPINESS=pch_defines,time_macros)
  endif()
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env ${ccache_settings} ${CCACHE})
endif()
add_link_options(-fuse-ld=lld)

set(MARQUEE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
if(MARQUEE_SANITIZE)
  add_compile_options(-fsanitize=${MARQUEE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MARQUEE_SANITIZE})
endif()

# For tests: replicas can be told to answer wrongly, late or not at all. The release preset leaves it out.
option(MARQUEE_FAULT_INJECTION "Booking replicas take faults over HTTP" ON)

option(MARQUEE_FUZZ "Libraries report their branches to libFuzzer (tests/fuzz)" OFF)
if(MARQUEE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

add_library(marquee_warnings INTERFACE)
target_compile_options(marquee_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)

# marquee_library(<name> [LINK <public targets>] [PRIVATE <targets used in .cpp files only>])
# makes one target of all .cpp files of the calling folder.
function(marquee_library name)
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${ARG_LINK})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE marquee_warnings ${ARG_PRIVATE})
endfunction()

# marquee_compile_together(<library> [ALONE <files>]): see MARQUEE_UNITY_BUILD.
function(marquee_compile_together name)
  cmake_parse_arguments(ARG "" "" "ALONE" ${ARGN})
  if(MARQUEE_UNITY_BUILD)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# For code whose speed does not matter in sanitized builds, such as tests: optimising what is instrumented takes half of
# the time to compile it.
function(marquee_not_optimised_if_sanitized name)
  if(MARQUEE_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  endif()
endfunction()

# The first program makes the headers, the others use them: their flags must be the same.
function(marquee_precompile_test_headers name)
  if(NOT MARQUEE_PRECOMPILED_HEADERS)
    return()
  endif()
  if(NOT TARGET test_headers)
    add_library(test_headers OBJECT ${CMAKE_SOURCE_DIR}/cmake/test_headers.cpp)
    target_link_libraries(test_headers PRIVATE marquee_warnings GTest::gmock GTest::gtest)
    marquee_not_optimised_if_sanitized(test_headers)
    # Without time stamps in it, so that ccache finds it again.
    target_compile_options(test_headers PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(test_headers PRIVATE
      <gmock/gmock.h> <gtest/gtest.h> <algorithm> <atomic> <chrono> <cstdint> <functional> <map> <memory> <optional>
      <string> <thread> <vector>)
  endif()
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${name} REUSE_FROM test_headers)
endfunction()

# marquee_test(<name> [LINK <targets>] [LABEL <label>] [TIMEOUT <seconds>] [SOURCES <files>] [OWN_FLAGS])
# makes one GoogleTest program of the calling folder's .cpp files (or of SOURCES) and registers it with ctest.
# OWN_FLAGS: the caller goes on to change how it is compiled.
function(marquee_test name)
  cmake_parse_arguments(ARG "OWN_FLAGS" "LABEL;TIMEOUT" "LINK;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  endif()
  if(NOT ARG_SOURCES)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} marquee_warnings GTest::gmock GTest::gtest_main)
  marquee_not_optimised_if_sanitized(${name})
  if(NOT ARG_OWN_FLAGS)
    marquee_precompile_test_headers(${name})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABEL}")
endfunction()
