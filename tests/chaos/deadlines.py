"""B2 and deadlines: the background worker dies, sleeps, or is all that is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

from tests.chaos.closings import closed_count, wrong_closings
from tests.chaos.findings import Finding
from tests.chaos.site import Site, database, kill_hard, wait_or_fail, wait_until

WITHIN_SECONDS = 5.0
"""After its deadline, or after the worker is back, an attempt is recorded as closed."""
OUTAGE_SECONDS = 60
WORKER_KILLS = 4
CONTROL_SECONDS = 8
ANSWERS = 5
PATIENCE_SECONDS = 60
GRACE_OVER_SECONDS = 3


@contextlib.contextmanager
def _worker_held(here: Site, *, killed_after: bool = False) -> Iterator[None]:
    """The site's background worker stands still, and then goes on, or dies for another."""
    worker = here.background_worker()
    worker.suspend()
    try:
        yield
    finally:
        if killed_after:
            kill_hard([worker])
        else:
            worker.resume()


def attempts_due(here: Site, label: str, count: int, *, due_in: float = 0) -> list[str]:
    """Attempts with answers whose browsers are gone and whose time is up in so many seconds.

    Not in the past: the audit would find that saves were accepted after the deadline.
    """
    from django.utils import timezone

    from exams.models import Attempt

    with here.crowd(count, label, stays_open=True) as crowd:
        wait_or_fail(
            lambda: all(len(member.acknowledged) >= ANSWERS for member in crowd.members),
            PATIENCE_SECONDS,
            "The candidates could not save before their time was up.",
        )
    attempts = [member.attempt for member in crowd.members]
    with database():
        moment = timezone.now() + timedelta(seconds=due_in)
        for attempt in Attempt.objects.filter(pk__in=attempts):
            length = (attempt.deadline or moment) - attempt.started_at
            # Shifted as a whole, so that the audit finds the time that was granted.
            Attempt.objects.filter(pk=attempt.pk).update(
                started_at=moment - length, deadline=moment
            )
    return attempts


def _seconds_until_closed(attempts: Sequence[str], since: float) -> float:
    """Since that moment, as time.monotonic() counts; half a minute at most."""
    wait_until(lambda: closed_count(attempts) == len(attempts), 30)
    return time.monotonic() - since


def _wrong_ends(attempts: Sequence[str]) -> list[str]:
    """What is wrong with attempts that expired: they ended at their deadline, once."""
    from exams.models import Attempt

    losses = wrong_closings(attempts)
    with database():
        for attempt in Attempt.objects.filter(pk__in=attempts):
            if attempt.closed_at != attempt.deadline:
                losses.append(f"{attempt.pk} ended at {attempt.closed_at}, not at its deadline")
    return losses


def _too_late(seconds: float) -> list[str]:
    return [f"recorded after {seconds:.1f} s"] if seconds > WITHIN_SECONDS else []


# ---- Deadlines ---------------------------------------------------------------------------------


def browsers_gone(here: Site) -> Finding:
    """Nobody looks any more: attempts are recorded as closed all the same."""
    attempts = attempts_due(here, "gone", 6, due_in=2)
    took = _seconds_until_closed(attempts, time.monotonic() + 2)
    losses = _too_late(took) + _wrong_ends(attempts)
    return Finding("deadline, every browser gone", 1, losses, recoveries=[took])


def no_worker(here: Site) -> Finding:
    """Control: without a worker the same deadlines are not recorded in time."""
    with _worker_held(here):
        attempts = attempts_due(here, "alone", 2)
        time.sleep(CONTROL_SECONDS)
        losses = wrong_closings(attempts)
    return Finding("deadline without a worker", 1, losses, is_control=True)


def worker_out(here: Site) -> Finding:
    """Deadlines pass while the worker is out for a minute: recorded soon after, as of then."""
    with _worker_held(here, killed_after=True):
        attempts = attempts_due(here, "out", 6, due_in=OUTAGE_SECONDS / 2)
        time.sleep(OUTAGE_SECONDS)
        early = closed_count(attempts)
    back = time.monotonic()
    took = _seconds_until_closed(attempts, back)
    losses = _too_late(took) + _wrong_ends(attempts)
    if early:
        losses.append(f"{early} attempts were closed although the worker was out")
    return Finding("worker out for a minute, then killed", 1, losses, recoveries=[took])


def worker(here: Site) -> Finding:
    """B2: the running worker dies again and again while attempts end."""
    recoveries = []
    attempts: list[str] = []
    for number in range(WORKER_KILLS):
        due = attempts_due(here, f"worker{number}", 2, due_in=here.random.uniform(0, 3))
        kill_hard([here.background_worker()])
        recoveries.append(_seconds_until_closed(due, time.monotonic()))
        attempts += due
    return Finding(
        "background worker, kill -9", WORKER_KILLS, _wrong_ends(attempts), recoveries=recoveries
    )


# ---- Between the statements of a close ---------------------------------------------------------


def closing(here: Site, *, is_control: bool = False) -> Finding:
    """B2: a worker dies before each statement of a close in turn, and before each commit."""
    with _worker_held(here):
        attempts = attempts_due(here, f"closing{is_control}", 1)
        time.sleep(GRACE_OVER_SECONDS)
        strikes, torn = _kill_before_each_statement(attempts, torn=is_control)
    # The control has closed without its guarantees; that it tore something is its finding.
    losses = torn if is_control else torn + _wrong_ends(attempts)
    return Finding(
        "closing without a transaction" if is_control else "worker killed at each statement",
        strikes,
        losses,
        is_control=is_control,
    )


def torn_closing(here: Site) -> Finding:
    return closing(here, is_control=True)


def _kill_before_each_statement(attempts: Sequence[str], *, torn: bool) -> tuple[int, list[str]]:
    """Until a worker finds so few statements that it survives; what was torn after each kill."""
    strikes, losses = 0, list[str]()
    while _is_killed_before(strikes + 1, torn=torn):
        strikes += 1
        losses += _half_closed(attempts, strikes)
    return strikes, losses


def _is_killed_before(statement: int, *, torn: bool) -> bool:
    """Sweep in a process of its own; False when it had less to do and ended by itself."""
    command = [sys.executable, "-m", "tests.chaos.closing", str(statement), *["torn"] * torn]
    code = subprocess.run(
        command, env=os.environ | {"LOG_LEVEL": "WARNING"}, check=False, timeout=120
    ).returncode
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"The sweep ended with code {code} instead of being killed.")
    return code != 0


def _half_closed(attempts: Sequence[str], strike: int) -> list[str]:
    """Attempts that are open, but marked or scheduled for review as if they were closed."""
    from exams.models import Attempt, ReviewCard

    with database():
        return [
            f"{attempt.pk} is half closed after the kill before statement {strike}"
            for attempt in Attempt.objects.filter(pk__in=attempts).open()
            if attempt.responses.exclude(is_correct=None).exists()
            or ReviewCard.objects.filter(user=attempt.user_id).exists()
        ]
