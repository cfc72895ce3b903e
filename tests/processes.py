"""Servers that tests start: each has a folder of its own, and ends with it.

Whatever works in such a folder is found by it: Postgres stands in its data, our own processes
have VAR_DIR. So nothing outlives its test, nor, if the test itself was ended, the whole run.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from exam_platform import embedded_postgres
from exam_platform.embedded_postgres import PostgresUnavailable

END_SECONDS = 10
# Of the process that began the run; the processes of xdist inherit it.
RUN = os.environ.setdefault("EXAM_PLATFORM_TEST_RUN", str(os.getpid()))
PREFIX = f"exam-platform-test-{RUN}-"


@contextlib.contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A new folder; the Postgres in ``pg`` is stopped at the end, and whatever else works there.

    Not tmp_path: as root Postgres runs as another user, who may not enter that folder.
    """
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        try:
            yield Path(folder)
        finally:
            # In order first: a Postgres that is killed leaves its socket and its shared memory.
            with contextlib.suppress(PostgresUnavailable):
                embedded_postgres.stop(Path(folder, "pg"))
            kill_all(working_in(folder))


def kill_what_this_run_left() -> list[str]:
    """The same for all folders of this run; the command lines of what was killed."""
    start = str(Path(tempfile.gettempdir(), PREFIX))
    left = _standing(lambda place: place.startswith(start))
    told = [_told(process) for process in left]
    kill_all(left)
    return told


def working_in(folder: str | Path) -> list[psutil.Process]:
    """Other processes whose folder of work, or VAR_DIR, is ``folder`` or lies in it."""
    return _standing(lambda place: place == str(folder) or place.startswith(f"{folder}/"))


def _standing(is_meant: Callable[[str], bool]) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and any(map(is_meant, _places_of(process)))
    ]


def _places_of(process: psutil.Process) -> Iterator[str]:
    with contextlib.suppress(psutil.Error, OSError):
        if process.status() != psutil.STATUS_ZOMBIE:
            # Of Postgres only: a person may look around in such a folder too.
            if process.name() == "postgres":
                yield process.cwd()
            yield process.environ().get("VAR_DIR", "")


def _told(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid}: {' '.join(process.cmdline())}"
    return str(process.pid)


def kill_all(processes: list[psutil.Process]) -> None:
    """End them hard, and wait until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=END_SECONDS)
