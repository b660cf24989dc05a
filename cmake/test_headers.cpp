// What the precompiled headers of tests are made with; see marquee_build.cmake.
