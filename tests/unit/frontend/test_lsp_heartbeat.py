"""How late the event loop is, and how much of that was for a processor."""

import asyncio
import os
import subprocess
import sys
import threading
import time

import pytest

from soothsay.frontend.heartbeat import Heartbeat, seconds_queued


async def test_a_blocked_loop_is_noticed() -> None:
    heart = Heartbeat(lambda: 0.0)
    heart.touch()
    await asyncio.sleep(0.02)
    time.sleep(0.1)
    await asyncio.sleep(0.02)
    assert heart.longest_ms > 80
    assert heart.longest_held_ms == heart.longest_ms
    assert heart.beats > 1


async def test_what_others_had_the_processors_for_is_not_held() -> None:
    queued = 0.0
    heart = Heartbeat(lambda: queued)
    heart.touch()
    await asyncio.sleep(0.02)
    time.sleep(0.1)
    queued += 0.09
    await asyncio.sleep(0.02)
    assert heart.longest_ms > 80
    assert heart.longest_held_ms < heart.longest_ms - 50


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_thread_that_shares_its_processor_is_queued() -> None:
    processor = min(os.sched_getaffinity(0))
    busy = f"import os; os.sched_setaffinity(0, {{{processor}}}); print(flush=True)\nwhile True: pass"
    found: list[float] = []

    def work() -> None:
        os.sched_setaffinity(0, {processor})  # this thread's
        before, until = seconds_queued(), time.monotonic() + 30
        while seconds_queued() - before < 0.05 and time.monotonic() < until:
            pass
        found.append(seconds_queued() - before)

    with subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        other.kill()
    assert found[0] >= 0.05
