"""What the .vsix holds: the extension, the server's wheel, and the licence of both."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from toolchain import PROJECT, Toolchain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_licence_is_in_the_vsix_and_in_the_wheel(tools: Toolchain) -> None:
    licence = (PROJECT / "LICENSE").read_bytes()
    with ZipFile(tools.vsix) as vsix:
        assert vsix.read("extension/LICENSE.txt") == licence
        (wheel_name,) = (name for name in vsix.namelist() if name.endswith(".whl"))
        wheel_bytes = vsix.read(wheel_name)
    with ZipFile(io.BytesIO(wheel_bytes)) as wheel:
        (packed,) = (name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        assert wheel.read(packed) == licence
