import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "shape-of-a-key-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "ALLOWED_HOSTS": "exams.example.com",
    "DATABASE_URL": "postgres://user:password@127.0.0.1:9/name",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``manage.py`` in a process of its own, which sees only this environment."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", PRODUCTION)
def test_a_missing_setting_of_production_is_named_with_what_to_do(missing: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}
    finished = manage("check", **environment)
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"ImproperlyConfigured: {missing} is not set. ")
    assert "LOCAL_MODE=1" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(("threads", "pool"), [("1", "1"), ("2", "2"), ("8", "8"), ("20", "8")])
def test_a_pool_in_which_a_save_could_wait_for_pages_is_refused(threads: str, pool: str) -> None:
    size = {"GRANIAN_BLOCKING_THREADS": threads, "DATABASE_POOL_MAX": pool}
    finished = manage("check", **PRODUCTION, **size)
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"ImproperlyConfigured: DATABASE_POOL_MAX is {pool}, ")
    assert f"Set it to {int(threads) + 1} or more." in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_pool_with_one_connection_more_than_threads_will_do() -> None:
    size = {"GRANIAN_BLOCKING_THREADS": "7", "DATABASE_POOL_MAX": "8"}
    assert manage("check", **PRODUCTION, **size).returncode == 0


def test_the_image_has_fewer_threads_than_the_pool_has_connections() -> None:
    image = (ROOT / "Dockerfile").read_text()
    threads = re.search(r"GRANIAN_BLOCKING_THREADS=(\d+)", image)
    assert threads is not None
    size = {"GRANIAN_BLOCKING_THREADS": threads[1]}
    assert manage("check", **PRODUCTION, **size).returncode == 0


def test_production_settings_pass_djangos_deployment_checks_in_silence() -> None:
    finished = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert finished.stdout == "System check identified no issues (0 silenced).\n"
    assert (finished.returncode, finished.stderr) == (0, "")
