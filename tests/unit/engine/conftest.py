"""Every test of the engine that takes an `index` runs twice: with the fake, and with a tiny one that is built for real."""

from __future__ import annotations

import pytest
from fakes import RecordingIndex
from tiny_index import build_tiny_index, fake_index

from soothsay_index.worker.local import LocalIndex


@pytest.fixture(scope="session")
def tiny_index(tmp_path_factory: pytest.TempPathFactory) -> LocalIndex:
    """The index of the world of `tiny_index`, for reading."""
    return build_tiny_index(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(params=["fake", "tiny"])
def index(request: pytest.FixtureRequest) -> RecordingIndex:
    """What is known of the world of `tiny_index`, with the questions that were searched for."""
    if request.param == "fake":
        return RecordingIndex(fake_index())
    return RecordingIndex(request.getfixturevalue("tiny_index"))
