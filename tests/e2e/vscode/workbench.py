"""VS Code as a person uses it: a server process, a window in a browser, and what one does with it."""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

import psutil
from playwright.sync_api import Browser, FrameLocator, Page, Playwright, ViewportSize
from toolchain import Toolchain

T = TypeVar("T")

# SOOTHSAY_CAPTURES=docs (make pictures) writes docs/images anew; a plain run leaves the checkout as it is
_CAPTURES = os.environ.get("SOOTHSAY_CAPTURES")
PICTURES = Path(_CAPTURES) / "images" if _CAPTURES else Path(tempfile.gettempdir()) / "soothsay-images"

SECONDS = 1000  # playwright counts milliseconds
PATIENCE = 240 * SECONDS  # the model of a busy machine

# Nothing but the loopback can be reached: other names do not resolve, and what is asked for is written down.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--font-render-hinting=none",
]
_NO_GALLERY = json.dumps({"serviceUrl": "http://127.0.0.1:9", "itemUrl": "", "resourceUrlTemplate": ""})

# The rest of the cursor's line is drawn into the line itself, the lines below it into a zone between the lines.
_GHOST_LINES = """() => {
    const text = (element) => element.textContent;
    const first = [...document.querySelectorAll(".ghost-text-decoration")].map(text).join("");
    const below = [...document.querySelectorAll(".view-zones .suggest-preview-text > *")].map(text);
    return [first, ...below].join("\\n").trimEnd();
}"""

QUIET: Mapping[str, Any] = {
    "chat.disableAIFeatures": True,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.enableExperiments": False,
    "window.autoDetectColorScheme": True,
    "workbench.preferredDarkColorTheme": "Dark Modern",
    "workbench.preferredLightColorTheme": "Light Modern",
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "window.commandCenter": False,
    "window.menuBarVisibility": "hidden",
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.ignoreRecommendations": True,
    "editor.fontSize": 14,
    "editor.fontFamily": "DejaVu Sans Mono",
    "editor.minimap.enabled": False,
    "editor.wordBasedSuggestions": "off",
    "editor.stickyScroll.enabled": False,
    "editor.cursorBlinking": "solid",
    "files.autoSave": "off",
    "security.workspace.trust.enabled": False,
}


# A busy machine must not cut a completion short.
USER: Mapping[str, Any] = {
    **QUIET,
    "soothsay.completion.maxLatencyMs": 240_000,
    "soothsay.completion.linesMs": 240_000,
    "soothsay.completion.writeMs": 240_000,
}
MACHINE: Mapping[str, Any] = {
    "soothsay.server.python": sys.executable,
    "soothsay.index.python": sys.executable,
}


@dataclass(frozen=True, slots=True)
class Theme:
    scheme: Literal["dark", "light"]
    forced: Literal["active", "none"]
    mark: str  # the class that the window has then


NORMAL: ViewportSize = {"width": 1000, "height": 560}

DARK = Theme("dark", "none", "vs-dark")
LIGHT = Theme("light", "none", "vs")
HIGH_CONTRAST = Theme("dark", "active", "hc-black")


@dataclass(frozen=True, slots=True)
class Profile:
    """The user's folders."""

    folder: Path

    @property
    def extensions(self) -> Path:
        return self.folder / "extensions"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def write_settings(self, user: Mapping[str, Any], machine: Mapping[str, Any]) -> None:
        """Settings of scope machine are read from a file of their own."""
        for name, settings in (("User", user), ("Machine", machine)):
            path = self.data / name / "settings.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), encoding="utf-8")


def install_extension(tools: Toolchain, profile: Profile) -> None:
    subprocess.run(
        [
            *(str(tools.node), str(tools.entry), "--extensions-dir", str(profile.extensions)),
            *("--user-data-dir", str(profile.data), "--install-extension", str(tools.vsix)),
        ],
        check=True,
        capture_output=True,
        timeout=120,
        env=_environment({}),
    )


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    mine = {
        key: value for key, value in os.environ.items() if not key.startswith(("VSCODE_", "NODE_OPTIONS"))
    }
    return {**mine, "EXTENSIONS_GALLERY": _NO_GALLERY, **more}


