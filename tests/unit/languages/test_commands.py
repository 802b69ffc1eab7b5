"""Commands in shell scripts, Makefiles, workflows and Dockerfiles."""

from __future__ import annotations

import time
from pathlib import PurePath

import pytest

from soothsay_languages.base import Language
from soothsay_languages.commands import UNKNOWN, Command, ShellPart, command_at_end, programs_in
from soothsay_languages.registry import language_of_file


def language_called(name: str) -> Language:
    language = language_of_file(PurePath(name))
    assert language is not None
    return language


def at_end(text: str, name: str = "run.sh") -> Command | None:
    parts = language_called(name).shell_parts
    assert parts is not None
    found = list(parts(text))
    return command_at_end(found[-1]) if found and found[-1].end == len(text) else None


@pytest.mark.parametrize(
    ("text", "program", "arguments"),
    [
        ("git commit --", "git", ("commit",)),
        ("cd x && git commit --", "git", ("commit",)),
        ("true; git commit --", "git", ("commit",)),
        ("git log | grep --", "grep", ()),
        ("x=$(git log --", "git", ("log",)),
        ('echo "$(git log --', "git", ("log",)),
        ("echo `git log --", "git", ("log",)),
        ("echo `git log` --", "echo", (UNKNOWN,)),
        ("(cd x; make --", "make", ()),
        ("diff <(git log --", "git", ("log",)),
        ("A=1 B='two words' git commit --", "git", ("commit",)),
        ("sudo -u me git commit --", "git", ("commit",)),
        ("env -u HOME A=1 git commit --", "git", ("commit",)),
        ("find . | xargs -n 1 grep --", "grep", ()),
        ("timeout -k 1 5 curl --", "curl", ()),
        ("sudo nice -n 5 make --", "make", ()),
        ("sudo --", "sudo", ()),
        ("python3 -m pip install --", "pip", ("install",)),
        ("python -X dev -m pytest --", "pytest", ()),
        ("python app.py --", "python", ("app.py",)),
        ("python -c 'import x' -m --", "python", ("-c", "import x", "-m")),
        ("/usr/bin/git commit --", "git", ("commit",)),
        ("git commit \\\n  -m 'a; b' \\\n  --", "git", ("commit", "-m", "a; b")),
        ('git commit -m "it\'s $x" --', "git", ("commit", "-m", UNKNOWN)),
        ("git commit > log 2>&1 --", "git", ("commit",)),
        ("cat <<EOF\ngit log --x\nEOF\ntar --", "tar", ()),
        ("if git diff --quiet; then make --", "make", ()),
        ("for x in a b; do pip install --", "pip", ("install",)),
        ("build() {\n  make --", "make", ()),
        ("case $x in\n  a) make --", "make", ()),
        ("echo a#b; make --", "make", ()),
        ("# git\nmake --", "make", ()),
    ],
)
def test_the_command_that_is_written_in_a_shell_script(
    text: str, program: str, arguments: tuple[str, ...]
) -> None:
    assert at_end(text) == Command(program, arguments, "--", len(text) - 2)


@pytest.mark.parametrize(
    "text",
    [
        "git commit # --",
        "git commit -m '--",
        'git commit -m "--',
        "cat <<EOF\ngit --",
        "git log > --",
        "$GIT commit --",
        '"$(which git)" commit --',
        "./git commit --",
        "bin/git commit --",
        "git commit --$x",
        "git commit ${x",
        "git commit \\",
        "",
        "git",
    ],
)
def test_no_command_whose_options_are_known_is_written(text: str) -> None:
    assert at_end(text) is None


def test_the_word_that_is_written_and_where_it_begins() -> None:
    assert at_end("git commit --am") == Command("git", ("commit",), "--am", 11)
    assert at_end("git commit ") == Command("git", ("commit",), "", 11)


