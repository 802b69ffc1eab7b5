# Read by CMake after each project() of llama-cpp-python. llama.cpp's own library for command-line tools is half of the
# files, and not used; llama-cpp-python asks for it in the cache, which a plain variable hides.
set(LLAMA_BUILD_COMMON OFF)