@contextmanager
def serve(
    command: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, which is ended with all that it has started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(environment or {}),
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    family = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
    for signal in ("terminate", "kill"):
        alive = []
        for pid in family:
            try:
                member = psutil.Process(pid)
                getattr(member, signal)()
                alive.append(member)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(alive, timeout=5)
    process.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_http(address: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def launch_browser(playwright: Playwright, tools: Toolchain) -> Browser:
    return playwright.chromium.launch(executable_path=str(tools.browser), args=_FLAGS)


@dataclass(slots=True)
class Workbench:
    """One window. ``requests`` are the addresses that it has asked for."""

    page: Page
    workspace: Path
    process: int  # of the server that this window belongs to
    requests: list[str] = field(default_factory=list)

    # -- files and keys ----------------------------------------------------------------------------

    def open(self, name: str) -> None:
        """Open a file of the workspace, and wait until it is shown."""
        self.page.keyboard.press("Control+P")
        box = self.page.locator(".quick-input-widget input.input").first
        box.wait_for()
        box.fill(name)
        self.page.locator(".quick-input-list .monaco-list-row").filter(
            has_text=Path(name).name
        ).first.wait_for()
        self.page.keyboard.press("Enter")
        self.page.locator(f'.tab.active[data-resource-name="{Path(name).name}"]').wait_for()
        self.page.locator(".editor-instance .view-lines, .notebookOverlay .view-lines").first.wait_for()

    def run(self, command: str) -> None:
        """Run a command of the palette by its title."""
        self.page.keyboard.press("F1")
        box = self.page.locator(".quick-input-widget input.input").first
        box.wait_for()
        box.fill(f">{command}")
        self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=command).first.wait_for()
        self.page.keyboard.press("Enter")

    def end_of_file(self) -> None:
        self.page.locator(".editor-instance .view-lines").first.click()
        self.page.keyboard.press("Control+End")

    def save(self) -> None:
        self.page.keyboard.press("Control+S")
        self.page.locator(".tab.active.dirty").wait_for(state="detached")

    def read(self, name: str) -> str:
        return (self.workspace / name).read_text(encoding="utf-8")

    # -- ghost text --------------------------------------------------------------------------------

    def ghost_text(self) -> str:
        """What is shown, line by line; "" when nothing is."""
        return self.page.evaluate(_GHOST_LINES).replace("\xa0", " ")

    def wait_for_ghost(self, pattern: str, patience: float = PATIENCE / SECONDS) -> str:
        """Wait until the ghost text matches. Types the dot before it anew now and then, as a person who waits would."""

        def look() -> str | None:
            text = self.ghost_text()
            return text if re.search(pattern, text) else None

        def retype() -> None:
            self.page.keyboard.press("Backspace")
            self.page.keyboard.type(".")

        return self.wait(look, patience, retype, every=75)

    # -- status ------------------------------------------------------------------------------------

    def status_rows(self) -> str:
        """The rows under the {} of the status bar, opened when they are not."""
        rows = self.page.locator(".hover-language-status")
        if not rows.first.is_visible():
            self.page.locator("#status\\.languageStatus").hover()
            rows.first.wait_for()
        return "\n".join(rows.all_inner_texts())

    def hide_status(self) -> None:
        rows = self.page.locator(".hover-language-status").first
        places = itertools.cycle([(400, 200), (500, 300)])

        def leave() -> bool | None:
            self.page.mouse.move(*next(places), steps=5)
            self.page.keyboard.press("Escape")
            return True if rows.is_hidden() else None

        self.wait(leave, 30)

    def wait_for_status(self, pattern: str, patience: float = PATIENCE / SECONDS) -> str:
        def look() -> str | None:
            text = self.status_rows()
            return text if re.search(pattern, text) else None

        return self.wait(look, patience)

    # -- panels and lists --------------------------------------------------------------------------

    @property
    def panel(self) -> FrameLocator:
        """The page inside the webview that is shown."""
        return self.page.frame_locator("iframe.webview.ready").frame_locator("iframe#active-frame")

    def rows(self, having: str) -> list[str]:
        """The rows of the list that is open, as soon as one of them has ``having``."""
        rows = self.page.locator(".quick-input-list .monaco-list-row")
        rows.filter(has_text=having).first.wait_for()
        return rows.all_inner_texts()

    def choose(self, text: str) -> None:
        """Choose a row of the list that is open."""
        row = self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=text).first
        row.wait_for()
        row.click()

    def wait_for_index(self, patience: float) -> None:
        """Wait until the index can be searched: all of it is read, though vectors may still be made."""
        self.wait_for_status("index up to date|embedding", patience)
        self.hide_status()

    # -- waiting -----------------------------------------------------------------------------------

    def wait(
        self,
        look: Callable[[], T | None],
        patience: float,
        nudge: Callable[[], object] = lambda: None,
        every: float = 1e9,
    ) -> T:
        """What ``look`` finds. Calls ``nudge`` each time that ``every`` seconds have passed without it."""
        start = nudged = time.monotonic()
        while (found := look()) is None:
            now = time.monotonic()
            if now - start > patience:
                raise TimeoutError(f"not seen within {patience:.0f} s")
            if now - nudged > every:
                nudge()
                nudged = time.monotonic()
            self.page.wait_for_timeout(100)
        return found

    def set_theme(self, theme: Theme) -> None:
        """Change the colours of the system, which VS Code follows."""
        self.page.emulate_media(color_scheme=theme.scheme, forced_colors=theme.forced)
        self.page.locator(f".monaco-workbench.{theme.mark}").wait_for()
        self.page.wait_for_timeout(500)  # a webview is coloured after the window

    def picture(self, name: str) -> None:
        """Take a screenshot for the documentation, drawn in the theme that is set, when nothing is under way any more."""
        self.page.locator(".statusbar").get_by_text("Indexing").first.wait_for(
            state="detached", timeout=PATIENCE
        )
        self.page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")

    def pictures(self, name: str) -> None:
        """Take one in the light theme, and one in the dark, which stays."""
        self.set_theme(LIGHT)
        self.picture(f"{name}-light")
        self.set_theme(DARK)
        self.picture(f"{name}-dark")

    def servers(self) -> list[psutil.Process]:
        """The language servers of this window that are alive."""
        found: list[psutil.Process] = []
        for child in psutil.Process(self.process).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "soothsay" in child.cmdline() and "serve" in child.cmdline():
                    found.append(child)
        return found

    def foreign_connections(self) -> set[str]:
        """Addresses on other machines that the processes behind this window talk to now."""
        found: set[str] = set()
        behind = psutil.Process(self.process)
        for process in [behind, *behind.children(recursive=True)]:
            with suppress(psutil.Error):
                for connection in process.net_connections("inet"):
                    if connection.raddr and not ip_address(connection.raddr.ip).is_loopback:
                        found.add(f"{connection.raddr.ip}:{connection.raddr.port}")
        return found

    def foreign_requests(self) -> list[str]:
        """Addresses on other machines that the window has asked for."""
        here = {"127.0.0.1", "localhost", "", None}
        return [
            address
            for address in self.requests
            if urlsplit(address).hostname not in here
            and not address.startswith(("data:", "blob:", "vscode-file:"))
        ]


