"""`soothsay models calibrate`: measure below which certainty a model is looked up for, on calls made up from documentation."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from soothsay.backend.session import NoIndex
from soothsay.engine.calibration import Guess, Task, guess, tasks_of, thresholds_from
from soothsay.errors import SoothsayError
from soothsay.model.building import show_progress
from soothsay.model.files.registry import Thresholds
from soothsay.model.files.thresholds import keep_measured
from soothsay.model.local.runtime import LlamaRuntime
from soothsay_index.runtime.environment import locate_environment, read_environment
from soothsay_index.sources.base import PackageSource
from soothsay_index.sources.registry import package_sources
from soothsay_languages.base import Language
from soothsay_languages.environment import Environment
from soothsay_languages.registry import language_or_plain

_TASKS = 120
_OF_ONE_PACKAGE = 6
_BARREN = 5  # releases without a task, after which a source is left
_CONTEXT = 1024  # tokens


def calibrate(path: Path) -> Thresholds | None:
    """Measure the weights at ``path`` with progress, and keep the result; None where it tells nothing. Raises `SoothsayError`."""
    if not path.is_file():
        raise SoothsayError(f"there is no file {path}")
    environment = read_environment(locate_environment(Path.cwd(), sys.executable).alone())
    language = language_or_plain(environment.kind.language)
    runtime = LlamaRuntime.load(path, context=_CONTEXT)
    guesses: list[Guess] = []
    try:
        with show_progress() as show:
            show("reading documentation: of the packages that soothsay is installed with")
            for number, task in enumerate(_tasks(environment, language), start=1):
                found = guess(runtime, NoIndex(), language, task)
                guesses += [] if found is None else [found]
                show(f"writing names: {number} of {_TASKS}")
    finally:
        runtime.close()
    thresholds = thresholds_from(guesses)
    keep_measured(path, thresholds, len(guesses))
    return thresholds


def _tasks(environment: Environment, language: Language) -> list[Task]:
    """Return the tasks: the same ones at each call, as long as the packages are the same."""
    tasks: list[Task] = []
    for source in package_sources(environment).values():
        tasks += _tasks_of(source, language, _TASKS - len(tasks))
    return tasks


def _tasks_of(source: PackageSource, language: Language, most: int) -> list[Task]:
    """Return up to ``most`` tasks from one source; some, as those of service models, have none."""
    tasks: list[Task] = []
    for number, release in enumerate(sorted(source.releases(), key=lambda each: _hashed(each.part))):
        if len(tasks) >= most or (number >= _BARREN and not tasks):
            break
        found = tasks_of(source.harvest(release).symbols, language)
        tasks += sorted(found, key=lambda each: _hashed(each.text))[:_OF_ONE_PACKAGE]
    return tasks[:most]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
