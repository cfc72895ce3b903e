"""The real ``manage.py serve``: from an empty folder, through a kill, to a clean end."""

import contextlib
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from exam_platform import embedded_postgres, serve

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """A folder of its own to serve from, and the supervisor that serves from it now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.supervisors: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "serve"],
            env={
                "PATH": os.environ["PATH"],
                "LOCAL_MODE": "1",
                "VAR_DIR": str(self.folder),
                "PORT": str(self.port),
                "WEB_WORKERS": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.supervisors.append(started)
        return started

    def start_and_wait(self) -> str:
        """Start; return what was said until the first page could be served."""
        started = self.start()
        assert started.stdout is not None
        said = ""
        for line in started.stdout:
            said += line
            if line.startswith("Ready at"):
                return said
        pytest.fail(f"It ended instead of serving: {said}")

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as page:
            return int(page.status)

    def processes(self) -> list[psutil.Process]:
        return [one for one in psutil.process_iter() if serve.belongs_to(one, self.folder)]

    def postmaster(self) -> int:
        return int((self.folder / "pg" / "postmaster.pid").read_text().split("\n")[0])

    def wait_for_postgres(self) -> None:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up and not self._is_ready():
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        with contextlib.suppress(urllib.error.HTTPError):
            return embedded_postgres.is_running(self.folder / "pg") and self.get("/readyz") == 200
        return False

    def end(self) -> None:
        for one in self.supervisors:
            one.kill()
            one.communicate()
        serve.stop_leftovers(self.folder, print)
        embedded_postgres.stop(self.folder / "pg")


def _free_port() -> int:
    # Below 32768, from where the system gives no ports to clients meanwhile.
    for port in random.Random().sample(range(20000, 30000), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    pytest.fail("no free port")


@pytest.fixture
def site() -> Iterator[Site]:
    # Not tmp_path: as root Postgres runs as another user, who may not enter that folder.
    with tempfile.TemporaryDirectory(prefix="exam-platform-test-") as folder:
        Path(folder).chmod(0o755)
        site = Site(Path(folder))
        yield site
        site.end()


def test_a_site_starts_from_nothing_outlives_a_kill_and_ends_cleanly(site: Site) -> None:
    said = site.start_and_wait()
    assert re.search(r"admin@example\.com  password: \S{16}  \(shown only once\)", said)
    assert site.get("/readyz") == 200
    assert site.get("/accounts/login/") == 200

    second = site.start()
    refusal, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"127.0.0.1:{site.port}). Stop that one" in refusal

    site.supervisors[0].kill()
    site.supervisors[0].wait()
    assert site.processes()
    said = site.start_and_wait()
    assert "Ending processes that an earlier server left behind" in said
    assert "password" not in said
    assert site.get("/readyz") == 200

    psutil.Process(site.postmaster()).kill()
    site.wait_for_postgres()
    assert site.get("/readyz") == 200

    site.supervisors[-1].terminate()
    farewell, _ = site.supervisors[-1].communicate(timeout=60)
    assert farewell.endswith("Stopping\nStopped\n")
    assert site.supervisors[-1].returncode == 0
    assert site.processes() == []
    assert not embedded_postgres.is_running(site.folder / "pg")
