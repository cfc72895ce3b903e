"""The project's own Postgres is started by the first connection, and by nothing before it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exam_platform import embedded_postgres
from tests.processes import folder_for_servers

ROOT = Path(__file__).resolve().parents[2]
MANAGE = str(ROOT / "manage.py")
WAIT_SECONDS = 120
IMPORT = "from exam_platform import settings; settings.DATABASES"
AS_MYPY = "from mypy_django_plugin.django import context as c; c.DjangoContext({!r})"
NEED_NO_SERVER = {
    "import of the settings": ["-c", IMPORT],
    "the type checker's plugin": ["-c", AS_MYPY.format("exam_platform.settings")],
    "--help": [MANAGE, "--help"],
    "serve --help": [MANAGE, "serve", "--help"],
    "check": [MANAGE, "check"],
    "lint_bank": [MANAGE, "lint_bank", "fixtures/mla-c02"],
}


def run(var: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, in local mode, with its data in ``var``."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LOCAL_MODE": "1",
        "LOCAL_POSTGRES_DURABLE": "0",
        "VAR_DIR": str(var),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment | more,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_SECONDS,
    )


@pytest.fixture
def var() -> Iterator[Path]:
    with folder_for_servers() as folder:
        yield folder


@pytest.mark.parametrize("arguments", NEED_NO_SERVER.values(), ids=NEED_NO_SERVER)
def test_what_asks_the_database_nothing_starts_none(var: Path, arguments: list[str]) -> None:
    finished = run(var, *arguments)
    assert finished.returncode == 0, finished.stderr
    assert [path.name for path in var.glob("pg*")] == []


def test_the_first_connection_starts_the_server_and_the_next_command_finds_it(var: Path) -> None:
    ask = (MANAGE, "dbshell", "--", "-tAc", "SELECT pg_postmaster_start_time()")
    programs = f"{embedded_postgres.binaries()}{os.pathsep}{os.environ['PATH']}"
    first, second = run(var, *ask, PATH=programs), run(var, *ask, PATH=programs)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout != ""
    host = run(var, "-m", embedded_postgres.__name__, "host", str(var / "pg"))
    assert Path(host.stdout.strip(), ".s.PGSQL.5432").exists()


def test_a_server_that_cannot_be_started_is_told_in_one_line(var: Path) -> None:
    finished = run(var, MANAGE, "audit_attempts", PG_BIN="/nowhere")
    assert finished.returncode == 1
    assert finished.stderr.startswith("PostgresUnavailable: /nowhere/initdb cannot be run")
    assert "Traceback" not in finished.stderr


def test_the_host_of_a_server_that_does_not_run_is_not_told(var: Path) -> None:
    told = run(var, "-m", embedded_postgres.__name__, "host", str(var / "pg"))
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f"No server runs in {var / 'pg'}.\n"
