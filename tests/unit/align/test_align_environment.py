"""What a model is trained on is of one language: packages of others beside it are not read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from soothsay.align.exclusions import Exclusions
from soothsay.cli.align_pairs import _ground
from soothsay_index.runtime.environment import locate_environment


def test_npm_packages_beside_python_give_no_places(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"crates": "1"}}')
    crates = tmp_path / "node_modules" / "crates"
    crates.mkdir(parents=True)
    (crates / "package.json").write_text('{"name": "crates", "version": "1.0.0", "types": "index.d.ts"}')
    (crates / "index.d.ts").write_text("/** Packs. */\nexport function pack(): void;\n")
    assert len(locate_environment(tmp_path, sys.executable).others) == 1

    args = argparse.Namespace(interpreter=sys.executable, seed=0, packages=[])
    environment = _ground(args, tmp_path, Exclusions()).environment
    assert environment is not None and environment.kind.language == "python"
    assert environment.others == ()
