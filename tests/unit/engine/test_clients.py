"""15: where no client of a service is known, nothing of it is offered."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel
from tiny_index import LIST, PAY, PUT, SEND

from soothsay.config import Settings
from soothsay.engine.clients import client_owners
from soothsay.engine.pipeline import Engine
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest

INDEX = FakeIndex(**{"botocore:s3": (LIST, PUT), "botocore:sqs": (SEND,), "shop": (PAY,)})
UNTYPED = "\n\ndef save(db, order):\n    # put the order away\n    db."
GUESS = [("put_", 0.2), ("order", 0.3), ("(", 1.0), ("order)", 1.0), ("\n", 1.0)]


def request(text: str) -> CompletionRequest:
    return CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"))


def offered(text: str) -> tuple[set[str], str]:
    """Return what the answer to ``text`` cites, and all that the model was given to read."""
    model = FakeModel(GUESS, GUESS, "put_")
    answer = Engine(model, INDEX, Settings(method="dag")).complete(request(text))
    assert answer.trigger.fired
    return {each.symbol for each in answer.evidence}, "".join(map(repr, model.prompts))


@pytest.mark.parametrize(
    "head", ["import boto3", "import boto3\nimport botocore.session", "import shop, boto3", ""]
)
def test_a_library_that_is_merely_there_offers_no_operation(head: str) -> None:
    cited, read = offered(f"{head}{UNTYPED}")
    assert cited <= {"shop.pay"}
    assert "put_object" not in read and "send_message" not in read


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ('store = boto3.client("s3")', {"s3.list_buckets", "s3.put_object"}),
        ('store = boto3.Session().client(service_name="sqs")', {"sqs.send_message"}),
        (
            'class Shed:\n    def __init__(self):\n        self.queue = boto3.client("sqs")',
            {"sqs.send_message"},
        ),
    ],
)
def test_the_services_that_the_file_makes_clients_of_are_offered(made: str, expected: set[str]) -> None:
    cited, _ = offered(f"import boto3\n\n{made}{UNTYPED}")
    assert cited == {*expected, "shop.pay"}


def test_clients_are_found_wherever_they_are_made() -> None:
    text = 'import boto3\na = boto3.client("s3")\ndef f():\n    with boto3.client("sqs") as b:\n        pass\nx = 1\n'
    assert client_owners(Site(request(text), INDEX)) == {"botocore:s3", "botocore:sqs"}
    assert client_owners(Site(request("import boto3\nboto3.setup_default_session()\n"), INDEX)) == frozenset()
