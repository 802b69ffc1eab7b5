"""The place being completed: what is read from its text, and what the index knows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from soothsay.engine.analyses import Analyses
from soothsay.engine.api_names import api_names
from soothsay.engine.scope import BUILTINS, Resolution, Scope, owner_of, read_scope, resolve
from soothsay.engine.stop import StopRule, stop_rule
from soothsay.engine.types import ApiName, CompletionRequest
from soothsay_index.sources.workspace import module_of
from soothsay_index.types import Index, Symbol
from soothsay_languages.analysis import DocumentAnalysis
from soothsay_languages.base import Language
from soothsay_languages.registry import language_or_plain


@dataclass(frozen=True)
class Site:
    """One request, with what is read from its text at most once."""

    request: CompletionRequest
    index: Index
    analyses: Analyses = field(default_factory=Analyses)

    @cached_property
    def language(self) -> Language:
        """The document's language."""
        return language_or_plain(self.request.language)

    @cached_property
    def analysis(self) -> DocumentAnalysis:
        """The document, analysed."""
        return self.analyses.of(self.request.path, self.request.text, self.language)

    @cached_property
    def scope(self) -> Scope:
        path, root = self.request.path, self.request.workspace
        module = module_of(root, path) if path.is_relative_to(root) else None
        return read_scope(
            self.analysis.parsed.tree if self.analysis.parsed and self.language.calls else None,
            self.request.text,
            self.request.offset,
            module.name if module else "",
            is_package=module is not None and module.is_package,
        )

    @cached_property
    def _found(self) -> dict[tuple[str, str], Resolution]:
        """What `find` has answered: the trigger, the constraint and the verdict ask about the same names."""
        return {}

    @property
    def relative_path(self) -> str:
        """The file as the index names it."""
        path, root = self.request.path, self.request.workspace
        return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()

    @cached_property
    def rule(self) -> StopRule:
        return stop_rule(self.analysis, self.request.offset)

    def names(self, draft: str) -> list[ApiName]:
        """The API names in ``draft``; Python's own builtins are none."""
        found = api_names(self.rule.before, draft, self.language)
        return [n for n in found if n.receiver or n.name not in BUILTINS or n.name in self.scope.imports]

    def resolve(self, name: ApiName) -> Resolution:
        return self.find(name.receiver, name.name)

    def find(self, receiver: str, name: str) -> Resolution:
        """What the index knows of ``receiver.name``, or of a plain ``name``."""
        if (receiver, name) not in self._found:
            self._found[receiver, name] = resolve(receiver, name, self.scope, self.index)
        return self._found[receiver, name]

    def in_index(self, name: ApiName) -> bool:
        """Whether a drafted name is known. Of an unknown receiver only the bare name can be asked."""
        found = self.resolve(name)
        if found.exists is not None:
            return found.exists
        if found.owner and self.index.members(found.owner):
            return False
        return self.index.has_name(name.name)

    def was_read(self, name: ApiName) -> bool:
        """Whether a drafted name is one of this file or its workspace: the model cannot have learnt it elsewhere."""
        found = self.resolve(name)
        return bool(found.exists) and (found.symbol is None or found.symbol.origin == "workspace")

    def owners(self) -> list[str]:
        """What the file has at hand: imported modules of the workspace, and the objects it has made."""
        objects = [owner_of(name, self.scope, self.index) for name in self.scope.values]
        modules = [module for module in self.scope.imports.values() if self._is_ours(module)]
        return [owner for owner in dict.fromkeys((*modules, *objects)) if self.index.members(owner)]

    def _is_ours(self, module: str) -> bool:
        return any(symbol.origin == "workspace" for symbol in self.index.members(module)[:1])

    def spell(self, symbol: Symbol, receiver: str, owner: str) -> str:
        """``symbol`` as this file would write it."""
        if owner and symbol.owner == owner:
            return f"{receiver}.{symbol.name}" if receiver else symbol.name
        for local, target in self.scope.imports.items():
            if target == f"{symbol.owner}.{symbol.name}":
                return local
            if target == symbol.owner:
                return f"{local}.{symbol.name}"
        return symbol.qualified_name
