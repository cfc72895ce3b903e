"""The account pages in a real browser: accessible in both themes, usable on a small phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.people import PASSWORD, client_of

FOR_EVERYBODY = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/reset/key/1-wrong/",
    "/accounts/confirm-email/",
    "/accounts/inactive/",
]
FOR_THE_SIGNED_IN = [
    "/accounts/preferences/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/delete/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
]
FOR_OPERATORS = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def forget_counted_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the page breaks of its Content-Security-Policy, as the browser reports it."""
    heard: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            heard.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    return heard


def sign_in(page: Page, server: LiveServer, user: User) -> None:
    name = settings.SESSION_COOKIE_NAME
    value = client_of(user).cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": server.url}])


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    fitting: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return fitting


def test_pages_for_everybody_are_accessible(
    page: Page, axe_in_themes: Callable[..., None], complaints: list[str]
) -> None:
    for path in FOR_EVERYBODY:
        page.goto(path)
        assert not complaints
        axe_in_themes(page)


def test_pages_of_an_account_are_accessible(
    page: Page,
    axe_in_themes: Callable[..., None],
    complaints: list[str],
    live_server: LiveServer,
    candidate: User,
) -> None:
    sign_in(page, live_server, candidate)
    for path in FOR_THE_SIGNED_IN:
        page.goto(path)
        assert page.url.endswith(path)
        assert not complaints
        axe_in_themes(page)


def test_the_admin_of_people_is_accessible(
    page: Page,
    axe_in_themes: Callable[..., None],
    complaints: list[str],
    live_server: LiveServer,
    operator: User,
) -> None:
    sign_in(page, live_server, operator)
    for path in [*FOR_OPERATORS, f"/admin/accounts/user/{operator.pk}/change/"]:
        page.goto(path)
        assert not complaints
        axe_in_themes(page)
        complaints.clear()  # axe reads imported style sheets in a way the policy refuses


def test_forms_with_errors_are_accessible(
    page: Page, axe_in_themes: Callable[..., None], candidate: User
) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(candidate.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    axe_in_themes(page)
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("ann@example.org")
    page.get_by_label("Password").fill("12345")
    page.get_by_role("button", name="Create account").click()
    page.locator("#id_password1[aria-invalid=true]").wait_for()
    axe_in_themes(page)


def test_no_account_page_scrolls_sideways_on_a_small_phone(
    page: Page, live_server: LiveServer, candidate: User
) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    wide = [path for path in FOR_EVERYBODY if page.goto(path) and not fits(page)]
    sign_in(page, live_server, candidate)
    wide += [path for path in FOR_THE_SIGNED_IN if page.goto(path) and not fits(page)]
    assert wide == []


def test_a_person_signs_in_by_keyboard_alone(page: Page, candidate: User) -> None:
    page.goto("/accounts/preferences/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(candidate.email)
    page.keyboard.press("Tab")  # the link to reset a password stands before its field
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/preferences/")


def test_the_chosen_theme_overrules_the_devices(
    page: Page, live_server: LiveServer, candidate: User
) -> None:
    page.emulate_media(color_scheme="light")
    sign_in(page, live_server, candidate)
    page.goto("/accounts/preferences/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("button", name="Save preferences").click()
    page.get_by_text("Your preferences are saved.").wait_for()
    assert page.evaluate(ground) != light


def test_a_forgotten_password_is_set_anew_without_any_script(
    page: Page, candidate: User, axe_in_themes: Callable[..., None]
) -> None:
    page.route("**/*.js", lambda route: route.abort())
    Client().post("/accounts/password/reset/", {"email": candidate.email})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert link
    page.goto(link[0])
    axe_in_themes(page)
    page.get_by_label("New Password", exact=True).fill("staple battery horse")
    page.get_by_label("New Password (again)").fill("staple battery horse")
    page.get_by_role("button", name="Set password").click()
    page.get_by_role("heading", name="You can sign in now").wait_for()
