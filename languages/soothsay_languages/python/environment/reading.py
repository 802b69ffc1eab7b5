"""Read an environment: from its folder, or from the answer of an interpreter that belongs to none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from soothsay_common.children import child_environment
from soothsay_index.runtime.file_times import changed_at
from soothsay_languages.environment import Environment, EnvironmentKind, EnvironmentNotFoundError
from soothsay_languages.python.environment.layout import read_layout
from soothsay_languages.python.environment.packages import installed_packages

KIND = EnvironmentKind("python", "Python", packages="site-packages", library="stdlib")

_PROBE = """
import json, sys, sysconfig, site
paths = sysconfig.get_paths()
sites = list(dict.fromkeys([paths["purelib"], paths["platlib"], *[p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]]))
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "sites": sites,
    "stdlib": paths["stdlib"],
    "stdlib_names": sorted(getattr(sys, "stdlib_module_names", ())),
}))
"""


def read_folder(python: Path, folder: Path, project: Path | None = None) -> Environment:
    """Return the environment in ``folder``; nothing of it is run."""
    layout = read_layout(folder)
    fingerprint = fingerprint_of(layout.site_packages)
    return Environment(
        kind=KIND,
        interpreter=python,
        version=layout.version,
        package_folders=layout.site_packages,
        library=layout.stdlib,
        packages=installed_packages(layout.site_packages, project),
        library_names=sys.stdlib_module_names,
        fingerprint=fingerprint,
    )


def ask_interpreter(python: Path, timeout: float, project: Path | None = None) -> Environment:
    """Run ``python`` to read its paths. It runs isolated (``-I``), so nothing of the user is imported.

    Raises `EnvironmentNotFoundError` when it gives no answer in ``timeout`` seconds.
    """
    try:
        answer = subprocess.run(
            [str(python), "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=True,
            stdin=subprocess.DEVNULL,
            env=child_environment(),
            cwd=Path(__file__).parent,
        )
        # A sitecustomize may print as well; the answer is the last line.
        facts = json.loads(answer.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        raise EnvironmentNotFoundError(
            f"{python} did not answer within {timeout:g} s: configure another interpreter."
        ) from None
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError) as error:
        reason = _last_line(getattr(error, "stderr", "") or str(error))
        raise EnvironmentNotFoundError(
            f"{python} is not a working Python ({reason}): configure another interpreter."
        ) from None
    sites = tuple(Path(site) for site in facts["sites"] if Path(site).is_dir())
    fingerprint = fingerprint_of(sites)
    return Environment(
        kind=KIND,
        interpreter=python,
        version=facts["version"],
        package_folders=sites,
        library=Path(facts["stdlib"]),
        packages=installed_packages(sites, project),
        library_names=frozenset(facts["stdlib_names"]),
        fingerprint=fingerprint,
    )


def fingerprint_of(site_packages: tuple[Path, ...]) -> tuple[int, ...]:
    """Return the times of change of ``site_packages``, which change when a package is installed, upgraded or removed."""
    return tuple(changed_at(site) for site in site_packages)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:160] if lines else "no answer"
