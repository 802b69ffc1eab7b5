"""Repair of written code by the real model, index and oracle."""

from __future__ import annotations

from pathlib import Path

import pytest

from soothsay.backend.session import Session
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.engine.verify import judge

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TEXT = """import boto3

client = boto3.client("bedrock")

# Create a job to fine-tune a base model
client.create_job(jobName="x")
"""


def test_an_invented_operation_is_explained_and_replaced(session: Session, workspace: Path) -> None:
    path = workspace / "written.py"
    # all: with types-boto3 installed a type checker sees this, too
    (fault,) = session.find_faults(path, TEXT, typed=True)
    assert TEXT[fault.start : fault.call_end] == 'create_job(jobName="x")'
    operation = session.index.lookup("botocore:bedrock.create_model_customization_job")
    assert operation is not None
    assert fault.problem == (
        f"bedrock has no create_job; did you mean {operation.name}? (botocore {operation.version})"
    )
    found = session.repair(path, TEXT, fault)
    assert found is not None
    assert found.title == "Replace with client.create_model_customization_job(…)"
    # on one line or on several, as the model likes
    assert "".join(found.text.split()).startswith('create_model_customization_job(jobName="x",')
    without = TEXT[: found.start] + TEXT[found.end :]
    site = Site(CompletionRequest(path, without, found.start, workspace), session.index)
    assert judge(site, found.text, session.oracle).verdict == "verified"
    mended = TEXT[: found.start] + found.text + TEXT[found.end :]
    assert session.find_faults(path, mended, typed=True) == []


def test_a_wrong_argument_gets_its_real_name_and_keeps_its_value(session: Session, workspace: Path) -> None:
    text = 'import boto3\n\nclient = boto3.client("bedrock")\nclient.list_tags_for_resource(ResourceARN="arn:x")\n'
    path = workspace / "written.py"
    (fault,) = session.find_faults(path, text, typed=True)
    assert "unknown argument ResourceARN; did you mean resourceARN?" in fault.problem
    found = session.repair(path, text, fault)
    assert found is not None
    assert found.text == 'list_tags_for_resource(resourceARN="arn:x")'


def test_the_examples_are_right(session: Session, workspace: Path) -> None:
    for path in sorted(workspace.rglob("*.py")):
        assert session.find_faults(path, path.read_text(encoding="utf-8"), typed=True) == [], path
