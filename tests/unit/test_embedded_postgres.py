import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from exam_platform import embedded_postgres
from exam_platform.embedded_postgres import PostgresUnavailable, ensure, is_running, stop
from tests.processes import folder_for_servers

ENSURE_AND_ASK = """
import sys
from pathlib import Path
import psycopg
from exam_platform import embedded_postgres
host = embedded_postgres.ensure(Path(sys.argv[1]), durable=False)
with psycopg.connect(dbname="postgres", user="postgres", host=str(host)) as connection:
    print(connection.execute("SELECT pg_postmaster_start_time()").fetchone()[0])
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A place where no cluster is yet."""
    with folder_for_servers() as folder:
        yield folder / "pg"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A durable cluster that tests share; each may stop or kill its server."""
    with folder_for_servers() as folder:
        ensure(folder / "pg")
        yield folder / "pg"


def connect(host: Path) -> psycopg.Connection[Any]:
    return psycopg.connect(dbname="postgres", user="postgres", host=str(host))


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split("\n")[0])


def ask(host: Path, query: str) -> Any:
    with connect(host) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def wait_until_gone(data: Path) -> None:
    give_up = time.monotonic() + 60
    while is_running(data):
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_the_first_start_makes_a_durable_cluster_without_a_network_port(data: Path) -> None:
    host = ensure(data)
    assert is_running(data)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert ask(host, f"SHOW {setting}") == "on"
    assert ask(host, "SHOW listen_addresses") == ""
    assert ask(host, "SHOW server_encoding") == "UTF8"


def test_a_second_process_attaches_to_the_running_server(cluster: Path) -> None:
    ensure(cluster)
    first = postmaster(cluster)
    ensure(cluster)
    assert postmaster(cluster) == first


def test_committed_rows_survive_a_killed_server(cluster: Path) -> None:
    with connect(ensure(cluster)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    os.kill(postmaster(cluster), signal.SIGKILL)
    wait_until_gone(cluster)
    assert not is_running(cluster)
    assert ask(ensure(cluster), "SELECT count(*) FROM kept") == 1000


def test_a_killed_server_that_is_still_ending_is_waited_for(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(cluster)
    old = postmaster(cluster)
    os.kill(old, signal.SIGKILL)
    wait_until_gone(cluster)
    # For a moment such a process stands in no folder any more, and its number is still taken.
    looks = iter([False] * 3)
    is_dead = embedded_postgres._is_dead
    monkeypatch.setattr(
        embedded_postgres,
        "_is_dead",
        lambda pid: next(looks, True) if pid == old else is_dead(pid),
    )
    assert ask(ensure(cluster), "SELECT 1") == 1
    assert list(looks) == []


def test_the_number_of_a_dead_server_may_belong_to_another_process(cluster: Path) -> None:
    ensure(cluster)
    os.kill(postmaster(cluster), signal.SIGKILL)
    wait_until_gone(cluster)
    lines = (cluster / "postmaster.pid").read_text().split("\n")
    with psutil.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (cluster / "postmaster.pid").write_text("\n".join([str(other.pid), *lines[1:]]))
        assert embedded_postgres._works_elsewhere(other.pid, cluster)
        assert not is_running(cluster)
        other.kill()


def test_six_processes_at_once_get_one_and_the_same_server(data: Path) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", ENSURE_AND_ASK, str(data)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    answers = [starter.communicate(timeout=120)[0] for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 6
    assert len(set(answers)) == 1


def test_a_stopped_server_starts_again_with_its_rows(cluster: Path) -> None:
    with connect(ensure(cluster)) as connection:
        connection.execute("CREATE TABLE seven AS SELECT 7 AS number")
    stop(cluster)
    assert not is_running(cluster)
    assert ask(ensure(cluster), "SELECT number FROM seven") == 7


def test_stopping_what_does_not_run_does_nothing(data: Path) -> None:
    stop(data)
    assert not data.exists()


def test_a_cluster_whose_making_was_interrupted_is_made_anew(data: Path) -> None:
    half_made = data.with_name("pg.new-interrupted")
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    assert ask(ensure(data, durable=False), "SELECT 1") == 1
    assert not half_made.exists()


def test_a_new_cluster_does_not_meet_the_server_of_a_deleted_one(data: Path) -> None:
    with connect(ensure(data, durable=False)) as connection:
        connection.execute("CREATE TABLE old ()")
    shutil.rmtree(data)
    assert ask(ensure(data, durable=False), "SELECT to_regclass('old')") is None


def test_a_folder_that_is_no_cluster_is_left_alone(data: Path) -> None:
    data.mkdir(parents=True)
    (data / "thesis.txt").write_text("years of work")
    with pytest.raises(PostgresUnavailable, match="move it out of the way"):
        ensure(data, durable=False)
    assert (data / "thesis.txt").read_text() == "years of work"


def test_a_folder_that_only_its_owner_may_enter_will_do(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a container that keeps the project, programs and all, in root's home.
    data.with_name("programs").symlink_to(embedded_postgres.binaries().parent)
    monkeypatch.setenv("PG_BIN", str(data.with_name("programs") / "bin"))
    data.parent.chmod(0o700)
    host = ensure(data, durable=False)
    assert ask(host, "SELECT 1") == 1
    os.kill(postmaster(data), signal.SIGKILL)
    wait_until_gone(data)
    assert ask(ensure(data, durable=False), "SELECT 1") == 1


def test_missing_programs_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", "/nowhere")
    with pytest.raises(PostgresUnavailable, match="/nowhere/initdb cannot be run"):
        ensure(data, durable=False)


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    ensure(data, durable=False)
    stop(data)
    (data / "postgresql.conf").write_text("max_connections = none\n")
    with pytest.raises(PostgresUnavailable, match="could not start server"):
        ensure(data, durable=False)


def test_the_command_line_stops_a_server(cluster: Path) -> None:
    ensure(cluster)
    command = [sys.executable, "-m", embedded_postgres.__name__, "stop", str(cluster)]
    subprocess.run(command, check=True, timeout=120)
    assert not is_running(cluster)
