import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exam_platform import serve
from exam_platform.serve import Address, CannotServe, Child, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
FAIL = [sys.executable, "-c", "raise SystemExit(3)"]
STUBBORN = [
    sys.executable,
    "-c",
    (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    ),
]
TELLING = [
    sys.executable,
    "-c",
    (
        "import pathlib, signal, sys, time; told = pathlib.Path(sys.argv[1]);"
        "signal.signal(signal.SIGHUP, lambda *_: told.write_text('told'));"
        "told.touch(); time.sleep(600)"
    ),
]


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


class Lines(list[str]):
    """Collects what a supervisor says."""

    def __call__(self, line: str) -> None:
        self.append(line)


@pytest.fixture
def child() -> Iterator[Callable[[list[str]], Child]]:
    made: list[Child] = []

    def make(command: list[str]) -> Child:
        made.append(Child("worker", command))
        return made[-1]

    yield make
    for one in made:
        one.stop(seconds=5)


def test_the_address_has_defaults_and_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    assert str(Address.from_environment()) == "http://127.0.0.1:8000"
    monkeypatch.setenv("HOST", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv("PORT", "8080")
    assert str(Address.from_environment()) == "http://localhost:8080"


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_named(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(CannotServe, match=f"PORT is '{port}'"):
        Address.from_environment()


@pytest.mark.parametrize("workers", ["many", "0"])
def test_a_number_of_workers_that_is_none_is_named(
    workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_WORKERS", workers)
    with pytest.raises(CannotServe, match=f"WEB_WORKERS is '{workers}'"):
        serve.web_server(Address("127.0.0.1", 8000), threads=2)


def test_the_web_server_has_the_threads_that_the_pool_was_checked_for() -> None:
    command = serve.web_server(Address("127.0.0.1", 8000), threads=3).command
    assert command[command.index("--blocking-threads") + 1] == "3"


def test_a_taken_port_is_refused_in_one_line_that_says_how_to_choose_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotServe) as refused:
            Address("127.0.0.1", port).refuse_if_taken()
    line = str(refused.value)
    assert line.startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert line.endswith(f"PORT={port + 1} make run")
    assert "\n" not in line


def test_a_port_that_was_just_given_up_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    Address("127.0.0.1", port).refuse_if_taken()


def test_a_folder_has_one_supervisor_at_a_time(tmp_path: Path) -> None:
    with (
        serve.only_supervisor(tmp_path),
        pytest.raises(CannotServe, match=f"Already being served from .*process {os.getpid()}"),
        serve.only_supervisor(tmp_path),
    ):
        pytest.fail("two supervisors at once")
    with serve.only_supervisor(tmp_path):
        pass


def test_a_child_that_dies_is_started_again(
    tmp_path: Path, child: Callable[[list[str]], Child]
) -> None:
    worker, said = child(SLEEP), Lines()
    worker.look_after(tmp_path, said)
    assert worker.process is not None
    first = worker.process
    first.kill()
    give_up = time.monotonic() + 60
    while worker.process in {None, first} and time.monotonic() < give_up:
        worker.look_after(tmp_path, said)
    assert worker.process not in {None, first}
    assert said == ["The worker ended (code -9); starting it again in 0.5 s"]


def test_a_child_that_keeps_dying_is_started_again_ever_later(
    tmp_path: Path, child: Callable[[list[str]], Child]
) -> None:
    worker, said = child(FAIL), Lines()
    for _ in range(9):
        worker.start_at = 0
        worker.look_after(tmp_path, said)
        assert worker.process is not None
        worker.process.wait(timeout=30)
        worker.look_after(tmp_path, said)
    pauses = [line.split(" in ")[1] for line in said]
    assert pauses == ["0.5 s", "1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s", "30 s"]


def test_a_child_that_ends_for_new_code_is_started_again_at_once(
    tmp_path: Path, child: Callable[[list[str]], Child]
) -> None:
    worker, said = child(SLEEP), Lines()
    worker.look_after(tmp_path, said)
    first = worker.process
    assert first is not None
    worker.renew()
    first.wait(timeout=60)
    worker.look_after(tmp_path, said)
    worker.look_after(tmp_path, said)
    assert worker.process not in {None, first}
    assert said == []


def test_a_child_with_a_graceful_way_to_new_code_is_only_told(
    tmp_path: Path, child: Callable[[list[str]], Child]
) -> None:
    web = child([*TELLING, str(tmp_path / "told")])
    web.renew_signal = signal.SIGHUP
    web.look_after(tmp_path, Lines())
    assert web.process is not None
    wait_for((tmp_path / "told").exists)
    web.renew()
    wait_for(lambda: (tmp_path / "told").read_text() == "told")
    assert web.process.poll() is None


@pytest.fixture
def supervisor(tmp_path: Path, child: Callable[[list[str]], Child]) -> Supervisor:
    def nothing() -> None:
        pass

    address = Address("127.0.0.1", 8000)
    running = [child(SLEEP)]
    running[0].look_after(tmp_path, Lines())
    return Supervisor(tmp_path, address, running, Lines(), nothing, prepare=[])


def renew(supervisor: Supervisor, prepare: list[str]) -> tuple[object, list[str]]:
    """Go through a renewal; which process runs afterwards and what was said."""
    supervisor.prepare, supervisor.renewal_wanted = prepare, True
    supervisor.renew_if_wanted()
    assert supervisor.preparing is not None
    supervisor.preparing.wait(timeout=60)
    supervisor.renew_if_wanted()
    worker, said = supervisor.children[0], supervisor.say
    assert isinstance(said, Lines)
    assert worker.process is not None
    if worker.is_renewing:
        worker.process.wait(timeout=60)
    for _ in range(2):
        worker.look_after(supervisor.folder, said)
    return worker.process, said


def test_new_code_comes_into_service_when_it_is_prepared(supervisor: Supervisor) -> None:
    before = supervisor.children[0].process
    after, said = renew(supervisor, [sys.executable, "-c", ""])
    assert after not in {None, before}
    assert said == ["Preparing the new code", "Going over to the new code"]


def test_the_old_code_goes_on_serving_when_the_new_one_cannot_be_prepared(
    supervisor: Supervisor,
) -> None:
    before = supervisor.children[0].process
    after, said = renew(supervisor, FAIL)
    assert after == before
    assert said[-1] == "Preparing failed (code 3); the old code goes on serving"


def test_a_child_that_will_not_stop_is_killed(
    tmp_path: Path, child: Callable[[list[str]], Child]
) -> None:
    worker = child([*STUBBORN, str(tmp_path / "ready")])
    worker.look_after(tmp_path, Lines())
    wait_for((tmp_path / "ready").exists)
    assert worker.process is not None
    worker.stop(seconds=0.1)
    assert worker.process.returncode == -signal.SIGKILL


def test_what_a_killed_supervisor_left_is_ended_and_nothing_else(
    tmp_path: Path, child: Callable[[list[str]], Child]
) -> None:
    left, others, said = child(SLEEP), child(SLEEP), Lines()
    left.look_after(tmp_path / "ours", said)
    others.look_after(tmp_path / "another", said)
    assert left.process is not None
    assert others.process is not None
    serve.stop_leftovers(tmp_path / "ours", said)
    assert left.process.poll() is not None
    assert others.process.poll() is None
    assert said == ["Ending processes that an earlier server left behind: 1"]
