"""What a candidate does on the exam screens, and what the database must then hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from exams.models import Attempt, Response
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.people import client_of
from tests.sittings import begin, right_places

EVERY_KIND = tuple(Kind)
SAVED = "Saved"
RESULT = re.compile(r"/report/$")


def short_attempt(
    user: User, *, kinds: Sequence[Kind] = EVERY_KIND, items: int = 12, slug: str = "mla-c01"
) -> Attempt:
    """An attempt at a small exam. Twelve items take the whole bank: three of every kind."""
    exam = make_exam(slug=slug, items=items, scored_items=items)
    fill(exam, per_task=1, kinds=kinds)
    return begin(user, exam)


def ending_in(attempt: Attempt, left: timedelta) -> datetime:
    """Move the deadline, as the server sees it, to ``left`` from now."""
    deadline = timezone.now() + left
    Attempt.objects.filter(pk=attempt.pk).update(
        started_at=deadline - timedelta(hours=2), deadline=deadline
    )
    return deadline


def session_cookie(user: User) -> str:
    return client_of(user).cookies[settings.SESSION_COOKIE_NAME].value


def saved_response(attempt: Attempt, position: int) -> Response:
    return attempt.responses.select_related("version").get(position=position)


def first_of(attempt: Attempt, kind: Kind) -> Response:
    rows = attempt.responses.select_related("version").filter(version__kind=kind)
    return rows.order_by("position")[0]


def places_of(response: Response) -> list[str]:
    """The saved answer, as the places a browser would send."""
    return [str(response.option_order.index(option) + 1) for option in response.answer if option]


def question_url(attempt: Attempt, position: int) -> str:
    return f"/attempts/{attempt.pk}/q/{position}/"


# ---- On the page -------------------------------------------------------------------------------


def open_question(page: Page, attempt: Attempt, position: int) -> None:
    page.goto(question_url(attempt, position))
    expect_question(page, position)
    expect_ready(page)


def expect_question(page: Page, position: int) -> None:
    expect(page.locator("[data-heading]")).to_have_text(re.compile(rf"Question {position} of"))


def expect_ready(page: Page) -> None:
    """The scripts have bound the screen."""
    page.wait_for_selector("html[data-exam-ready]")


def reading(page: Page) -> Locator:
    return page.locator("[data-clock-reading]")


def seconds_shown(page: Page) -> int:
    seconds = 0
    for part in reading(page).inner_text().split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def save_state(page: Page) -> Locator:
    return page.locator("[data-save-state]")


def option(page: Page, place: str) -> Locator:
    return page.locator(f"#question .option input[value='{place}']")


def answer(page: Page, places: Sequence[str]) -> None:
    """Answer the question shown, by mouse, whatever its kind."""
    kind = Kind(page.locator("#question").get_attribute("data-kind") or "")
    if kind == Kind.ORDERING:
        _order(page, places)
    elif kind == Kind.MATCHING:
        for number, place in enumerate(places):
            page.locator(".prompt select").nth(number).select_option(place)
    else:
        for place in places:
            option(page, place).check()


def _order(page: Page, places: Sequence[str]) -> None:
    for goal, place in enumerate(places):
        for _ in range(shown_order(page).index(place) - goal):
            page.locator(f".items > [data-place='{place}'] button").first.click()
    keep = page.get_by_role("button", name="This order is right")
    if keep.is_visible():
        keep.click()


def shown_order(page: Page) -> list[str]:
    places: list[str] = page.locator(".items > li").evaluate_all(
        "items => items.map(item => item.dataset.place)"
    )
    return places


def answer_and_save(page: Page, places: Sequence[str]) -> None:
    answer(page, places)
    expect(save_state(page)).to_have_text(SAVED)


def answer_rightly(page: Page, attempt: Attempt, position: int) -> None:
    answer_and_save(page, right_places(saved_response(attempt, position)))


def flag_question(page: Page) -> None:
    button = page.get_by_role("button", name="Flag for review")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def hand_in(page: Page) -> None:
    page.get_by_role("button", name="Submit exam").click()
    expect(page).to_have_url(RESULT)
