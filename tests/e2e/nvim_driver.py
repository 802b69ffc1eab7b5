"""A real Neovim with a screen: keys go in, the buffer and what is drawn come out."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import psutil
import pynvim
from nvim_installs import Install

_PLUGIN = Path(__file__).parents[2] / "editors" / "neovim"
GHOST = frozenset({"SoothsayGhost", "ComplHint"})  # highlight groups
SELECTED = frozenset({"Visual"})


class Screen:
    """What a terminal would show, with the highlight groups of every cell. Events arrive on a thread of its own."""

    def __init__(self, address: str, width: int, height: int) -> None:
        self._lock = Lock()
        self._cells: list[list[tuple[str, int]]] = []
        self._groups: dict[int, frozenset[str]] = {}
        self._handlers: dict[str, Callable[..., None]] = {
            "grid_resize": self._resize,
            "grid_clear": self._clear,
            "grid_line": self._line,
            "grid_scroll": self._scroll,
            "hl_attr_define": self._define,
        }
        self._nvim = pynvim.attach("socket", path=address)
        self._nvim.ui_attach(width, height, rgb=True, ext_linegrid=True, ext_hlstate=True)
        Thread(target=self._listen, daemon=True).start()

    def text(self, groups: frozenset[str] = GHOST) -> str:
        """The screen; what is drawn with one of ``groups`` stands between ‹ and ›."""
        with self._lock:
            rows = [self._marked(row, groups) for row in self._cells]
        return "\n".join(row.rstrip() for row in rows).rstrip() + "\n"

    def groups_of(self, text: str) -> set[frozenset[str]]:
        """The groups that the first occurrence of ``text`` is drawn with."""
        with self._lock:
            for row in self._cells:
                start = "".join(character for character, _ in row).find(text)
                if start >= 0:
                    cells = row[start : start + len(text)]
                    return {self._groups.get(highlight, frozenset()) for _, highlight in cells}
        return set()

    def _marked(self, row: list[tuple[str, int]], groups: frozenset[str]) -> str:
        parts, inside = [], False
        for character, highlight in row:
            is_marked = bool(self._groups.get(highlight, frozenset()) & groups)
            if is_marked != inside:
                parts.append("‹" if is_marked else "›")
                inside = is_marked
            parts.append(character)
        return "".join(parts) + ("›" if inside else "")

    def _listen(self) -> None:
        with suppress(EOFError):  # Neovim has ended
            self._nvim.run_loop(None, self._on_event)

    def _on_event(self, name: str, batches: list[Any]) -> None:
        if name != "redraw":
            return
        with self._lock:
            for event, *calls in batches:
                handle = self._handlers.get(event)
                for call in calls if handle else ():
                    handle(*call)  # type: ignore[misc]

    def _resize(self, grid: int, width: int, height: int) -> None:
        self._cells = [[(" ", 0)] * width for _ in range(height)]

    def _clear(self, grid: int) -> None:
        self._cells = [[(" ", 0)] * len(row) for row in self._cells]

    def _line(self, grid: int, row: int, column: int, cells: Iterable[list[Any]], *_: Any) -> None:
        highlight = 0
        for character, *more in cells:
            highlight = more[0] if more else highlight
            for _repeat in range(more[1] if len(more) > 1 else 1):
                self._cells[row][column] = (character, highlight)
                column += 1

    def _scroll(
        self, grid: int, top: int, bottom: int, left: int, right: int, rows: int, columns: int
    ) -> None:
        moved = range(top, bottom) if rows > 0 else range(bottom - 1, top - 1, -1)
        for row in moved:
            if top <= row + rows < bottom:
                self._cells[row][left:right] = self._cells[row + rows][left:right]

    def _define(self, number: int, rgb: Any, terminal: Any, info: list[dict[str, Any]]) -> None:
        self._groups[number] = frozenset(str(part["hi_name"]) for part in info if "hi_name" in part)


class Neovim:
    """One running Neovim, its configuration being ``init`` (Lua), with the plugin on its runtime path."""

    def __init__(self, install: Install, folder: Path, init: str, environment: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "init.lua"
        config.write_text(f"vim.opt.runtimepath:append([[{_PLUGIN}]])\n{init}", encoding="utf-8")
        address = str(folder / "socket")
        everything = {
            **os.environ,
            **install.environment,
            **environment,
            **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE")},
        }
        command = [*install.command, "--headless", "-u", str(config), "-i", "NONE", "-n", "--listen", address]
        self.process = subprocess.Popen(command, env=everything, cwd=folder, stdin=subprocess.DEVNULL)
        until(lambda: Path(address).exists(), "Neovim's socket", 20)
        self.nvim = pynvim.attach("socket", path=address)
        self.screen = Screen(address, 100, 32)

    def lua(self, code: str, *arguments: Any) -> Any:
        """Run Lua; ``...`` are the arguments."""
        return self.nvim.exec_lua(code, *arguments)

    def edit(self, path: Path) -> None:
        self.nvim.command(f"edit! {path}")

    def type(self, keys: str, pause: float = 0.03) -> None:
        """As a person does, key by key."""
        key = ""
        for character in keys:
            key += character
            if key.startswith("<") and not key.endswith(">"):
                continue
            self.nvim.input(key)
            key = ""
            time.sleep(pause)

    def ghost(self) -> str:
        """The ghost text of this buffer, as its extmarks have it."""
        return self.lua("""
            local found = {}
            for name, namespace in pairs(vim.api.nvim_get_namespaces()) do
                if name == "soothsay.ghost" or name == "nvim.lsp.inline_completion" then
                    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, {details = true})) do
                        local lines = { mark[4].virt_text or {}, unpack(mark[4].virt_lines or {}) }
                        for _, line in ipairs(lines) do
                            local text = ""
                            for _, chunk in ipairs(line) do text = text .. chunk[1] end
                            table.insert(found, text)
                        end
                    end
                end
            end
            return table.concat(found, "\\n")
        """)

    def text(self) -> str:
        return "\n".join(self.nvim.current.buffer[:])

    def status(self) -> dict[str, Any]:
        """The last `soothsay/status` of this buffer's server; empty when there is none."""
        code = "local s = require('soothsay.status').get(); return s and vim.json.encode(s) or '{}'"
        return json.loads(self.lua(code))

    def servers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "serve" in _arguments(child)]

    def close(self) -> None:
        try:
            self.nvim.command("qall!", async_=True)
            self.process.wait(15)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def until(condition: Callable[[], Any], what: str, patience: float = 60.0) -> Any:
    """Wait for ``condition``, and return what it returned."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
    return found
