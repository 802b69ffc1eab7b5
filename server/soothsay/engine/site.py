"""The place being completed: what is read from its text, and what the index knows of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from soothsay.engine.analyses import Analyses
from soothsay.engine.api_names import api_names
from soothsay.engine.nearby import Nearby, nearby
from soothsay.engine.place import Place, place_at
from soothsay.engine.stop import StopRule, stop_rule
from soothsay.engine.types import ApiName, CompletionRequest
from soothsay_index.types import Index, Symbol
from soothsay_languages.analysis import DocumentAnalysis, Fragment
from soothsay_languages.base import Language
from soothsay_languages.registry import language_or_plain
from soothsay_languages.resolving import Resolution
from soothsay_languages.scopes import Binding, NamesAt

_WORD = re.compile(r"\w+")


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
        path, root = self.request.path, self.request.workspace
        name = self.language.module_name(root, path)
        return self.analyses.of(path, self.request.text, self.language, name)

    @cached_property
    def names_here(self) -> NamesAt | None:
        """What names stand for at the cursor; None for a language that does not say."""
        return self.fragment(self._placeholder).names_at_end

    @property
    def _placeholder(self) -> str:
        """A name where the statement up to the cursor lacks one: without it, what is around it could not be parsed."""
        last = self.rule.before.rstrip()[-1:]
        return "" if not last or last.isidentifier() or last in ")]}\"'" else "_"

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """The imported names that can be read at the cursor, and the dotted paths that they stand for."""
        return {name: each.target for name, each in self._visible.items() if each.target}

    @cached_property
    def _visible(self) -> Mapping[str, Binding]:
        return {} if self.names_here is None else self.names_here.visible()

    @cached_property
    def _fragments(self) -> dict[str, Fragment]:
        return {}

    def fragment(self, draft: str) -> Fragment:
        """Return the current statement with ``draft`` behind it, read alone; the last one is kept."""
        if draft not in self._fragments:
            fragment = self.analysis.fragment(self.request.offset, draft)
            self._fragments.clear()
            self._fragments[draft] = fragment
        return self._fragments[draft]

    @cached_property
    def _found(self) -> dict[tuple[str, str], Resolution[Symbol]]:
        """What `find` has answered: the trigger, the constraint and the verdict ask about the same names."""
        return {}

    @property
    def relative_path(self) -> str:
        """The file as the index names it."""
        return relative_path(self.request)

    @cached_property
    def place(self) -> Place:
        """Return the kind of place the cursor is at, and what stands right of it."""
        return place_at(self.analysis, self.request.offset)

    @cached_property
    def nearby(self) -> Nearby:
        """What is near the place: enough to say what may be shown there."""
        return nearby(self.analysis, self.request.offset, self.place)

    @cached_property
    def rule(self) -> StopRule:
        """Return the rule that says where a completion at the cursor is complete."""
        return stop_rule(self.analysis, self.request.offset, self.place)

    def names(self, draft: str) -> list[ApiName]:
        """Return the API names in ``draft``; the language's own builtins are none."""
        return [name for name in api_names(self.fragment(draft), draft) if not self._is_builtin(name)]

    def builtin_calls(self, draft: str) -> list[ApiName]:
        """Return the calls of the language's own builtins in ``draft``."""
        return [name for name in api_names(self.fragment(draft), draft) if self._is_builtin(name)]

    def _is_builtin(self, name: ApiName) -> bool:
        if name.receiver or name.name not in self.language.builtins:
            return False
        return name.names is None or name.names.find(name.name) is None

    def resolve(self, name: ApiName) -> Resolution[Symbol]:
        """Return what the index knows of a drafted name, read where it stands."""
        if self.language.resolver is None or name.names is None or not _is_bound_in_draft(name):
            return self.find(name.receiver, name.name)
        receiver = name.call.receiver if name.call is not None and name.receiver else ""
        resolver = self.language.resolver()
        return resolver.resolve(receiver or "", name.name, name.names, self.analysis.module, self.index)

    def find(self, receiver: str, name: str) -> Resolution[Symbol]:
        """Return what the index knows of ``receiver.name``, or of a plain ``name``, at the cursor."""
        if self.language.resolver is None or self.names_here is None:
            return Resolution("", None, None)
        if (receiver, name) not in self._found:
            self._found[receiver, name] = self.language.resolver().resolve(
                receiver, name, self.names_here, self.analysis.module, self.index
            )
        return self._found[receiver, name]

    def owner_of(self, expression: str) -> str:
        """Return the owner whose members may follow ``expression.`` at the cursor, "" when unknown."""
        if self.language.resolver is None or self.names_here is None:
            return ""
        return self.language.resolver().owner_of(
            expression, self.names_here, self.analysis.module, self.index
        )

    def in_index(self, name: ApiName) -> bool:
        """Return whether a drafted name is known. Of an unknown receiver only the bare name can be asked.

        Where the index does not have all names of the language's own library, nothing speaks against one of those.
        """
        found = self.resolve(name)
        if found.exists is not None:
            return found.exists
        if found.owner and self.index.members(found.owner):
            return False
        return not self.language.names_indexed or self.index.has_name(name.name)

    def was_read(self, name: ApiName) -> bool:
        """Return whether a drafted name is one of this file or its workspace: the model cannot have learnt it elsewhere."""
        found = self.resolve(name)
        return bool(found.exists) and (found.symbol is None or found.symbol.origin == "workspace")

    def owners(self) -> list[str]:
        """Return what the file has at hand: imported modules of the workspace, and the objects it has made."""
        modules = [module for module in self.imports.values() if self._is_ours(module)]
        return [owner for owner in dict.fromkeys((*modules, *self.objects)) if self.index.members(owner)]

    @cached_property
    def objects(self) -> Mapping[str, str]:
        """The owners of the members of the objects that the file has made, and the first name of each object."""
        names: dict[str, str] = {}
        for name, each in self._visible.items():
            owner = self.owner_of(name) if each.value is not None else ""
            if owner:
                names.setdefault(owner, name)
        return names

    def _is_ours(self, module: str) -> bool:
        return any(symbol.origin == "workspace" for symbol in self.index.members(module)[:1])

    def spell(self, symbol: Symbol, receiver: str, owner: str) -> str:
        """Return ``symbol`` as this file would write it."""
        if owner and symbol.owner == owner:
            return f"{receiver}.{symbol.name}" if receiver else symbol.name
        for local, target in self.imports.items():
            if target == f"{symbol.owner}.{symbol.name}":
                return local
            if target == symbol.owner:
                return f"{local}.{symbol.name}"
        if symbol.owner and symbol.owner in self.objects:
            return f"{self.objects[symbol.owner]}.{symbol.name}"
        return symbol.qualified_name


def relative_path(request: CompletionRequest) -> str:
    """Return the file's path from its workspace; the whole of it outside."""
    path, root = request.path, request.workspace
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _is_bound_in_draft(name: ApiName) -> bool:
    """Return whether the statement being written binds a name that the call is made of."""
    words = set(_WORD.findall(name.receiver or name.name))
    for scope in name.names.scope.chain() if name.names is not None else ():
        if any(bound.partition(".")[0] in words for bound in scope.contents.bindings):
            return True
        if scope.kind == "fragment":
            break
    return False
