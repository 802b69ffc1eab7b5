"""What the index can say of a drafted name, and, where it can say nothing, which knowledge is missing."""

from __future__ import annotations

from dataclasses import dataclass

from soothsay.engine.site import Site
from soothsay.engine.types import ApiName
from soothsay_index.types import PackageState


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Whether a name exists; None where that cannot be told, and ``missing`` says in words what would have to be known."""

    exists: bool | None
    missing: str = ""


def knowledge_of(site: Site, name: ApiName) -> Knowledge:
    """Return what is known of ``name``. It is missing for certain only where all members of its receiver are known."""
    found = site.resolve(name)
    if found.exists is not None:
        return Knowledge(found.exists)
    if not found.owner:
        return Knowledge(None, f"what {name.receiver or name.name} stands for")
    package = found.owner.removeprefix("botocore:").partition(".")[0]
    return Knowledge(None, _missing(package, found.owner, site.index.package_state(found.owner)))


def _missing(package: str, owner: str, state: PackageState) -> str:
    match state:
        case "pending":
            return f"{package}, which is not indexed yet"
        case "absent":
            return f"{package}, which is not installed"
        case "unknown":
            return f"{package}, which is not in the index"
        case "indexed":
            return f"{owner}, which may have members that nobody lists"
