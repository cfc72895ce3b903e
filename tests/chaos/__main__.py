"""Break every part of the site under load, and look for what was lost: ``make chaos``.

Each line names a fault, how often it struck, how many saves were acknowledged and how many of
those the database does not hold. A line that begins with "control" has a guarantee taken away on
purpose: the same checker must find a loss there, or the whole run fails.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.chaos.browser import kill_browsers
from tests.chaos.proxy import CuttingProxy
from tests.chaos.site import VAR, Site, database, kill_hard, recovery, site, strike
from tests.load.crowd import missing_of

PORT = 18_750
CANDIDATES = 8
APP_KILLS, DB_KILLS, CUTS = 24, 10, 300
CONTROL_KILLS = 6
BROWSER_KILLS = 10
# Granian takes two ends of one worker within 5.5 s for a crash loop and gives up; the supervisor
# then starts it again, which the next fault tries.
WORKER_PAUSE = (2.8, 3.4)

os.environ |= {"LOCAL_MODE": "1", "VAR_DIR": str(VAR)}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.load.settings")


@dataclass(frozen=True)
class Finding:
    """What one fault did. ``must_lose`` marks a control."""

    name: str
    strikes: int
    acknowledged: int = 0
    lost: int = 0
    recoveries: Sequence[float] = ()
    must_lose: bool = False
    also: str = ""

    @property
    def is_well(self) -> bool:
        return (self.lost > 0) == self.must_lose

    def __str__(self) -> str:
        times = ""
        if self.recoveries:
            times = (
                f"recovery {median(self.recoveries):.2f} s, at most {max(self.recoveries):.2f} s"
            )
        words = (
            f"{self.name:44}{self.strikes:5} strikes {self.acknowledged:7} saves "
            f"{self.lost:5} lost  {times}"
        )
        verdict = "" if self.is_well else "   <-- WRONG"
        return f"{words} {self.also}".rstrip() + verdict


def main() -> int:
    """Each phase in a process of its own: Django knows one database for as long as it lives."""
    if len(sys.argv) > 1:
        return _phase(sys.argv[1])
    started = time.monotonic()
    codes = [
        subprocess.run([sys.executable, "-m", "tests.chaos", phase], check=False).returncode
        for phase in PHASES
    ]
    verdict = "something is WRONG" if any(codes) else "all is well"
    say(f"\n{time.monotonic() - started:.0f} s; {verdict}")
    return int(any(codes))


def _phase(name: str) -> int:
    import django

    settings, faults = PHASES[name]
    with site(PORT, settings) as here:
        django.setup()
        findings = [_told(fault(here)) for fault in faults]
    return int(not all(finding.is_well for finding in findings))


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a report for people


def _told(finding: Finding) -> Finding:
    say(str(finding))
    return finding


def _lost_of(crowd_acknowledged: Sequence[object]) -> int:
    with database():
        return missing_of(crowd_acknowledged)  # type: ignore[arg-type]  # of Acknowledged


def _audited() -> int:
    """How many differences the audit finds in all closed attempts."""
    from exams.audit import audit
    from exams.models import Attempt

    with database():
        closed = Attempt.objects.closed().select_related("exam", "form")
        return sum(1 for attempt in closed for _ in audit(attempt))


# ---- Kills under load --------------------------------------------------------------------------


def _web_workers(here: Site) -> Finding:
    """B1: a web worker dies in the middle of its requests."""
    with here.crowd(CANDIDATES, "web") as crowd:
        recoveries = strike(
            *(here, crowd),
            times=APP_KILLS,
            victims=lambda: [here.oldest_web_worker()],
            pause=WORKER_PAUSE,
        )
    lost = _lost_of(crowd.acknowledged)
    return Finding("web worker, kill -9", APP_KILLS, len(crowd.acknowledged), lost, recoveries)


def _web_server(here: Site) -> Finding:
    """B1: the whole web server dies; the supervisor starts another."""
    with here.crowd(CANDIDATES, "server") as crowd:
        recoveries = strike(
            *(here, crowd),
            times=3,
            victims=lambda: [here.web_main(), *here.web_workers()],
            pause=(1.0, 2.0),
        )
    lost = _lost_of(crowd.acknowledged)
    return Finding(
        "web server with all workers, kill -9", 3, len(crowd.acknowledged), lost, recoveries
    )


def _postgres(here: Site) -> Finding:
    """B3: Postgres and all its backends die."""
    with here.crowd(CANDIDATES, "db") as crowd:
        recoveries = strike(*(here, crowd), times=DB_KILLS, victims=here.postgres, pause=(1.0, 3.0))
    lost = _lost_of(crowd.acknowledged)
    return Finding("Postgres, kill -9", DB_KILLS, len(crowd.acknowledged), lost, recoveries)


def _lying_server(here: Site) -> Finding:
    with here.crowd(CANDIDATES, "lied") as crowd:
        strike(
            *(here, crowd),
            times=CONTROL_KILLS,
            victims=lambda: [here.oldest_web_worker()],
            pause=WORKER_PAUSE,
        )
    time.sleep(1)
    lost = _lost_of(crowd.acknowledged)
    name = "control: acknowledged before it is saved"
    return Finding(name, CONTROL_KILLS, len(crowd.acknowledged), lost, must_lose=True)


def _forgetful_postgres(here: Site) -> Finding:
    _execute(
        "ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET wal_writer_delay = '2s'"
    )
    _execute("SELECT pg_reload_conf()")
    with here.crowd(CANDIDATES, "forgot") as crowd:
        strike(*(here, crowd), times=5, victims=here.postgres, pause=(1.0, 2.0))
    lost = _lost_of(crowd.acknowledged)
    name = "control: Postgres without synchronous_commit"
    return Finding(name, 5, len(crowd.acknowledged), lost, must_lose=True)


def _execute(*statements: str) -> None:
    from django.db import connection

    with database(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


# ---- The network -------------------------------------------------------------------------------


def _cuts(here: Site) -> Finding:
    """A4: connections are cut before the server hears a save, or before its answer is heard."""
    proxy = CuttingProxy(here.port, one_in=12, seed=here.port)
    with contextlib.closing(proxy), here.crowd(CANDIDATES, "cut") as crowd:
        for member in crowd.members:
            member.candidate.web.close()
            member.candidate.web.port = proxy.port
        while proxy.cuts < CUTS:
            time.sleep(0.05)
    lost = _lost_of(crowd.acknowledged)
    repeated = crowd.outcomes("repeated")
    if not repeated:
        lost = -1
    also = f"{repeated} repeated harmlessly"
    return Finding("connection cut", proxy.cuts, len(crowd.acknowledged), lost, also=also)


def _browser(here: Site) -> Finding:
    """A1: the browser dies with an answer that it could not send yet."""
    lost, recoveries = kill_browsers(here, BROWSER_KILLS)
    return Finding("browser, kill -9", BROWSER_KILLS, BROWSER_KILLS, lost, recoveries)


# ---- Deploys and disks -------------------------------------------------------------------------


def _deploy(here: Site) -> Finding:
    """B7: the schema grows and the web workers are replaced while everybody saves."""
    with here.crowd(CANDIDATES, "deploy") as crowd:
        for number in range(3):
            time.sleep(1)
            _execute(
                "SET lock_timeout = '2s'",
                f"ALTER TABLE exams_response ADD COLUMN chaos_{number} integer",
            )
            old = {worker.pid for worker in here.web_workers()}
            here.web_main().send_signal(signal.SIGHUP)
            while old & {worker.pid for worker in here.web_workers()}:
                time.sleep(0.05)
        failures = crowd.failures
    _execute(*(f"ALTER TABLE exams_response DROP COLUMN chaos_{n}" for n in range(3)))
    lost = _lost_of(crowd.acknowledged)
    also = f"{failures} saves had to be sent again"
    return Finding("deploy: schema and new workers", 3, len(crowd.acknowledged), lost, also=also)


@contextlib.contextmanager
def _small_disk(owner: int) -> Iterator[str]:
    """A folder of Postgres' user that only takes some megabytes."""
    folder = Path(tempfile.gettempdir(), f"exam-chaos-{os.getpid()}")
    folder.mkdir()
    options = f"size=6m,mode=700,uid={owner}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
    try:
        yield str(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def _disk_full(here: Site) -> Finding:
    """B11: the journal's disk is full: no save is acknowledged, pages still work."""
    owner = here.postgres()[0].uids().real
    with _small_disk(owner) as folder, here.crowd(2, "full") as crowd:
        _execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        _execute("CREATE TABLE IF NOT EXISTS chaos_padding (filler text) TABLESPACE small")
        _execute("ALTER TABLE exams_answerevent SET TABLESPACE small")
        with contextlib.suppress(Exception):  # the disk is full exactly when this fails
            while True:
                _execute(
                    "INSERT INTO chaos_padding SELECT repeat(md5(random()::text), 200) "
                    "FROM generate_series(1, 20)"
                )
        probe = crowd.members[0].candidate
        until = time.monotonic() + 20
        while crowd.first_acknowledged_after(time.monotonic() - 1) and time.monotonic() < until:
            time.sleep(0.1)
        blocked = time.monotonic()
        reader = type(probe)(probe.email, here.port)
        reader.web.cookies |= probe.web.cookies
        page = reader.web.get(f"{crowd.members[0].attempt_path}q/1/")
        save = reader.web.post(
            f"{crowd.members[0].attempt_path}q/1/save",
            {"epoch": 1, "rev": 1_000_000, "answer": "1"},
            X_CSRFToken=crowd.members[0].token,
        )
        time.sleep(1)
        held = crowd.first_acknowledged_after(blocked) is None
        _execute("DROP TABLE chaos_padding")
        recovered = recovery(crowd, time.monotonic())
        polite = save.status == 503 and "retry-after" in save.headers
        _execute("ALTER TABLE exams_answerevent SET TABLESPACE pg_default")
        _execute("DROP TABLESPACE small")
    is_well = held and polite and page.status == 200
    lost = _lost_of(crowd.acknowledged) if is_well else -1
    also = f"page {page.status}, save {save.status}"
    return Finding("journal's disk full", 1, len(crowd.acknowledged), lost, [recovered], also=also)


# ---- The background worker ---------------------------------------------------------------------


def _due_attempts(here: Site, label: str, count: int) -> list[str]:
    """Attempts with some answers whose time runs out at this moment."""
    from django.utils import timezone

    from exams.models import Attempt

    with here.crowd(count, label) as crowd:
        time.sleep(1)
    paths = [member.attempt_path.split("/")[2] for member in crowd.members]
    with database():
        moment = timezone.now()
        for attempt in Attempt.objects.filter(pk__in=paths):
            length = (attempt.deadline or moment) - attempt.started_at
            Attempt.objects.filter(pk=attempt.pk).update(
                started_at=moment - length, deadline=moment
            )
    return paths


def _half_closed(paths: Sequence[str]) -> int:
    """Attempts that are neither open nor closed: marked without an end, or the other way."""
    from exams.models import Attempt, Response

    with database():
        rows = Attempt.objects.filter(pk__in=paths)
        marked = Response.objects.filter(attempt__pk__in=paths, is_correct__isnull=False)
        torn = set(marked.values_list("attempt", flat=True)) & set(
            rows.open().values_list("pk", flat=True)
        )
        return len(torn)


def _kill_while_closing(here: Site, label: str, *mode: str) -> tuple[int, int, list[str]]:
    """Strike before each statement in turn until nothing is left to close."""
    with _held(here):
        paths = _due_attempts(here, label, 2)
        time.sleep(3)  # the grace
        torn = strikes = 0
        while True:
            command = [sys.executable, "-m", "tests.chaos.closing", str(strikes + 1), *mode]
            if subprocess.run(command, check=False).returncode == 0:
                return strikes, torn, paths
            strikes += 1
            torn += _half_closed(paths)


@contextlib.contextmanager
def _held(here: Site) -> Iterator[None]:
    """The site's own background worker stands still."""
    worker = here.background_worker()
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


def _closing(here: Site) -> Finding:
    """B2: a worker dies between each pair of statements of a close."""
    strikes, torn, paths = _kill_while_closing(here, "closing")
    lost = torn + _audited() + (len(paths) - _closed_count(paths))
    return Finding("worker closing, kill -9 at each statement", strikes, lost=lost)


def _torn_closing(here: Site) -> Finding:
    strikes, torn, _ = _kill_while_closing(here, "torn", "torn")
    return Finding("control: closing without a transaction", strikes, lost=torn, must_lose=True)


def _closed_count(paths: Sequence[str]) -> int:
    from exams.models import Attempt

    with database():
        return Attempt.objects.filter(pk__in=paths).closed().count()


def _worker_asleep(here: Site) -> Finding:
    """Deadlines pass while the worker is out for a minute: recorded soon after, as of then."""
    from exams.models import Attempt

    with _held(here):
        paths = _due_attempts(here, "asleep", 6)
        time.sleep(60)
    back = time.monotonic()
    while _closed_count(paths) < len(paths) and time.monotonic() < back + 30:
        time.sleep(0.1)
    took = time.monotonic() - back
    with database():
        wrong = sum(a.closed_at != a.deadline for a in Attempt.objects.filter(pk__in=paths))
    lost = wrong + _audited() + (took > 5)
    return Finding("worker out for a minute", 1, lost=lost, recoveries=[took])


def _browsers_gone(here: Site) -> Finding:
    """Nobody looks any more: attempts are recorded as closed within 5 s of their time."""
    paths = _due_attempts(here, "gone", 6)
    since = time.monotonic()
    while _closed_count(paths) < len(paths) and time.monotonic() < since + 30:
        time.sleep(0.1)
    took = time.monotonic() - since
    return Finding("every browser gone", 1, lost=int(took > 5), recoveries=[took])


def _worker_kills(here: Site) -> Finding:
    """B2: the running worker dies again and again while attempts end."""
    rounds = 6
    recoveries = []
    paths: list[str] = []
    for number in range(rounds):
        due = _due_attempts(here, f"worker{number}", 2)
        kill_hard([here.background_worker()])
        since = time.monotonic()
        while _closed_count(due) < len(due) and time.monotonic() < since + 60:
            time.sleep(0.1)
        recoveries.append(time.monotonic() - since)
        paths += due
    lost = len(paths) - _closed_count(paths) + _audited()
    return Finding("background worker, kill -9", rounds, lost=lost, recoveries=recoveries)


FAULTS: list[Callable[[Site], Finding]] = [
    _web_workers,
    _web_server,
    _postgres,
    _cuts,
    _browser,
    _deploy,
    _disk_full,
    _browsers_gone,
    _worker_asleep,
    _worker_kills,
    _closing,
    _torn_closing,
]


PHASES: dict[str, tuple[str, list[Callable[[Site], Finding]]]] = {
    "faults": ("tests.load.settings", FAULTS),
    "lying": ("tests.chaos.lying_settings", [_lying_server]),
    "forgetful": ("tests.load.settings", [_forgetful_postgres]),
}


if __name__ == "__main__":
    sys.exit(main())
