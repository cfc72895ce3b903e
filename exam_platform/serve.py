"""One machine's supervisor: keeps the web server, the worker and the embedded Postgres running.

Children are started in sessions of their own, so that a Ctrl-C reaches the supervisor alone and
it decides the order of stopping. Each carries MARKER in its environment: whatever a killed
supervisor left behind is found by it, and stopped, at the next start.
"""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

import psutil

MARKER = "EXAM_PLATFORM_SERVED_FROM"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Not SIGHUP: a terminal that is closed sends it, and then the end is meant.
RENEW_SIGNAL = signal.SIGUSR1
# Granian ends its own workers after 30 s; only then is it killed.
STOP_SECONDS = 35
LEFTOVER_SECONDS = 5
ANSWER_SECONDS = 60
LONGEST_BACK_OFF_SECONDS = 30
# A child that ran this long before it ended is started again at once.
STEADY_SECONDS = 60
POLL_SECONDS = 0.1

Say = Callable[[str], None]


class CannotServe(RuntimeError):
    """The server cannot start; the message says why and what to do."""


class Stopped(BaseException):
    """A signal asked for the end; raised wherever the supervisor happens to be."""


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @classmethod
    def from_environment(cls) -> Self:
        port = os.environ.get("PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CannotServe(f"PORT is {port!r}; it must be a number from 1 to 65535.")
        return cls(os.environ.get("HOST") or "127.0.0.1", int(port))

    def __str__(self) -> str:
        host = {"0.0.0.0": "localhost", "::": "localhost"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def refuse_if_taken(self) -> None:
        """Granian would share a taken port silently, or end in a backtrace."""
        try:
            family, kind, _, _, where = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM
            )[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(where)
        except OSError as error:
            raise CannotServe(
                f"Port {self.port} on {self.host} cannot be used ({error.strerror}). "
                f"Choose another one, for instance: PORT={self.port + 1} make run"
            ) from error

    def answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        request = http.client.HTTPConnection(host, self.port, timeout=2)
        with contextlib.closing(request), contextlib.suppress(OSError, http.client.HTTPException):
            request.request("GET", "/livez")
            return request.getresponse().status > 0
        return False


@contextlib.contextmanager
def only_supervisor(folder: Path) -> Iterator[None]:
    """Hold the lock of ``folder``; the system frees it however this process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotServe(
                f"Already being served from {folder} ({lock.read().strip()}). Stop that one, or "
                "run a second one with data and port of its own: VAR_DIR=… PORT=8001 make run"
            ) from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {Address.from_environment()}\n")
        lock.flush()
        yield


def stop_leftovers(folder: Path, say: Say) -> None:
    """End the children that an earlier supervisor of ``folder`` was killed too soon to end."""
    left = [process for process in psutil.process_iter() if belongs_to(process, folder)]
    if left:
        say(f"Ending processes that an earlier server left behind: {len(left)}")
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=LEFTOVER_SECONDS)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=LEFTOVER_SECONDS)


def belongs_to(process: psutil.Process, folder: Path) -> bool:
    """Whether a supervisor of ``folder`` started ``process``, or a process that did."""
    try:
        return bool(process.environ().get(MARKER) == str(folder))
    except (psutil.Error, OSError):
        return False


def start_marked(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a process that the supervisor of ``folder`` can find again."""
    return subprocess.Popen(
        command,
        env=os.environ | {MARKER: str(folder)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


@dataclass
class Child:
    """A process that is started again whenever it ends, later each time it ends early.

    ``renew_signal`` makes it go over to new code: by ending, or by a graceful way of its own.
    """

    name: str
    command: list[str]
    renew_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    early_ends: int = 0
    start_at: float = 0.0
    is_renewing: bool = False

    def look_after(self, folder: Path, say: Say) -> None:
        now = time.monotonic()
        if self.process is None and now >= self.start_at:
            self._start(folder, now)
        elif self.process is not None and self.process.poll() is not None:
            self._plan_restart(self.process.returncode, now, say)

    def _start(self, folder: Path, now: float) -> None:
        self.started = now
        self.process = start_marked(self.command, folder)

    def renew(self) -> None:
        if self.process is not None:
            self.is_renewing = self.renew_signal == signal.SIGTERM
            self.process.send_signal(self.renew_signal)

    def _plan_restart(self, code: int, now: float, say: Say) -> None:
        self.process = None
        if self.is_renewing:
            self.is_renewing = False
            return
        self.early_ends = 0 if now - self.started > STEADY_SECONDS else self.early_ends + 1
        pause = min(2 ** (self.early_ends - 2), LONGEST_BACK_OFF_SECONDS)
        self.start_at = now + pause
        say(f"The {self.name} ended (code {code}); starting it again in {pause:g} s")

    def stop(self, seconds: float) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Supervisor:
    """Runs ``children`` until a signal comes; ``keep_up`` is called about once a second.

    RENEW_SIGNAL brings new code into service: ``prepare`` is run, and when it has succeeded the
    children go over to the new code. Nobody is kept waiting meanwhile.
    """

    folder: Path
    address: Address
    children: list[Child]
    say: Say
    keep_up: Callable[[], None]
    prepare: list[str]
    preparing: subprocess.Popen[bytes] | None = None
    renewal_wanted: bool = False

    def run(self) -> None:
        signal.signal(RENEW_SIGNAL, self._want_renewal)
        try:
            if self._answers_in_time():
                self.say(f"Ready at {self.address} (Ctrl-C ends it)")
            else:
                self.say(f"No answer at {self.address} yet; still trying (Ctrl-C ends it)")
            while True:
                self.keep_up()
                self.renew_if_wanted()
                self._look_after(self.children, seconds=1)
        finally:
            ignore_signals()
            self.say("Stopping")
            for child in self.children:
                child.stop(STOP_SECONDS)

    def _want_renewal(self, number: int, frame: FrameType | None) -> None:
        self.renewal_wanted = True

    def renew_if_wanted(self) -> None:
        """Take the next step of a renewal, if there is one to take."""
        if self.preparing is None and self.renewal_wanted:
            self.renewal_wanted = False
            self.say("Preparing the new code")
            self.preparing = start_marked(self.prepare, self.folder)
        elif self.preparing is not None and self.preparing.poll() is not None:
            code, self.preparing = self.preparing.returncode, None
            if code:
                self.say(f"Preparing failed (code {code}); the old code goes on serving")
                return
            self.say("Going over to the new code")
            for child in self.children:
                child.renew()

    def _answers_in_time(self) -> bool:
        # The web server first, alone: the other children's start would delay its first page.
        give_up = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < give_up:
            self._look_after(self.children[:1], seconds=POLL_SECONDS)
            if self.address.answers():
                return True
        return False

    def _look_after(self, children: list[Child], seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for child in children:
                child.look_after(self.folder, self.say)
            time.sleep(POLL_SECONDS)


def stop_on_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, _raise_stopped)
    # Until there is somebody to renew; its default would end this process.
    signal.signal(RENEW_SIGNAL, lambda *_: None)


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def ignore_signals() -> None:
    # An impatient second Ctrl-C must not keep Postgres from being stopped in order.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def web_server(address: Address, *, threads: int) -> Child:
    """Granian, with ``WEB_WORKERS`` processes of ``threads`` threads each."""
    workers = os.environ.get("WEB_WORKERS") or "2"
    if not workers.isdecimal() or int(workers) < 1:
        raise CannotServe(f"WEB_WORKERS is {workers!r}; it must be a number from 1.")
    where = ["--host", address.host, "--port", str(address.port)]
    size = ["--workers", workers, "--blocking-threads", str(threads)]
    upkeep = ["--respawn-failed-workers", "--workers-kill-timeout", "30"]
    quiet = ["--no-ws", "--no-access-log", "--log-level", "warning"]
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi"]
    application = "exam_platform.wsgi:application"
    command = [*granian, *where, *size, *upkeep, *quiet, application]
    return Child("web server", command, renew_signal=signal.SIGHUP)


def background_worker(manage: Path) -> Child:
    return Child("worker", [sys.executable, str(manage), "run_worker"])
