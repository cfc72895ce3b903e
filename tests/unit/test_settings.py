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
        timeout=60,
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


@pytest.mark.parametrize("hsts", [{}, {"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}])
def test_production_settings_pass_djangos_deployment_checks_in_silence(
    hsts: dict[str, str],
) -> None:
    finished = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, **hsts)
    silenced = 0 if hsts else 2
    assert finished.stdout == f"System check identified no issues ({silenced} silenced).\n"
    assert (finished.returncode, finished.stderr) == (0, "")


def value_of(setting: str, **environment: str) -> str:
    """What a setting is in production, as Python writes it."""
    code = f"from exam_platform import settings; print(repr(settings.{setting}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **PRODUCTION, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()


@pytest.mark.parametrize("name", ["INCLUDE_SUBDOMAINS", "PRELOAD"])
def test_strict_transport_reaches_beyond_the_site_only_when_that_is_asked_for(name: str) -> None:
    asked = {"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}
    assert value_of(f"SECURE_HSTS_{name}") == "False"
    assert value_of(f"SECURE_HSTS_{name}", **asked) == "True"


def test_cursors_stay_on_our_side_where_a_pooler_may_stand_between() -> None:
    setting = 'DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]'
    assert value_of(setting) == "True"
    assert value_of(setting, DATABASE_PREPARED_STATEMENTS="1") == "False"
