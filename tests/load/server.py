"""The server under load: the project's own ``serve`` command, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.processes import kill_all, working_in

READY = "Ready at"
START_SECONDS = 120
STOP_SECONDS = 60


@dataclass(frozen=True)
class Processor:
    """Processor seconds used so far by the web processes and by Postgres."""

    web: float
    postgres: float

    @property
    def total(self) -> float:
        return self.web + self.postgres

    def __sub__(self, earlier: Processor) -> Processor:
        return Processor(self.web - earlier.web, self.postgres - earlier.postgres)


@dataclass(frozen=True)
class Server:
    port: int
    supervisor: psutil.Process
    postmaster: psutil.Process

    def processor(self) -> Processor:
        web = [
            process
            for child in self.supervisor.children()
            if "granian" in " ".join(child.cmdline())
            for process in (child, *child.children(recursive=True))
        ]
        postgres = [self.postmaster, *self.postmaster.children(recursive=True)]
        return Processor(_seconds(web), _seconds(postgres))


def _seconds(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            # Children that have ended are in their parent's account.
            total += times.user + times.system + times.children_user + times.children_system
    return total


@contextlib.contextmanager
def running(
    var: Path,
    port: int,
    *,
    settings: str = "tests.load.settings",
    **more: str,
) -> Iterator[Server]:
    """Serve from ``var``, emptied, on ``port``, with durable Postgres and two workers.

    ``more``: settings from the environment.
    """
    # Of a run that was killed; its Postgres would go on writing into a deleted folder.
    kill_all(working_in(var))
    shutil.rmtree(var, ignore_errors=True)
    environment = os.environ | {
        "LOCAL_MODE": "1",
        "VAR_DIR": str(var),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": settings,
        # All candidates of the bench come from one address.
        "SIGN_INS_PER_MINUTE": "1000000",
        **more,
    }
    # A file, not a pipe: a pipe that nobody reads stops the server when it is full.
    var.parent.mkdir(parents=True, exist_ok=True)
    log = var.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, log)
        pid = int((var / "pg" / "postmaster.pid").read_text().split("\n")[0])
        yield Server(port, psutil.Process(process.pid), psutil.Process(pid))
    finally:
        _stop(process, var)


def _stop(process: subprocess.Popen[bytes], var: Path) -> None:
    """In order if it can be; in any case nothing that works in ``var`` is left."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=STOP_SECONDS)
    kill_all(working_in(var))


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while READY not in log.read_text():
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"The server did not start:\n{log.read_text()}")
        time.sleep(0.1)
