"""The names of modules: how other files import a file."""

from __future__ import annotations

from pathlib import Path

from soothsay_languages.scopes import ModuleName


def module_of(root: Path, path: Path) -> ModuleName:
    """Return the name by which other files import ``path``, a file under ``root``.

    A regular package reaches up as far as there are ``__init__`` files. Above it, folders are namespace packages as
    seen from the workspace's root, or from a ``src`` (or ``lib``) folder, which is on the path in such layouts.
    """
    relative = path.relative_to(root)
    parts = list(relative.parts[:-1])
    is_package = path.stem == "__init__"
    start = 0
    for position, part in enumerate(parts):
        folder = root.joinpath(*parts[: position + 1])
        if part in {"src", "lib"} and not (folder / "__init__.py").exists():
            start = position + 1
    # "index/soothsay_index/x.py": a project in a subfolder. Its own pyproject.toml would say so as well.
    for position in range(start, len(parts)):
        folder = root.joinpath(*parts[: position + 1])
        if (folder / "pyproject.toml").exists() or (folder / "setup.py").exists():
            start = position + 1
    names = parts[start:]
    if not is_package:
        names.append(path.stem)
    return ModuleName(".".join(names), is_package)
