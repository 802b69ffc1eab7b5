"""Dockerfiles with their real language server as judge: instructions, flags and arguments. No model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.backend.session import NoIndex
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.engine.verify import judge
from soothsay.oracle.installed import command_of
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.opening import open_workspace_oracle
from soothsay.oracle.types import Oracle
from soothsay_languages.dockerfile.oracle import DOCKER_SERVER
from soothsay_languages.registry import language_of_file

pytestmark = [
    pytest.mark.process,
    pytest.mark.requires(
        command_of(DOCKER_SERVER) is not None,
        "soothsay judges install dockerfile-language-server-nodejs, and Node",
    ),
]

PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)
BODY = 'FROM alpine:3.20 AS build\n|\nCMD ["sh"]\n'


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    opened = open_workspace_oracle(tmp_path_factory.mktemp("project"), {}, PATIENT)
    yield opened
    opened.close()


def judged(oracle: Oracle, text: str, folder: Path, body: str = BODY, name: str = "Dockerfile") -> str:
    at, path = body.index("|"), folder / name
    language = language_of_file(path)
    assert language is not None and language.id == "dockerfile"
    request = CompletionRequest(path, body.replace("|", "", 1), at, folder, language.id)
    return judge(Site(request, NoIndex()), text, oracle).verdict


@pytest.mark.parametrize(
    ("completion", "rejected"),
    [
        ("RUN apk add git", False),
        ("RUN apk add git \\\n    && rm -rf /tmp/*", False),
        ("RUN --mount=type=cache,target=/root/.cache pip install .", False),
        ("COPY --chown=1000 . /app", False),
        ("COPY --from=build --link /a /b", False),
        ("HEALTHCHECK --interval=5s CMD true", False),
        ("RUNS apk add git", True),
        ("COPY .", True),
        ("COPY --owner=1000 . /app", True),
        ("HEALTHCHECK --every=5s CMD true", True),
        ("STOPSIGNAL SIGTERM SIGKILL", True),
        ("HEALTHCHECK --interval=soon CMD true", False),  # of a wrong value
        ("EXPOSE 99999999", False),
        ("USER app", False),
        ("# a comment", False),
    ],
)
@pytest.mark.parametrize("name", ["Dockerfile", "web.dockerfile"])
def test_verdicts(oracle: Oracle, tmp_path: Path, completion: str, rejected: bool, name: str) -> None:
    # that all of it is right, nobody can tell: images, files and commands are not known
    assert judged(oracle, completion, tmp_path, name=name) == ("rejected" if rejected else "unverified")


def test_the_rest_of_an_instruction_is_judged(oracle: Oracle, tmp_path: Path) -> None:
    body = BODY.replace("|", "COPY --|")
    assert judged(oracle, "chown=1000 . /app", tmp_path, body) == "unverified"
    assert judged(oracle, "chmd=644 . /app", tmp_path, body) == "rejected"


def test_syntax_is_looked_at(oracle: Oracle, tmp_path: Path) -> None:
    found = oracle.findings(tmp_path / "Dockerfile", "FROM alpine\nLABEL a='b\nWORKDIR\n")
    assert found is not None
    assert {each.kind for each in found} == {"syntax", "missing_argument"}


def test_it_is_never_asked_what_it_would_look_up(oracle: Oracle, tmp_path: Path) -> None:
    path, text = tmp_path / "Dockerfile", "FROM alpine:\n"
    assert oracle.findings(path, text) is not None
    assert oracle.names(path, text, text.index("\n")) is None
    assert oracle.members(path, text, text.index("\n")) is None
