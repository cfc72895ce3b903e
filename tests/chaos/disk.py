"""B11: the disk of the journal is full."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.clients import Crowd
from tests.chaos.findings import Finding
from tests.chaos.kills import losses_after
from tests.chaos.site import (
    VAR,
    Site,
    database,
    execute,
    recovery,
    wait_or_fail,
    wait_until,
)
from tests.load.client import Candidate, Reply

CANDIDATES = 2
REFUSALS = 10
"""So often each kind of thing is tried while the disk is full."""
PATIENCE_SECONDS = 120
ROOM_KB = 4096
"""Beside the journal as it is at the start, however much a fast machine wrote before."""
ROWS_MORE_THAN_FIT = 20_000


@contextlib.contextmanager
def _small_disk(kilobytes: int) -> Iterator[Path]:
    """A folder that takes so much only and belongs to the user of Postgres."""
    owner = (VAR / "pg").stat()
    folder = Path(tempfile.mkdtemp(prefix="exam-chaos-disk-"))
    options = f"size={kilobytes}k,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as problem:
        folder.rmdir()
        words = getattr(problem, "stderr", "") or problem
        raise RuntimeError(
            f"No small disk could be mounted to fill ({words}). Run this as root on Linux, "
            "in a container with the right to mount."
        ) from problem
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)
        folder.rmdir()


@contextlib.contextmanager
def _journal_on(folder: Path) -> Iterator[None]:
    execute(f"CREATE TABLESPACE chaos_small LOCATION '{folder}'")
    execute(
        "CREATE TABLE chaos_padding (filler text) TABLESPACE chaos_small",
        "ALTER TABLE exams_answerevent SET TABLESPACE chaos_small",
    )
    try:
        yield
    finally:
        execute("ALTER TABLE exams_answerevent SET TABLESPACE pg_default")
        execute("DROP TABLE IF EXISTS chaos_padding", "DROP TABLESPACE chaos_small")


def _fill() -> None:
    """Take every block that is left."""
    from django.db import OperationalError

    row = "INSERT INTO chaos_padding VALUES (repeat('x', 1900))"
    with contextlib.suppress(OperationalError):  # the disk is full exactly when this fails
        execute(*[row] * ROWS_MORE_THAN_FIT)
        raise RuntimeError("The small disk took more than it can hold.")


def disk_full(here: Site, *, is_control: bool = False) -> Finding:
    crowd = here.crowd(CANDIDATES, f"full{is_control}", stays_open=True)
    with _small_disk(_journal_kilobytes() + ROOM_KB) as folder, _journal_on(folder):
        with crowd:
            logged = len(here.log)
            _fill()
            if is_control:
                wrong = _fail_behind_its_back(here, logged)
            else:
                wrong = _wrong_while_full(here, crowd, logged)
            execute("DROP TABLE chaos_padding")
            recovered = recovery(crowd, time.monotonic())
        time.sleep(1)  # the control's server saves a moment later than it says
    return Finding(
        "disk full, acknowledged before the commit" if is_control else "disk of the journal full",
        1,
        wrong + losses_after(crowd),
        len(crowd.acknowledged),
        [recovered],
        is_control=is_control,
    )


def _journal_kilobytes() -> int:
    from django.db import connection

    with database(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_table_size('exams_answerevent') / 1024")
        return int(cursor.fetchone()[0])


def _fail_behind_its_back(here: Site, logged: int) -> list[str]:
    """Until the control's server could not make several saves that it had acknowledged.

    That takes a while: blocks that the journal already has may hold hundreds of lines.
    """
    wait_or_fail(
        lambda: here.log[logged:].count("DiskFull") >= REFUSALS,
        PATIENCE_SECONDS,
        "The full disk took all that the control's server acknowledged.",
    )
    return []


def _wrong_while_full(here: Site, crowd: Crowd, logged: int) -> list[str]:
    """What is not as it must be: saves refused politely and logged, pages served."""
    # Blocks that the journal already has may hold some more lines.
    if not wait_until(lambda: _refused_in_a_row(crowd) >= REFUSALS, PATIENCE_SECONDS):
        return [f"saves were still acknowledged {PATIENCE_SECONDS} s after the disk was full"]
    acknowledged, refused = len(crowd.acknowledged), crowd.statuses.total()
    page, save = _look_and_save(here, crowd)
    wait_or_fail(
        lambda: crowd.statuses.total() >= refused + REFUSALS,
        PATIENCE_SECONDS,
        "The candidates stopped to try while the disk was full.",
    )
    checks = {
        "a save was acknowledged": len(crowd.acknowledged) == acknowledged,
        f"a page answered {page.status}": page.status == 200,
        f"a save answered {save.status}": save.status == 503,
        "a save's answer names no time to try again": "retry-after" in save.headers,
        "no error was logged": "DiskFull" in here.log[logged:] and " ERROR " in here.log[logged:],
    }
    return [problem for problem, is_well in checks.items() if not is_well]


def _refused_in_a_row(crowd: Crowd) -> int:
    """How often the candidate who was refused least since their last save was refused."""
    return min(member.refused_in_a_row for member in crowd.members)


def _look_and_save(here: Site, crowd: Crowd) -> tuple[Reply, Reply]:
    """A page and a save by another connection of a candidate who is at work."""
    member = crowd.members[0]
    own = Candidate(member.candidate.email, here.port)
    own.web.cookies |= member.candidate.web.cookies
    page = own.web.get(f"{member.attempt_path}q/1/")
    fields = {"epoch": 1, "rev": 1_000_000, "answer": "1"}
    save = own.web.post(f"{member.attempt_path}q/1/save", fields, X_CSRFToken=member.token)
    own.web.close()
    return page, save


def hasty_server_on_full_disk(here: Site) -> Finding:
    """Control, for a server that acknowledges before the commit."""
    return disk_full(here, is_control=True)
