"""A1: a browser that is killed: what was given and not acknowledged comes back and is saved."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.browser import chromium
from tests.chaos.clients import Stubborn
from tests.chaos.findings import Finding
from tests.chaos.site import Site, kill_hard

SAVES = "**/save"
KILLS, CONTROL_KILLS = 10, 2


@dataclass(frozen=True)
class Answer:
    position: int
    place: str

    @property
    def name(self) -> str:
        return f".option input[value='{self.place}']"


def browser(here: Site, *, times: int = KILLS, is_control: bool = False) -> Finding:
    """Answer, kill the browser before the answer is sent, and come back."""
    (sitting,) = here.crowd(1, f"browser{is_control}").members
    losses, recoveries = list[str](), []
    with _profile() as profile, sync_playwright() as playwright:
        for number in range(times):
            answer = Answer(1 + number % sitting.positions, str(1 + number % 3))
            with _window(playwright, profile, here, sitting) as page:
                _answer_and_die(page, answer, profile, here.random.uniform(100, 500))
            if is_control:
                shutil.rmtree(profile)
            back = time.monotonic()
            with _window(playwright, profile, here, sitting) as page:
                if not _comes_back(page, answer, waits=not is_control):
                    losses.append(f"the answer {answer} of {sitting.attempt}")
            recoveries.append(time.monotonic() - back)
    name = "browser without its outbox, kill -9" if is_control else "browser, kill -9"
    return Finding(name, times, losses, times, recoveries, is_control=is_control)


def forgetful_browser(here: Site) -> Finding:
    """Control, for a browser that keeps nothing on the device."""
    return browser(here, times=CONTROL_KILLS, is_control=True)


@contextlib.contextmanager
def _profile() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="exam-chaos-browser-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answer_and_die(page: Page, answer: Answer, profile: Path, after_ms: float) -> None:
    page.route(SAVES, lambda route: route.abort())
    page.goto(f"q/{answer.position}/")
    page.locator(answer.name).check()
    page.wait_for_timeout(after_ms)
    kill_hard(_browsers_of(profile))


def _comes_back(page: Page, answer: Answer, *, waits: bool) -> bool:
    page.goto(f"q/{answer.position}/")
    if waits:
        page.locator("[data-save-state][data-state=saved]").wait_for()
    return page.locator(answer.name).is_checked()


@contextlib.contextmanager
def _window(playwright: Playwright, profile: Path, here: Site, sitting: Stubborn) -> Iterator[Page]:
    from tests.browser.conftest import ARGUMENTS  # imports models, so Django has to be set up

    url = f"http://localhost:{here.port}"
    context: BrowserContext = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium.find(),
        args=ARGUMENTS,
        chromium_sandbox=False,
        base_url=f"{url}{sitting.attempt_path}",
    )
    context.add_cookies(
        [
            {"name": name, "value": value, "url": url}
            for name, value in sitting.candidate.web.cookies.items()
            # Others were taken back by the server and are empty.
            if name in ("sessionid", "csrftoken")
        ]
    )
    try:
        yield context.new_page()
    finally:
        # A killed one is gone already.
        with contextlib.suppress(Exception):
            context.close()


def _browsers_of(profile: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(profile) in word for word in process.cmdline()):
                found.append(process)
    return found
