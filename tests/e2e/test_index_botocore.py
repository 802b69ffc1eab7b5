"""The names of all operations, as the installed botocore itself spells them."""

from pathlib import Path

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader

from soothsay_languages.python.sources.botocore_models import BotocoreModels

pytestmark = pytest.mark.slow


def test_every_operation_of_every_service_has_the_name_that_its_client_gives_it() -> None:
    data = Path(botocore.__file__).parent / "data"
    source = BotocoreModels(data, botocore.__version__)
    loader = Loader(extra_search_paths=[str(data)])
    services = source.releases()
    assert len(services) > 300
    for release in services:
        model = loader.load_service_model(release.part, "service-2")
        expected = {xform_name(key) for key in model["operations"]}
        indexed = {symbol.name for symbol in source.harvest(release).symbols if symbol.kind == "operation"}
        assert indexed == expected, release.part
