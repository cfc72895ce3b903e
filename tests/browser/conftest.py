"""A real Chromium against a real server: every fixture that browser tests share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import chromium

ARGUMENTS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
WCAG_22_AA = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


# pytest-playwright keeps its Playwright, and with it a running event loop, for the rest of the
# session. Here it lives as long as this folder's tests, so that Django's guard against queries
# inside an event loop is off for them and for nothing else.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as running:
            yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.HOW_TO_GET_ONE, pytrace=False)
    launched = playwright.chromium.launch(
        executable_path=path,
        args=ARGUMENTS,
        # Chromium's sandbox refuses root and most containers; only our own pages are visited.
        chromium_sandbox=False,
    )
    yield launched
    launched.close()


@pytest.fixture
def browser_context_args(live_server: LiveServer) -> dict[str, Any]:
    """Every page of a test starts from the server under test: ``page.goto("/…")``."""
    return {
        "base_url": live_server.url,
        "viewport": {"width": 1280, "height": 800},
        "locale": "en-GB",
    }


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fail with a readable list when the page breaks a rule of WCAG 2.2 AA that axe can check."""

    def check(page: Page) -> None:
        results = Axe().run(page, options=WCAG_22_AA)
        assert not results.response["violations"], f"{page.url}\n{results.generate_report()}"

    return check
