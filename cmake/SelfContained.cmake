# JOULEMARK_SELF_CONTAINED: a `joulemark` that runs on any Linux of its libc's age or newer. Of shared
# libraries only libc and libm remain: NVML is reached by dlopen, which a static libc cannot do.
# Include before the first find_package; tests/package_test.py reads the result with readelf.

if(NOT JOULEMARK_SELF_CONTAINED)
  return()
endif()

set(OPENSSL_USE_STATIC_LIBS ON)
set(ZLIB_USE_STATIC_LIBS ON)
find_library(SQLite3_LIBRARY NAMES libsqlite3.a REQUIRED)

# Only for joulemark itself: a worker shares libstdc++ with its runtime's libraries.
set(is_joulemark $<STREQUAL:$<TARGET_PROPERTY:NAME>,joulemark>)
add_link_options($<${is_joulemark}:-static-libstdc++> $<${is_joulemark}:-static-libgcc>)
