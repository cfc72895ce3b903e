"""A browser that is killed: what was given and not acknowledged comes back and is saved."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator

import psutil
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.browser import chromium
from tests.browser.conftest import ARGUMENTS
from tests.chaos.clients import Stubborn
from tests.chaos.site import PRACTICE, Site, kill_hard
from tests.load.crowd import new_candidates

SAVES = "**/save"


def kill_browsers(here: Site, times: int) -> tuple[int, list[float]]:
    """Answer, kill the browser before the answer is sent, come back; how many answers were lost.

    Also how long after coming back each answer was saved, in seconds.
    """
    candidate = new_candidates(here.port, 1, "browser")[0]
    sitting = Stubborn.begin(candidate, PRACTICE)
    profile = tempfile.mkdtemp(prefix="exam-chaos-browser-")
    lost, recoveries = 0, []
    try:
        with sync_playwright() as playwright:
            for number in range(times):
                place = str(1 + number % 3)
                position = 1 + number % sitting.positions
                _answer_and_die(playwright, profile, here, sitting, position, place)
                back = time.monotonic()
                came = _comes_back(playwright, profile, here, sitting, position, place)
                recoveries.append(time.monotonic() - back)
                lost += not came
    finally:
        shutil.rmtree(profile, ignore_errors=True)
    return lost, recoveries


def _answer_and_die(
    playwright: Playwright, profile: str, here: Site, sitting: Stubborn, position: int, place: str
) -> None:
    with _window(playwright, profile, here, sitting) as page:
        page.route(SAVES, lambda route: route.abort())
        page.goto(f"{sitting.attempt_path}q/{position}/")
        page.locator(f".option input[value='{place}']").check()
        page.wait_for_timeout(here.random.uniform(100, 500))
        kill_hard(_browsers_of(profile))


def _comes_back(
    playwright: Playwright, profile: str, here: Site, sitting: Stubborn, position: int, place: str
) -> bool:
    with _window(playwright, profile, here, sitting) as page:
        page.goto(f"{sitting.attempt_path}q/{position}/")
        page.locator("[data-save-state][data-state=saved]").wait_for()
        return page.locator(f".option input[value='{place}']").is_checked()


@contextlib.contextmanager
def _window(playwright: Playwright, profile: str, here: Site, sitting: Stubborn) -> Iterator[Page]:
    url = f"http://localhost:{here.port}"
    context: BrowserContext = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium.find(),
        args=ARGUMENTS,
        chromium_sandbox=False,
        base_url=url,
    )
    context.add_cookies(
        [
            {"name": name, "value": value, "url": url}
            for name, value in sitting.candidate.web.cookies.items()
        ]
    )
    try:
        yield context.new_page()
    finally:
        # A killed one is gone already.
        with contextlib.suppress(Exception):
            context.close()


def _browsers_of(profile: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(profile in word for word in process.cmdline()):
                found.append(process)
    return found
