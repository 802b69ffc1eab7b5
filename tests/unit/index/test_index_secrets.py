"""No secret of a file reaches what is indexed of it; look-alikes stay."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from labelled_secrets import Case, harmless, secrets

from soothsay_index.build.reading import CUTTING, FileRows, file_rows, read_files
from soothsay_index.sources.masking import without_secrets, without_settings, without_written_secrets
from soothsay_index.sources.workspace import Workspace

_MASKS = (without_secrets, without_written_secrets, without_settings)


def indexed(case: Case, folder: Path) -> str:
    """Return everything that the index keeps of a case's file, as one text."""
    workspace = Workspace(folder)
    facts = workspace.cut(workspace.place(case.path), case.text)
    assert facts is not None, case
    return "\n".join([*(chunk.text + chunk.title for chunk in facts.chunks), repr(facts.symbols)])


def missed(cases: list[Case], folder: Path, *, kept: bool) -> list[str]:
    return [
        f"{each.kind} in {each.path}: {each.text!r}"
        for each in cases
        if (each.value in indexed(each, folder)) is kept
    ]


def test_secrets_are_found(tmp_path: Path):
    cases = secrets()
    leaked = missed(cases, tmp_path, kept=True)
    assert len(cases) >= 150
    assert len(leaked) <= 0.02 * len(cases), "\n".join(leaked)


def test_look_alikes_are_left_alone(tmp_path: Path):
    cases = harmless()
    lost = missed(cases, tmp_path, kept=False)
    assert len(cases) >= 150
    assert len(lost) <= 0.05 * len(cases), "\n".join(lost)


def test_lines_stay_where_they_are_and_what_is_masked_is_not_masked_again():
    for case in secrets():
        for mask in _MASKS:
            masked = mask(case.text)
            assert masked.count("\n") == case.text.count("\n")
            assert mask(masked) == masked


def test_a_default_in_a_signature_is_no_way_out(tmp_path: Path):
    workspace = Workspace(tmp_path)
    text = "def connect(host, *, password='dr4g0n" + "fly', port=5432):\n    ...\n"
    facts = workspace.cut(workspace.place("db.py"), text)
    assert facts is not None and "dr4g0n" not in repr(facts)
    (symbol,) = (each for each in facts.symbols if each.name == "connect")
    assert [each.default for each in symbol.parameters or ()] == ["", "'…'", "5432"]


def test_rows_that_were_written_before_secrets_were_masked_are_written_again(tmp_path: Path):
    (tmp_path / "db.py").write_text("x = 1\n")
    rows: FileRows = file_rows(tmp_path, (), ["db.py"], {})
    stamp = rows.files[0].stamp
    assert stamp.startswith(CUTTING)
    again = read_files(Workspace(tmp_path), ["db.py"], {"db.py": stamp.removeprefix(CUTTING)})
    assert [state.path for state, *_ in again.files] == ["db.py"]


@pytest.mark.parametrize(
    "piece",
    ["password", "-", 'password="', "password='", "://", "a", "password-", "?sig=", "user=a ", "<", "secret_", '\\"token=', "://a:", "key",
     "-----BEGIN " + "PRIVATE KEY-----", "ey" + "J", "xo" + "xb-", "curl -u", "PASSWORD = 1 ", "--password ", "[;?&", "auth=('"],
)  # fmt: skip
@pytest.mark.parametrize("mask", _MASKS)
def test_a_hostile_line_takes_no_longer_than_its_length(mask, piece: str):
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        began = time.process_time()
        mask(text)
        return time.process_time() - began

    assert seconds(200_000) < 3.0