def test_the_subcommand_is_the_first_word_that_is_no_option() -> None:
    assert Command("git", ("--bare", "commit", "x")).subcommand == "commit"
    assert Command("git", ("--bare",)).subcommand == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all:\n\t@pip install --", ("pip", ("install",))),
        ("all:\n\t-@git add x && \\\n\t  git commit --", ("git", ("commit",))),
        ("all: git commit --", None),
        ("X = git commit --", None),
        ("all:\n\t$(PYTHON) -m pip install --", None),
        ("all:\n\tgit commit -m $(call say,$(X)) --", ("git", ("commit", "-m", UNKNOWN))),
        ("all:\n\tgit commit --$(X", None),
        ("all:\n\tfor x in $$(ls); do pip install --", ("pip", ("install",))),
        ("all:\n\techo $$X; tar --", ("tar", ())),
        ("all:\n\tx=$$(git log --", ("git", ("log",))),
        ("all:\n\tmake x\n", None),
    ],
)
def test_the_recipes_of_makefiles(text: str, expected: tuple[str, tuple[str, ...]] | None) -> None:
    found = at_end(text, "Makefile")
    assert (found and (found.program, found.arguments)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jobs:\n  - run: pip install --", ("pip", ("install",))),
        ('jobs:\n  - run: "pip install --', ("pip", ("install",))),
        ("jobs:\n  - name: x\n    run: |\n      make\n      pip install --", ("pip", ("install",))),
        ("jobs:\n  - run: |-\n      pip install \\\n        -r x --", ("pip", ("install", "-r", "x"))),
        ("jobs:\n  - run: >\n      pip install\n      -r x --", ("pip", ("install", "-r", "x"))),
        ("- run: |\n    echo ${{ matrix.x }} && tar --", ("tar", ())),
        ("- run: |\n    tar --${{ matrix", None),
        ("- run: |\n    make\n  name: pip --", None),
        ("- name: pip install --", None),
        ("- run: [pip, --", None),
        ("- run: pip install # --", None),
        ("test:\n  script:\n    - make\n    - pip install --", ("pip", ("install",))),
        ("test:\n  script:\n    - |\n      make\n      pip install --", ("pip", ("install",))),
        ("test:\n  script:\n  - make --", ("make", ())),
        ("test:\n  script:\n    - make\n  needs:\n    - pip --", None),
    ],
)
def test_the_steps_of_workflows(text: str, expected: tuple[str, tuple[str, ...]] | None) -> None:
    found = at_end(text, "ci.yml")
    assert (found and (found.program, found.arguments)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM x\nRUN pip install --", ("pip", ("install",))),
        ("RUN --mount=type=cache,target=/x --network=none pip install --", ("pip", ("install",))),
        ("RUN apt-get update \\\n # a comment\n && pip install --", ("pip", ("install",))),
        ("RUN <<EOF\nmake\npip install --", ("pip", ("install",))),
        ("RUN <<EOF\nmake\nEOF\n# pip --", None),
        ("run make\nENV X=pip --", None),
        ('CMD ["pip", "--', None),
        ("CMD pip install --", ("pip", ("install",))),
        ("HEALTHCHECK --interval=5m CMD curl --", ("curl", ())),
        ("RUN --mount=type=ca", None),
    ],
)
def test_the_instructions_of_dockerfiles(text: str, expected: tuple[str, tuple[str, ...]] | None) -> None:
    found = at_end(text, "Dockerfile")
    assert (found and (found.program, found.arguments)) == expected


def test_all_programs_of_a_script() -> None:
    script = 'A=1 git a; if pip b; then $(make c | `tar x`); fi # curl\nsudo -u me docker ps; "$X"; ./npm; cat <<E\ngo\nE\n'
    assert sorted(programs_in([ShellPart(0, script)])) == ["cat", "docker", "git", "make", "pip", "tar"]


@pytest.mark.parametrize("name", ["run.sh", "Makefile", "ci.yml", "Dockerfile"])
def test_a_part_is_as_long_as_what_it_stands_for(name: str) -> None:
    text = "x:\n\t@a $(B) $$C\nRUN --y=z a \\\n# c\n b\n- run: >\n    a ${{ b }}\n    c\n- run: 'a'\n"
    parts = language_called(name).shell_parts
    assert parts is not None
    found = list(parts(text))
    assert found
    for part in found:
        assert all(
            a in (b, UNKNOWN, " ") for a, b in zip(part.text, text[part.start : part.end], strict=True)
        )


@pytest.mark.parametrize(
    "piece", ["$(", "`", '"', "'", "(", ")", "<<a\n", "sudo ", "\\\n", "${", "a=", "- run: |\n", "\t$(", "RUN \\\n", "{{", "<(", "#", "$", '"$(']
)  # fmt: skip
@pytest.mark.parametrize("name", ["run.sh", "Makefile", "ci.yml", "Dockerfile"])
def test_a_hostile_text_takes_time_in_proportion_to_its_length(name: str, piece: str) -> None:
    parts = language_called(name).shell_parts
    assert parts is not None
    head = {"Makefile": "\t", "Dockerfile": "RUN ", "ci.yml": "run: "}.get(name, "")

    def seconds(count: int) -> float:
        began = time.perf_counter()
        text = head + piece * count
        programs_in(parts(text))
        at_end(text, name)
        return time.perf_counter() - began

    assert min(seconds(16_000) for _ in range(2)) < 12 * min(seconds(4_000) for _ in range(3)) + 0.2
