from pathlib import PurePath

import pytest

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.config_files import ConfigFiles

DOCKERFILE = """# syntax=docker/dockerfile:1
ARG VERSION=3.12
FROM --platform=linux/amd64 python:${VERSION} AS build
RUN pip wheel . && \\
    from here
COPY <<EOF /query.sql
SELECT 1
FROM nowhere
EOF

# what runs
FROM python:3.12-slim
COPY --from=build /wheels /wheels
"""

COMPOSE = """services:
  # the shop
  web:
    image: shop
    ports: ["80:80"]

  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD: hunter2
volumes:
  data: {}
"""

WORKFLOW = """name: Tests
on: [push]
permissions: {contents: read}

jobs:
  unit:
    runs-on: ubuntu-latest
    steps:
      - run: pytest
  # slow ones
  e2e:
    needs: unit
"""

TOML = """top = 1

[project]
name = "shop"
text = \"\"\"
[not.a.table]
\"\"\"

# how it is linted
[tool.ruff."lint x"]
select = ["E"]

[[tool.x]]
a = 1
[[tool.x]]
a = 2
"""


def cut(text: str, path: str) -> FileFacts | None:
    return ConfigFiles().cut(text, IndexedFile(path, f"file:///{path}", "shop"))


def chunks_of(text: str, path: str):
    facts = cut(text, path)
    assert facts is not None
    assert all(chunk.kind == "config" for chunk in facts.chunks)
    return facts.chunks


def test_a_dockerfile_is_cut_at_its_stages():
    build, run = chunks_of(DOCKERFILE, "Dockerfile")
    assert (build.title, run.title) == ("stage build (python:${VERSION})", "FROM python:3.12-slim")
    assert build.text.startswith("# syntax") and "FROM nowhere" in build.text
    assert run.text.startswith("# what runs")
    assert (run.start_line, run.end_line) == (11, 13)


def test_a_compose_file_is_cut_at_its_services():
    web, db, volumes = chunks_of(COMPOSE, "compose.override.yml")
    assert [web.title, db.title, volumes.title] == ["service web", "service db", "volumes"]
    assert web.text.startswith("  # the shop") and (web.start_line, web.end_line) == (2, 5)
    assert "image: postgres" in db.text and "hunter2" not in db.text


def test_a_workflow_is_cut_at_its_jobs():
    head, unit, e2e = chunks_of(WORKFLOW, ".github/workflows/ci.yml")
    assert [head.title, unit.title, e2e.title] == ["Tests", "Tests > job unit", "Tests > job e2e"]
    assert "on: [push]" in head.text and "pytest" in unit.text
    assert e2e.text.startswith("  # slow ones")


def test_a_workflow_without_a_name_has_that_of_its_file():
    chunks = chunks_of("on: push\njobs:\n  a: {}\nenv: {}\n", ".github/workflows/lint.yaml")
    assert [chunk.title for chunk in chunks] == ["lint", "lint > job a", "lint"]


def test_toml_is_cut_at_its_tables():
    chunks = chunks_of(TOML, "pyproject.toml")
    assert [chunk.title for chunk in chunks] == [
        "pyproject.toml",
        "project",
        'tool.ruff."lint x"',
        "tool.x",
        "tool.x",
    ]
    assert "[not.a.table]" in chunks[1].text
    assert chunks[2].text.startswith("# how it is linted")


def test_other_settings_stand_together_while_they_are_small():
    small = "image: python\nstages: [a, b]\n"
    jobs = "".join(f"job{n}:\n" + "  script: [x]\n" * 15 for n in range(3))
    chunks = chunks_of(small + jobs, ".gitlab-ci.yml")
    assert [chunk.title for chunk in chunks] == ["image, stages, job0", "job1", "job2"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("DB_PASSWORD: hunter2", "DB_PASSWORD: …"),
        ("ENV DB_PASSWORD hunter2", "ENV DB_PASSWORD …"),
        ("pwd: hunter2", "pwd: …"),
        ('header: "Authorization: Bearer 8d7f6a5b4c3e"', 'header: "Authorization: Bearer …"'),
        (
            "store: DefaultEndpointsProtocol=https;AccountKey=q1w2e3r4==;A=b",
            "store: DefaultEndpointsProtocol=https;AccountKey=…;A=b",
        ),
        ('api_key = "abc" # why', "api_key = … # why"),
        ("ENV TOKEN=abc MODE=fast", "ENV TOKEN=… MODE=fast"),
        ("url: postgres://me:secret1@db/x", "url: postgres://me:…@db/x"),
        ("token: ${{ secrets.TOKEN }}", "token: ${{ secrets.TOKEN }}"),
        ("password: $PASSWORD", "password: $PASSWORD"),
        ("id-token: write", "id-token: write"),
        ("secrets: inherit", "secrets: inherit"),
        ("max_tokens = 4096", "max_tokens = 4096"),
        ("tokenizer = bert", "tokenizer = bert"),
        ("secrets:\n  - a", "secrets:\n  - a"),
        ("password:\n  secure: abc=", "password:\n  secure: …"),
    ],
)
def test_passwords_are_left_out(line: str, shown: str):
    (chunk,) = chunks_of(line, "cloudbuild.yml")
    assert chunk.text == shown


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile", "Dockerfile.dev", "deploy/api.dockerfile", "Containerfile", "docker-compose.yml", "compose.prod.yaml",
        ".github/workflows/x.yml", "a/.github/workflows/x.yaml", ".gitlab-ci.yml", ".circleci/config.yml", "pyproject.toml",
        "requirements-dev.txt", "requirements/constraints.txt", ".pre-commit-config.yaml", "azure-pipelines.yml",
    ],
)  # fmt: skip
def test_wanted_names(path: str):
    assert ConfigFiles().handles(PurePath(path))


@pytest.mark.parametrize(
    "path",
    [
        "poetry.lock", "uv.lock", "pylock.toml", "pylock.dev.toml", "x-lock.toml", "package-lock.json", "pnpm-lock.yaml",
        "data.yml", "workflows/x.yml", "x.min.js", "dockerfile_parser.py", "composer.json",
    ],
)  # fmt: skip
def test_unwanted_names(path: str):
    assert not ConfigFiles().handles(PurePath(path))


def test_requirements_with_hashes_are_a_lock_file():
    assert cut("a==1 \\\n    --hash=sha256:0\n", "requirements.txt") is None
    assert len(chunks_of("a>=1\nb\n", "requirements.txt")) == 1


@pytest.mark.parametrize(
    "path",
    ["Dockerfile", "compose.yml", ".github/workflows/x.yml", "x.toml", ".gitlab-ci.yml", "requirements.txt"],
)
@pytest.mark.parametrize(
    "text",
    [
        "\n\n",
        "a: [",
        "[a",
        "services: 3\njobs: [1]\n",
        "- 1\n- 2\n",
        "RUN <<EOF\nFROM x\n",
        "\x01\ufffd",
        pytest.param("x" * 200_000, marks=pytest.mark.slow),
    ],
    ids=lambda text: repr(text[:8]),
)
def test_broken_files_are_shown_as_they_are(text: str, path: str):
    chunks = chunks_of(text, path)
    assert bool(chunks) == bool(text.strip())
    assert all(len(chunk.text) <= 4_000 for chunk in chunks)


def test_a_long_part_is_cut():
    chunks = chunks_of("FROM x\n" + "RUN a\n" * 200, "Dockerfile")
    assert [(chunk.start_line, chunk.end_line) for chunk in chunks] == [(1, 80), (81, 160), (161, 201)]
