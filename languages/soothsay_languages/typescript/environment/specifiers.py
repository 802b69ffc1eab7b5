"""What imports name: ``date-fns/locale`` is a part of a package, ``node:fs`` of Node, ``./shop.js`` a file."""

from __future__ import annotations

from dataclasses import dataclass

from soothsay_languages.typescript.environment.manifests import is_package_name

SCHEME = "npm:"
"""What the names of packages begin with in the index: those of other languages may have the same ones."""

_BUILT_IN = "node:"
BUILTINS = frozenset(
    [
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto"),
        *("dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https"),
        *("inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring"),
        *("readline", "repl", "stream", "string_decoder", "timers", "tls", "trace_events", "tty", "url"),
        *("util", "v8", "vm", "wasi", "worker_threads", "zlib", "sqlite", "test", "sea"),
    ]
)
_ONLY_WITH_SCHEME = frozenset({"sqlite", "test", "sea"})


@dataclass(frozen=True, slots=True)
class Specifier:
    """What an import names: a ``package`` and what is imported of it (``subpath``, "" for the package itself).

    ``builtin`` is the module of Node instead, "" for none.
    """

    package: str = ""
    subpath: str = ""
    builtin: str = ""

    @property
    def owner(self) -> str:
        """Its name in the index. Dots separate the parts of names there, so those of packages are written otherwise."""
        plain = f"{_BUILT_IN}{self.builtin}" if self.builtin else self.written
        return SCHEME + plain.replace(".", "%2E")

    @property
    def written(self) -> str:
        """The specifier as an import writes it."""
        if self.builtin:
            return f"{_BUILT_IN}{self.builtin}"
        return f"{self.package}/{self.subpath}" if self.subpath else self.package


def read_specifier(text: str) -> Specifier | None:
    """Return what ``text`` names; None for files, addresses, and what is no name."""
    begins = text.removeprefix(_BUILT_IN)
    root, _, rest = begins.partition("/")
    if root in BUILTINS and (text != begins or root not in _ONLY_WITH_SCHEME):
        return Specifier(builtin=begins)
    if text != begins:
        return None
    if text.startswith("@"):
        scope, _, rest = rest.partition("/")
        root = f"{root}/{scope}"
    if not is_package_name(root) or ".." in rest.split("/") or len(text.split()) > 1:
        return None
    return Specifier(root, rest.rstrip("/"))


def specifier_of(owner: str) -> Specifier | None:
    """Return what the module ``owner`` of the index is, with or without a name in it; None for those of other languages."""
    if not owner.startswith(SCHEME):
        return None
    return read_specifier(owner.removeprefix(SCHEME).partition(".")[0].replace("%2E", "."))
