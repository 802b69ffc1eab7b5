"""`soothsay index publish`: publish the index of a workspace for a team."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from soothsay.backend.session import Session, open_in_process
from soothsay.cli.progress import build_with_progress_bar, progress_bars
from soothsay.config import Settings
from soothsay.errors import SoothsayError
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.shared.publishing import PublishResult
from soothsay_index.worker.local import LocalIndex


def publish(
    settings: Settings, workspace: Path, uri: str, *, itself: bool, embed: bool
) -> tuple[PublishResult, list[str]]:
    """Bring the index of ``workspace`` up to date and publish it at ``uri``; ``itself``: with the workspace's own code.

    ``embed``: with vectors. Return what was published, and warnings. Raises `SoothsayError` with the fix.
    """
    # Copy what is published already: a nightly job starts with an empty cache.
    settings = replace(settings, index=replace(settings.index, uri=uri))
    session = Session(settings, workspace, open_in_process)
    try:
        index = session.index
        assert isinstance(index, LocalIndex)
        index.prepare_publishing(uri)  # first: an address that cannot be written is reported before the build
        build_with_progress_bar(session, embed=embed)
        with progress_bars() as (show, cancel):
            return index.publish(uri, show, cancel, itself=itself), session.warnings
    except SoothsayIndexError as error:
        raise SoothsayError(str(error)) from error
    finally:
        session.close()
