from __future__ import annotations

import hashlib

import pytest

from soothsay.errors import SoothsayError
from soothsay.model.files import cache
from soothsay.model.files.registry import REGISTRY, UnknownModelError, find_spec


@pytest.fixture
def put_by_hand(little, folder):
    for name, content in little.contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def count_hashed(monkeypatch):
    hashed = []
    real = cache.sha256_of
    monkeypatch.setattr(cache, "sha256_of", lambda path, *rest: hashed.append(path) or real(path, *rest))
    return hashed


def test_a_model_that_is_not_here_says_how_to_get_it(little):
    assert not cache.is_pulled("little")
    with pytest.raises(SoothsayError, match="run: soothsay models pull little"):
        cache.model_path("little")


def test_files_put_there_by_hand_are_hashed_once(little, folder, put_by_hand, monkeypatch):
    hashed = count_hashed(monkeypatch)

    assert cache.model_path("little") == folder
    assert cache.model_path("little") == folder

    assert len(hashed) == 2
    assert cache.is_pulled("little")


def test_a_file_that_changed_is_not_used(little, folder, put_by_hand):
    cache.model_path("little")
    (folder / "weights.gguf").write_bytes(b"x" * little.spec.files[0].size)

    assert not cache.is_pulled("little")
    with pytest.raises(SoothsayError, match="damaged; run: soothsay models pull little"):
        cache.model_path("little")


def test_verify_says_what_is_wrong_with_each_file(little, folder, put_by_hand):
    assert [(check.file, check.problem) for check in cache.verify("little")] == [
        ("weights.gguf", ""),
        ("sub/config.json", ""),
    ]
    wrong = b"x" * little.spec.files[0].size
    (folder / "weights.gguf").write_bytes(wrong)
    (folder / "sub/config.json").unlink()

    weights, config = cache.verify("little")

    assert hashlib.sha256(wrong).hexdigest() in weights.problem
    assert little.spec.files[0].sha256 in weights.problem
    assert config.problem == "is missing"
    assert not cache.is_pulled("little")


def test_verify_all_means_all_that_are_here(little, put_by_hand):
    assert {check.model for check in cache.verify()} == {"little"}


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UnknownModelError, match=r"did you mean qwen2\.5-coder-0\.5b\?") as failure:
        find_spec("qwen2.5-coder-05b")
    assert all(name in str(failure.value) for name in REGISTRY)
    with pytest.raises(UnknownModelError, match="did you mean all-MiniLM-L6-v2"):
        find_spec("all-minilm-l6-v2")
    with pytest.raises(UnknownModelError, match="known: "):
        find_spec("gpt")


@pytest.mark.parametrize(
    "name", ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "smollm2-135m", "all-MiniLM-L6-v2"]
)
def test_the_parts_of_each_model_add_up(name):
    spec = REGISTRY[name]
    for file in spec.files:
        members = [m for wheel in spec.wheels for m in wheel.members if m.file == file.name]
        assert sum(member.size for member in members) == file.size
        assert len(file.sha256) == 64
