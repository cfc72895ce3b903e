"""The site under attack: the real ``serve`` command, and what is needed to break its parts."""

from __future__ import annotations

import contextlib
import signal
import time
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
def site(port: int, settings: str = "tests.load.settings", *, fresh: bool = True) -> Iterator[Site]:
    """Serve with two web workers and a durable Postgres, from an empty folder if ``fresh``."""
    with running(VAR, port, settings=settings, fresh=fresh) as server:
        yield Site(server, Random(port))  # moments to strike at


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
