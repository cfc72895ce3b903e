import os
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


def test_a_pool_without_a_connection_to_spare_for_saves_is_refused() -> None:
    finished = manage("check", **PRODUCTION, DATABASE_POOL_MAX="1")
    assert finished.returncode == 1
    assert finished.stderr.startswith("ImproperlyConfigured: DATABASE_POOL_MAX is 1. ")


def test_production_settings_pass_djangos_deployment_checks_in_silence() -> None:
    finished = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert finished.stdout == "System check identified no issues (0 silenced).\n"
    assert (finished.returncode, finished.stderr) == (0, "")
