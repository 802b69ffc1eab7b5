"""The registry of adapters: who may read it, what may become active, and going back to an older one."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from align_records import BASE, GOOD, activate, add, verdict

from soothsay.align.adapters import AdapterRegistry, adapters_folder
from soothsay.align.adapters_active import ActiveAdapters
from soothsay.align.guard import SuiteFigure
from soothsay.engine.types import AdapterUse
from soothsay.errors import SoothsayError


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AdapterRegistry:
    monkeypatch.setenv("SOOTHSAY_STATE", str(tmp_path / "state"))
    return AdapterRegistry(adapters_folder())


def states(registry: AdapterRegistry) -> dict[str, str]:
    return {each.name: each.record.state for each in registry.all()}


def test_an_adapter_is_read_as_it_was_added(registry: AdapterRegistry, tmp_path: Path) -> None:
    added = add(registry, "mine", tmp_path, packages=("shop",))
    assert registry.get("mine") == added and registry.all() == [added]
    assert added.gguf.read_bytes() == b"GGUFmine" and added.problem(BASE) == ""
    with pytest.raises(SoothsayError, match="there is an adapter mine already"):
        add(registry, "mine", tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_only_its_user_may_read_it(registry: AdapterRegistry, tmp_path: Path) -> None:
    folder = add(registry, "mine", tmp_path).folder
    for path, mode in (
        (folder.parent, 0o700),
        (folder, 0o700),
        *((each, 0o600) for each in folder.iterdir()),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path


def test_what_was_written_by_another_version_is_read(registry: AdapterRegistry, tmp_path: Path) -> None:
    folder = add(registry, "mine", tmp_path).folder
    plain = json.loads((folder / "adapter.json").read_text())
    for name in ("scale", "sha256", "packages", "guard", "state"):
        del plain[name]
    (folder / "adapter.json").write_text(json.dumps({**plain, "workspace": None, "of the future": 1}))
    assert registry.get("mine").record.state == "candidate"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"rank": 1}'])
def test_a_broken_record_is_one_line_with_the_fix(
    registry: AdapterRegistry, tmp_path: Path, text: str
) -> None:
    add(registry, "good", tmp_path)
    (add(registry, "bad", tmp_path).folder / "adapter.json").write_text(text)
    assert list(states(registry)) == ["good"]
    (line,) = registry.broken()
    assert "bad" in line and "train it again" in line and "\n" not in line
    with pytest.raises(SoothsayError, match="train it again"):
        registry.get("bad")


@pytest.mark.parametrize("name", ["nobody", "../mine", "", "a/b"])
def test_an_unknown_name_is_said_with_those_that_are_known(
    registry: AdapterRegistry, tmp_path: Path, name: str
) -> None:
    add(registry, "mine", tmp_path)
    with pytest.raises(SoothsayError, match=r"there is no adapter .*; there are mine"):
        registry.get(name)


def test_what_was_not_measured_or_was_refused_does_not_become_active(
    registry: AdapterRegistry, tmp_path: Path
) -> None:
    known = add(registry, "mine", tmp_path)
    with pytest.raises(SoothsayError, match="align guard mine"):
        registry.activate("mine", 1.0)
    registry.judge("mine", verdict(known, (*GOOD[:3], SuiteFigure("documents", 100, 50, 40))))
    assert states(registry) == {"mine": "refused"}
    with pytest.raises(SoothsayError, match="was refused: the right one of five"):
        registry.activate("mine", 1.0)
    registry.judge("mine", verdict(known))
    with pytest.raises(SoothsayError, match="guard mine --scale 2"):
        registry.activate("mine", 2.0)
    known.gguf.write_bytes(b"GGUFanother")
    with pytest.raises(SoothsayError, match="not measured as it is"):
        registry.activate("mine", 1.0)


def test_a_new_one_takes_the_place_of_the_old_one_which_can_come_back(
    registry: AdapterRegistry, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        add(registry, name, tmp_path)
        activate(registry, name)
    assert states(registry) == {"old": "retired", "new": "active"}
    assert [each.name for each in registry.activate("old", 1.0)] == ["new"]
    assert states(registry) == {"old": "active", "new": "retired"}
    assert registry.retire("old") and not registry.retire("old")
    assert states(registry) == {"old": "retired", "new": "retired"}


def test_what_is_for_others_stays_active(registry: AdapterRegistry, tmp_path: Path) -> None:
    add(registry, "user", tmp_path)
    add(registry, "shop", tmp_path, scope="workspace", workspace=str(tmp_path / "shop"))
    add(registry, "site", tmp_path, scope="workspace", workspace=str(tmp_path / "site"))
    add(registry, "firm", tmp_path, scope="organisation")
    add(registry, "other", tmp_path, base_sha256="a" * 64)
    for name in ("user", "shop", "site", "firm", "other"):
        activate(registry, name)
    assert set(states(registry).values()) == {"active"}
    found = ActiveAdapters(registry, tmp_path / "shop" / "api", lambda: BASE).active()
    assert [each.name for each in found.adapters] == ["firm", "shop", "user"]
    (problem,) = found.problems
    assert "other is not used: it was trained on other weights" in problem and "\n" not in problem


def test_a_change_is_seen_at_the_next_request(registry: AdapterRegistry, tmp_path: Path) -> None:
    active = ActiveAdapters(registry, tmp_path, lambda: BASE)
    assert active.active().adapters == ()
    add(registry, "mine", tmp_path)
    assert active.active().adapters == ()
    activate(registry, "mine")
    assert [each.name for each in active.active().adapters] == ["mine"]
    registry.retire("mine")
    assert active.active().adapters == ()


def test_nothing_is_hashed_where_there_is_no_adapter(registry: AdapterRegistry, tmp_path: Path) -> None:
    def hashed() -> str:
        raise AssertionError

    assert ActiveAdapters(registry, tmp_path, hashed).active().adapters == ()


def test_a_file_that_has_changed_is_not_loaded(registry: AdapterRegistry, tmp_path: Path) -> None:
    known = add(registry, "mine", tmp_path)
    activate(registry, "mine")
    known.gguf.write_bytes(b"GGUFanother")
    active = ActiveAdapters(registry, tmp_path, lambda: BASE)
    assert active.active().adapters == ()
    assert "mine is not used: it has changed since it was made; run: soothsay align off mine" in str(
        active.active().problems
    )
    with pytest.raises(SoothsayError, match="has changed"):
        active.asked([AdapterUse("mine")])


def test_a_request_may_ask_for_what_is_not_active(registry: AdapterRegistry, tmp_path: Path) -> None:
    add(registry, "mine", tmp_path)
    (asked,) = ActiveAdapters(registry, tmp_path, lambda: BASE).asked([AdapterUse("mine", 0.5)]).adapters
    assert (asked.name, asked.scale) == ("mine", 0.5)
