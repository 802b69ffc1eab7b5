"""llama.cpp's C API: the build made on this machine by ``soothsay prove --build`` if there is one, else the installed one.

Every module takes ``llama_cpp`` from here, because the choice must be made before it is imported.
"""

from __future__ import annotations

import os

from soothsay.model.library import own_build

_own = own_build()
if _own is not None:
    os.environ.setdefault("LLAMA_CPP_LIB_PATH", str(_own))

import llama_cpp  # noqa: E402

__all__ = ["llama_cpp"]
