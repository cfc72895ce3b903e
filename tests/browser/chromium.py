"""The Chromium that browser tests drive: found, or installed by ``python -m`` of this module."""

import os
import shutil
import subprocess
import sys

# What people and images usually have; the first that runs is taken.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = (
    "No Chromium for the browser tests. Install one, for instance by\n"
    "    sudo apt-get install chromium\n"
    "or  .venv/bin/playwright install --with-deps chromium\n"
    "or set CHROMIUM to the path of one that is there."
)
# Playwright wants an event loop of its own, so it is asked from a process of its own.
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find() -> str | None:
    """The path of a Chromium that runs: CHROMIUM, then the PATH, then Playwright's own."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen if _runs(chosen) else None
    for name in NAMES:
        if (path := shutil.which(name)) and _runs(path):
            return path
    own = _run_quietly(sys.executable, "-c", ASK_PLAYWRIGHT)
    return own if own and _runs(own) else None


def ensure() -> str | None:
    """Find a Chromium, else install Debian's package, else Playwright's build."""
    return find() or (_install_debians() and find()) or (_install_playwrights() and find()) or None


def _runs(path: str) -> bool:
    # Asking is worth its tenth of a second: Ubuntu's chromium-browser is a script that only
    # says to install a snap.
    return _run_quietly(path, "--version") is not None


def _run_quietly(*command: str) -> str | None:
    try:
        finished = subprocess.run(
            command,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=60,
            text=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None


def _install_debians() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    install = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
    return _say_and_run("apt-get", "update") and _say_and_run(*install)


def _install_playwrights() -> bool:
    return _say_and_run(sys.executable, "-m", "playwright", "install", "chromium")


def _say_and_run(*command: str) -> bool:
    sys.stderr.write(f"No Chromium yet: {' '.join(command)}\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    finished = subprocess.run(
        command,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        # Hundreds of lines when it works; apt-get's errors go to standard error.
        stdout=subprocess.DEVNULL,
    )
    return finished.returncode == 0


if __name__ == "__main__":
    if (chromium := ensure()) is None:
        sys.exit(HOW_TO_GET_ONE)
    sys.stdout.write(f"Browser tests use {chromium}\n")
