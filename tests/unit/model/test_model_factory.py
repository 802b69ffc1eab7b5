"""Which engine opens a model is said by the settings."""

from __future__ import annotations

import pytest

from soothsay.config import ModelSettings
from soothsay.errors import SoothsayError
from soothsay.model.factory import OwnWeights, open_model


def test_an_engine_that_is_unknown_is_an_error_with_the_fix() -> None:
    with pytest.raises(SoothsayError, match=r"no engine for grpc://there: set model\.path to a GGUF file"):
        open_model(ModelSettings(path="grpc://there"), OwnWeights())


def test_a_path_without_a_scheme_is_a_file() -> None:
    with pytest.raises(SoothsayError, match=r"nowhere\.gguf"):
        open_model(ModelSettings(path="/no/folder/nowhere.gguf"), OwnWeights())
