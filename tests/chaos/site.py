"""The site under attack: the real ``serve`` command, and what is needed to break its parts."""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from exam_platform.serve import RENEW_SIGNAL
from tests.chaos.clients import Crowd, Stubborn
from tests.load.crowd import new_candidates
from tests.load.server import Server, running

VAR = Path(__file__).resolve().parents[2] / "var" / "chaos"
PRACTICE = "/exams/mla-c01/custom/"


@dataclass(frozen=True)
class Site:
    server: Server
    random: Random

    @property
    def port(self) -> int:
        return self.server.port

    def crowd(self, size: int, label: str, *, port: int = 0, stays_open: bool = False) -> Crowd:
        """Candidates with an attempt each, who reach the site by ``port``, or directly."""
        with database():
            candidates = new_candidates(port or self.port, size, label.lower())
        members = [Stubborn(candidate, PRACTICE) for candidate in candidates]
        for member in members:
            member.sign_in()
            member.begin()
        return Crowd(members, stays_open=stays_open)

    @property
    def log(self) -> str:
        """All that the server has written so far."""
        return VAR.with_suffix(".log").read_text()

    # ---- Its processes -------------------------------------------------------------------------

    def web_main(self) -> psutil.Process:
        return self._child("granian")

    def web_workers(self) -> list[psutil.Process]:
        """Those that live; waits for one where all of them are down."""
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            with contextlib.suppress(psutil.NoSuchProcess):
                if workers := self.web_main().children():
                    return workers
            time.sleep(0.02)
        raise RuntimeError("The web server has no workers.")

    def oldest_web_worker(self) -> psutil.Process:
        return min(self.web_workers(), key=lambda worker: worker.create_time())

    def background_worker(self) -> psutil.Process:
        return self._child("run_worker")

    def renew(self) -> None:
        """Ask for new code to come into service, as an operator does."""
        self.server.supervisor.send_signal(RENEW_SIGNAL)

    def postgres(self) -> list[psutil.Process]:
        """The postmaster first, then its backends."""
        pid = int((VAR / "pg" / "postmaster.pid").read_text().split("\n")[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def _child(self, word: str) -> psutil.Process:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            for child in self.server.supervisor.children():
                with contextlib.suppress(psutil.Error):
                    if word in " ".join(child.cmdline()):
                        return child
            time.sleep(0.02)
        raise RuntimeError(f"The supervisor runs no {word}.")


@contextlib.contextmanager
def site(port: int, settings: str) -> Iterator[Site]:
    """Serve with two web workers and a durable Postgres, from an empty folder."""
    with running(VAR, port, settings=settings) as server:
        yield Site(server, Random(port))  # moments to strike at


def is_healthy(here: Site) -> bool:
    """Whether a candidate can sign in, start and save, and no fault left anything behind."""
    try:
        (candidate,) = here.crowd(1, f"health{time.monotonic_ns()}").members
        candidate.save(1, 1, ("1",))
        candidate.candidate.web.close()
        left = _left_behind()
    except Exception:  # noqa: BLE001  # the answer is no, whatever the reason
        traceback.print_exc()
        return False
    return not left


def _left_behind() -> list[str]:
    """What faults add to the database and have to take away again."""
    from django.db import connection

    with database(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT spcname FROM pg_tablespace WHERE spcname LIKE 'chaos%' UNION ALL "
            "SELECT attname FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid "
            "WHERE relname LIKE 'exams%' AND attname LIKE 'chaos%' UNION ALL "
            "SELECT name FROM pg_settings WHERE sourcefile LIKE '%postgresql.auto.conf'"
        )
        return [name for (name,) in cursor]


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Queries of this process, over connections of their own that no kill has broken."""
    from django.db import connection

    connection.close()
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # Postgres' own


def forget_host() -> None:
    """Let the next connection look where the server is: each new site has one of its own."""
    from django.db import connection

    connection.close()
    connection.settings_dict["HOST"] = ""


def execute(*statements: str) -> None:
    from django.db import connection

    with database(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def kill_hard(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def strike(
    here: Site,
    crowd: Crowd,
    *,
    times: int,
    victims: Callable[[], Sequence[psutil.Process]],
    pause: tuple[float, float],
) -> list[float]:
    """Kill ``victims`` at random moments; the recovery after each kill."""
    recoveries = []
    for _ in range(times):
        time.sleep(here.random.uniform(*pause))
        kill_hard(victims())
        recoveries.append(recovery(crowd, time.monotonic()))
    return recoveries


def recovery(crowd: Crowd, since: float) -> float:
    """How long it took until every candidate had a save acknowledged that came after ``since``."""
    give_up = since + 60
    while time.monotonic() < give_up:
        if (last := crowd.all_acknowledged_since(since)) is not None:
            return last - since
        time.sleep(0.01)
    raise RuntimeError("A candidate had no save acknowledged for a minute after a strike.")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether ``condition`` came true in that time."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def wait_or_fail(condition: Callable[[], bool], seconds: float, problem: str) -> None:
    """Raise RuntimeError with ``problem`` if ``condition`` does not come true in that time."""
    if not wait_until(condition, seconds):
        raise RuntimeError(problem)
