"""A real Chromium against a real server: every fixture that browser tests share."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exams.models import Attempt
from tests.browser import chromium
from tests.browser.steps import session_cookie, short_attempt

ARGUMENTS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
# How the browser and htmx report them.
FAILED_REQUESTS = (
    "Failed to load resource",
    "Response Status Error Code",
    "htmx:sendError",
    "htmx:sendAbort",
    "htmx:timeout",
    "htmx:afterRequest",
)
# Two busy cores may keep a page waiting; nothing passes sooner or later for it.
expect.set_options(timeout=15_000)
Theme = Literal["light", "dark"]
# What passed is long, and hauling it over took as long as finding it.
RUN_AXE = "options => axe.run(options).then(({ violations }) => ({ violations }))"
# Colours of the admin's links fade from one theme to the other.
# One that is given up is over as well, and one without an end would hold the test for ever.
END_OF_TRANSITIONS = """Promise.race([
    Promise.allSettled(document.getAnimations().map(one => one.finished)),
    new Promise(giveUp => setTimeout(giveUp, 5000)),
]).then(() => 0)"""
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
        if not page.evaluate("'axe' in window"):
            page.evaluate(Axe().axe_script)
        found = page.evaluate(RUN_AXE, WCAG_22_AA)
        assert not found["violations"], f"{page.url}\n{AxeResults(found).generate_report()}"

    return check


@pytest.fixture
def axe_in_themes(axe: Callable[[Page], None]) -> Callable[..., None]:
    """As ``axe``, for one page in both themes, each at its width; nothing scrolls sideways.

    Only contrast depends on the theme, and nearly only the rest on the width.
    """

    def check(page: Page, *, light: int = 1280, dark: int = 1280) -> None:
        widths: dict[Theme, int] = {"light": light, "dark": dark}
        for theme, width in widths.items():
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme)
            page.evaluate(END_OF_TRANSITIONS)
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    return check


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the consoles of this test's windows complained about; the test fails if anything.

    Violations of the Content-Security-Policy and errors of scripts end up here. Requests that
    failed do not: tests of outages make them on purpose.
    """
    heard: list[str] = []
    yield heard
    assert not heard


@pytest.fixture
def open_browser(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """A browser of its own, signed in as ``user`` by cookie; keywords as in ``new_context``."""
    contexts: list[BrowserContext] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(FAILED_REQUESTS):
            complaints.append(f"{message.page and message.page.url}: {message.text}")

    def open_(
        user: User | None = None,
        *,
        session: str = "",
        size: tuple[int, int] = (1280, 800),
        **options: Any,
    ) -> Page:
        context = new_context(**options)
        contexts.append(context)
        context.on("console", listen)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        if user is not None:
            session = session_cookie(user)
        if session:
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        return page

    yield open_
    # A window that is closed tells where it was left, and would meet the end of the database.
    for context in contexts:
        with suppress(PlaywrightError):
            context.set_offline(True)


@pytest.fixture
def attempt(live_server: LiveServer, candidate: User) -> Attempt:
    """The candidate's open attempt: twelve questions, three of every kind."""
    return short_attempt(candidate)


@pytest.fixture
def window(open_browser: Callable[..., Page], candidate: User) -> Page:
    """A window in which the candidate is signed in."""
    return open_browser(candidate)