@contextmanager
def open_workbench(
    browser: Browser,
    tools: Toolchain,
    profile: Profile,
    workspace: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Workbench]:
    """Start VS Code with ``workspace`` and open its window."""
    port = free_port()
    command = [
        *(str(tools.node), str(tools.entry), "--auth", "none", "--bind-addr", f"127.0.0.1:{port}"),
        *("--extensions-dir", str(profile.extensions), "--user-data-dir", str(profile.data)),
        *("--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"),
    ]
    with serve(command, profile.folder / "code-server.log", environment) as process:
        wait_for_http(f"http://127.0.0.1:{port}/healthz")
        context = browser.new_context(viewport=NORMAL, color_scheme="dark", device_scale_factor=1.5)
        page = context.new_page()
        page.set_default_timeout(60 * SECONDS)
        bench = Workbench(page, workspace, process.pid)
        page.on("request", lambda request: bench.requests.append(request.url))
        page.on("websocket", lambda opened: bench.requests.append(opened.url))
        page.goto(f"http://127.0.0.1:{port}/?folder={quote(str(workspace))}")
        page.locator(".monaco-workbench .statusbar").wait_for()
        try:
            yield bench
        finally:
            page.screenshot(path=profile.folder / "last.png")
            context.close()


OpenWorkbench = Callable[..., Workbench]
"""Takes a workspace, and as keywords what is added to the ``user`` and ``machine`` settings and the ``environment``."""
