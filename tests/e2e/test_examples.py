"""The main job on real input: what is drafted, why it is looked up, what is answered."""

import subprocess
from pathlib import Path

import pytest

from soothsay.backend.session import Session
from soothsay.engine.types import Completion, CompletionRequest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first one builds the index


def complete(session: Session, workspace: Path, name: str, method=None, text: str = "") -> Completion:
    path = workspace / name
    content = text or path.read_text(encoding="utf-8").rstrip("\n")
    return session.complete(CompletionRequest(path, content, len(content), workspace, method=method))


def test_an_invented_operation_is_replaced_by_the_real_one(session: Session, workspace: Path) -> None:
    answer = complete(session, workspace, "bedrock.py")
    assert "create_job(" in answer.draft
    assert session.index.lookup("botocore:bedrock.create_job") is None
    assert answer.trigger.fired
    assert "not_in_index" in answer.trigger.reasons
    assert answer.text.startswith("create_model_customization_job(")
    operation = session.index.lookup("botocore:bedrock.create_model_customization_job")
    assert operation is not None
    assert operation.parameters is not None
    for parameter in operation.parameters:
        assert not parameter.required or f"{parameter.name}=" in answer.text
    assert answer.verdict == "verified"
    cited = answer.evidence[0]
    assert cited.symbol == "bedrock.create_model_customization_job"
    assert (cited.package, cited.version) == ("botocore", operation.version)


@pytest.mark.parametrize("ending", ["client.", "response = client.", "response = client.create", ""])
def test_wherever_the_cursor_stands(session: Session, workspace: Path, ending: str) -> None:
    text = 'import boto3\n\nclient = boto3.client("bedrock")\n\n# Create a job to fine-tune a base model\n'
    answer = complete(session, workspace, "bedrock.py", text=text + ending)
    assert "create_model_customization_job(" in ending + answer.text


def test_numpy_documents_come_from_the_installed_version(session: Session, workspace: Path) -> None:
    import numpy

    answer = complete(session, workspace, "arrays.py")
    assert answer.trigger.fired
    assert "low_confidence" in answer.trigger.reasons
    cited = {item.symbol: item for item in answer.evidence}
    assert "numpy.split" in cited
    assert cited["numpy.split"].version == numpy.__version__
    assert answer.verdict == "verified"


def test_a_frequent_call_is_answered_with_one_draft(session: Session, workspace: Path) -> None:
    answer = complete(session, workspace, "buckets.py")
    assert answer.text == answer.draft == "list_buckets()"
    assert not answer.trigger.fired
    assert answer.trigger.confidence is not None
    assert answer.trigger.confidence > 0.8
    assert (answer.timings_ms["retrieve"], answer.timings_ms["regenerate"]) == (0, 0)
    assert answer.verdict == "verified"


def test_a_function_of_another_file_is_called_as_it_is_defined(session: Session, workspace: Path) -> None:
    answer = complete(session, workspace, "refund.py")
    assert answer.text.startswith("post_reversal_to_customer(")
    assert "order_ref=" in answer.text
    assert "approved_by=" in answer.text
    assert answer.verdict == "verified"
    assert answer.evidence[0].uri.endswith("billing/ledger.py")
    base = complete(session, workspace, "refund.py", method="base")
    assert "post_reversal_to_customer" not in base.text
    assert base.verdict == "rejected"


def test_the_same_question_has_the_same_answer(session: Session, workspace: Path) -> None:
    answers = {complete(session, workspace, "bedrock.py").text for _ in range(2)}
    assert len(answers) == 1


def test_a_cell_of_the_workspace_is_found_by_meaning(session: Session, workspace: Path) -> None:
    from soothsay_index.types import Query

    hits = session.index.search(Query("reimburse a buyer", modules=("billing.ledger",), path="refund.py"))
    assert "post_reversal_to_customer" in {hit.symbol.name if hit.symbol else "" for hit in hits[:3]} | {
        hit.chunk.symbol.name if hit.chunk and hit.chunk.symbol else "" for hit in hits[:3]
    }


def test_make_demo_shows_the_examples() -> None:
    """The README's first command once ran no program at all, and nobody noticed."""
    root = Path(__file__).parents[2]
    shown = subprocess.run(
        ["make", "-n", "demo"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert "examples/demo.py" in shown
