"""That nothing a test starts outlives it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests import processes

SLEEP = ["-c", "import time; print(flush=True); time.sleep(600)"]


def start(
    folder: Path = Path("/"), program: str | Path = sys.executable, **environment: str
) -> subprocess.Popen[bytes]:
    """A process that stands in ``folder``, with a session of its own."""
    started = subprocess.Popen(
        [program, *SLEEP],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert started.stdout is not None
    started.stdout.readline()
    started.stdout.close()
    return started


def is_gone(process: subprocess.Popen[bytes]) -> bool:
    # Whoever ended it may have fetched its exit code, which leaves none for this.
    process.wait(timeout=10)
    return not psutil.pid_exists(process.pid)


def test_what_works_in_a_folder_ends_with_it_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(sys.executable)
    with processes.folder_for_servers() as folder:
        inside = [start(folder, tmp_path / "postgres"), start(VAR_DIR=str(folder / "deeper"))]
        others = [start(folder), start(VAR_DIR=f"{folder}-of-somebody-else")]
        assert [one.poll() for one in (*inside, *others)] == [None] * 4
    try:
        assert all(map(is_gone, inside))
        assert [other.poll() for other in others] == [None, None]
        assert not folder.exists()
    finally:
        for other in others:
            other.kill()
            other.wait(timeout=10)


def test_what_a_test_without_an_end_left_is_ended_after_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with processes.folder_for_servers() as folder:
        left = start(VAR_DIR=str(folder))
        assert folder.name.startswith(processes.PREFIX)
        # Other tests of this run are at work in folders of theirs.
        monkeypatch.setattr(processes, "PREFIX", folder.name)
        told = processes.kill_what_this_run_left()
        assert is_gone(left)
    assert [line.split(":")[0] for line in told] == [str(left.pid)]
