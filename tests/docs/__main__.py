"""Write the generated parts of the documentation: ``python -m tests.docs`` (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from tests.docs import settings_reference, source_tree

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def main() -> None:
    """Write `docs/settings.md`, and the tree in `docs/architecture.md`."""
    (DOCS / "settings.md").write_text(settings_reference.page(), encoding="utf-8")
    architecture = DOCS / "architecture.md"
    text = source_tree.with_tree(architecture.read_text(encoding="utf-8"), ROOT)
    architecture.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
