"""The real ``manage.py serve``: from an empty folder, through a kill, to a clean end."""

import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from exam_platform import embedded_postgres, serve
from tests.processes import folder_for_servers

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 180
# More than a web worker has connections: none of them may be left broken.
READY_CHECKS = 20


class Site:
    """A folder of its own to serve from, and the supervisor that serves from it now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.supervisors: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        # To a file, not a pipe: one that nobody reads stops the site when it is full, and one
        # that the children of a killed supervisor hold open has no end.
        with self._log(len(self.supervisors)).open("wb") as log:
            started = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "serve"],
                env={
                    "PATH": os.environ["PATH"],
                    "LOCAL_MODE": "1",
                    "VAR_DIR": str(self.folder),
                    "PORT": str(self.port),
                    "WEB_WORKERS": "1",
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.supervisors.append(started)
        return started

    def _log(self, number: int) -> Path:
        return self.folder / f"serve-{number}.log"

    @property
    def said(self) -> str:
        """What the latest supervisor and its children wrote so far."""
        return self._log(len(self.supervisors) - 1).read_text()

    def start_and_wait(self) -> str:
        """Start; return what was said until the first page could be served."""
        started = self.start()
        wait_for(lambda: "Ready at" in self.said or started.poll() is not None)
        assert started.poll() is None, f"It ended instead of serving: {self.said}"
        return self.said

    def get(self, path: str) -> int:
        """The status of a page; 0 when nobody answers."""
        address = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(address, timeout=10) as page:
                return int(page.status)
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return 0

    def processes(self) -> list[psutil.Process]:
        return [one for one in psutil.process_iter() if serve.belongs_to(one, self.folder)]

    def postmaster(self) -> int:
        """The number of the server's main process; 0 while there is none."""
        try:
            return int((self.folder / "pg" / "postmaster.pid").read_text().split("\n")[0])
        except FileNotFoundError:
            return 0

    def kill_postgres(self) -> None:
        """Kill it, and wait until another one runs and is reached.

        Until the old one is replaced its sessions may still answer.
        """
        old = self.postmaster()
        psutil.Process(old).kill()
        wait_for(lambda: self.postmaster() not in {0, old} and self.get("/readyz") == 200)

    def end(self) -> None:
        for supervisor in self.supervisors:
            supervisor.kill()
            supervisor.wait(WAIT_SECONDS)


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def _free_port() -> int:
    # Below 32768, from where the system gives no ports to clients meanwhile.
    for port in random.Random().sample(range(20000, 30000), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    pytest.fail("no free port")


@pytest.fixture
def site() -> Iterator[Site]:
    with folder_for_servers() as folder:
        site = Site(folder)
        try:
            yield site
        finally:
            site.end()


@pytest.mark.timeout(4 * WAIT_SECONDS)
def test_a_site_starts_from_nothing_outlives_a_kill_and_ends_cleanly(site: Site) -> None:
    said = site.start_and_wait()
    assert re.search(r"admin@example\.com  password: \S{16}  \(shown only once\)", said)
    assert site.get("/readyz") == 200
    assert site.get("/accounts/login/") == 200

    second = site.start()
    assert second.wait(WAIT_SECONDS) == 1
    assert f"127.0.0.1:{site.port}). Stop that one" in site.said

    site.supervisors[0].kill()
    site.supervisors[0].wait(WAIT_SECONDS)
    assert site.processes()
    said = site.start_and_wait()
    assert "Ending processes that an earlier server left behind" in said
    assert "password" not in said
    assert site.get("/readyz") == 200

    site.kill_postgres()
    for _ in range(READY_CHECKS):
        assert site.get("/readyz") == 200

    site.supervisors[-1].terminate()
    assert site.supervisors[-1].wait(WAIT_SECONDS) == 0
    assert site.said.endswith("Stopping\nStopped\n")
    assert site.processes() == []
    assert not embedded_postgres.is_running(site.folder / "pg")
