"""`make fuzz`: sessions until so many messages were sent, and a table of what came of them.

MESSAGES=20000, SECONDS=1500 (no session begins after that), SEED=0
"""

from __future__ import annotations

import os
import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from fuzzing.machine import TALLY, RealSession, Session
from fuzzing.scenarios import SCENARIOS


def sessions(messages: int, seconds: float, seed: int) -> None:
    """Run sessions until ``messages`` were sent or ``seconds`` have passed; one group in four has a backend process."""
    deadline, number = time.monotonic() + seconds, 0
    while TALLY.messages < messages and time.monotonic() < deadline:
        number += 1
        run(RealSession if number % 4 == 0 else Session, examples=4, steps=150, seed=seed + number)
        print(f"{TALLY.sessions} sessions, {TALLY.messages} messages", flush=True)


def run(kind: type[Session], *, examples: int, steps: int, seed: int) -> None:
    """Run some sessions of one kind, of so many steps at most. Raises what has failed first."""
    machine = type(kind.__name__, (kind,), {})
    machine._hypothesis_internal_use_seed = seed  # pyright: ignore[reportAttributeAccessIssue]
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
                phases=[Phase.generate],  # the order of answers differs, so nothing smaller is found
            ),
        )
    except BaseException as error:
        if TALLY.failures:
            raise AssertionError(TALLY.failures[0]) from error
        raise


def table() -> str:
    """Return what was sent and what came back."""
    rows = [
        f"| {kind} | {count:,} |" for kind, count in sorted(TALLY.kinds.items(), key=lambda each: -each[1])
    ]
    rows += [
        f"| **messages**, in {TALLY.sessions} sessions | {TALLY.messages:,} |",
        f"| answers with a result | {TALLY.answers['results']:,} |",
        f"| answers with an error | {TALLY.answers['errors']:,} |",
        f"| errors for what had no id | {TALLY.answers['errors without id']:,} |",
        "| requests without an answer | 0 |",
        f"| documents compared, all equal | {TALLY.compared:,} |",
        f"| largest resident memory of a server, MB | {TALLY.peak_bytes / 1e6:,.0f} |",
    ]
    return "\n".join(["| kind | count |", "|---|---|", *rows])


def main() -> None:
    """Run the scenarios, then sessions of the state machine."""
    began = time.monotonic()
    for scenario in SCENARIOS:
        scenario()
        print(f"{scenario.__name__}: {TALLY.messages} messages", flush=True)
    numbers = [
        int(os.environ.get(name) or default)
        for name, default in (("MESSAGES", 20_000), ("SECONDS", 1500), ("SEED", 0))
    ]
    before = TALLY.messages
    sessions(before + numbers[0], numbers[1], numbers[2])
    print(table())
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
