"""A call with many required keywords, by the real model: whole, bound, without placeholders, with tab stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from soothsay.backend.session import Session
from soothsay.engine.arguments import misfit, parse_arguments
from soothsay.engine.types import CompletionRequest
from soothsay_languages.python import LANGUAGE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TEXT = """import boto3

client = boto3.client("bedrock")
role_arn = "arn:aws:iam::123456789012:role/tuning"

# Create a job to fine-tune a base model
response = client."""


def test_a_call_with_required_keywords_is_filled_in(session: Session, workspace: Path) -> None:
    request = CompletionRequest(workspace / "tuning.py", TEXT, len(TEXT), workspace)
    answer = session.complete(request)
    assert answer.text.startswith("create_model_customization_job("), answer.text
    operation = session.index.lookup("botocore:bedrock.create_model_customization_job")
    assert operation is not None and operation.parameters is not None
    given = parse_arguments(answer.text[answer.text.index("(") :], LANGUAGE)
    assert misfit(operation.parameters, given) == ""
    assert "roleArn=role_arn" in answer.text, "the name in scope"
    assert "..." not in answer.text
    assert answer.tab_stops, "nobody knows the name of the job"
    ends = [0, *(stop.end for stop in answer.tab_stops)]
    assert all(
        end <= stop.start <= stop.end <= len(answer.text)
        for end, stop in zip(ends, answer.tab_stops, strict=False)
    )
