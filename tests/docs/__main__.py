"""Write the generated pages of the documentation: ``python -m tests.docs`` (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from tests.docs import settings_reference

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    """Write each generated page into `docs/`."""
    (DOCS / "settings.md").write_text(settings_reference.page(), encoding="utf-8")


if __name__ == "__main__":
    main()
