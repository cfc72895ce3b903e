"""The exam with scripts off: every form is a plain form."""

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from exams.models import Attempt, CloseReason
from questions.kinds import Kind
from tests.browser.steps import (
    answer,
    expect_question,
    first_of,
    hand_in,
    option,
    places_of,
    question_url,
    saved_response,
)
from tests.sittings import answer as answer_elsewhere
from tests.sittings import right_places


@pytest.fixture
def page(open_browser: Callable[..., Page], candidate: User) -> Page:
    return open_browser(candidate, java_script_enabled=False)


def give(page: Page, places: Sequence[str]) -> None:
    """Answer the question shown; an ordering is a row of selects here."""
    selects = page.locator("#question select")
    if not selects.count():
        answer(page, places)
    for number in range(selects.count()):
        selects.nth(number).select_option(places[number])


def test_a_whole_exam_is_sat_without_javascript(page: Page, attempt: Attempt) -> None:
    page.goto("/")
    page.get_by_role("link", name="Continue", exact=True).click()
    for response in attempt.responses.select_related("version").order_by("position"):
        expect_question(page, response.position)
        give(page, right_places(response))
        if response.position == 3:
            page.get_by_role("button", name="Next", exact=True).click()
            page.get_by_role("button", name="Previous").click()
            page.get_by_role("button", name="Flag for review").click()
            flag = page.get_by_role("button", name="Flag for review")
            expect(flag).to_have_attribute("aria-pressed", "true")
        last = response.position == attempt.exam.items
        page.get_by_role("button", name="Review" if last else "Next", exact=True).click()

    expect(page.get_by_text("12 answered · 1 flagged")).to_be_visible()
    page.get_by_role("link", name="Flagged (1)").click()
    expect(page.locator(".review-list li")).to_have_text(["Question 3, answered, flagged"])
    page.get_by_role("link", name="Submit…").click()
    expect(page.get_by_text("All 12 questions have an answer.")).to_be_visible()
    hand_in(page)
    expect(page.get_by_label("Result", exact=True)).to_contain_text("12 of 12 (100%)")
    attempt.refresh_from_db()
    assert (attempt.scored_correct, attempt.close_reason) == (12, CloseReason.SUBMITTED)


def test_enter_in_an_answer_saves_it_and_goes_to_the_next_question(
    page: Page, attempt: Attempt
) -> None:
    choice = attempt.responses.filter(version__kind=Kind.CHOICE, position__gt=1)[0]
    page.goto(question_url(attempt, choice.position))
    option(page, "2").check()
    option(page, "2").press("Enter")
    expect_question(page, choice.position + 1)
    assert places_of(saved_response(attempt, choice.position)) == ["2"]


def test_an_item_placed_twice_is_kept_and_told_when_the_question_is_shown_again(
    page: Page, attempt: Attempt
) -> None:
    ordering = first_of(attempt, Kind.ORDERING)
    page.goto(question_url(attempt, ordering.position))
    chosen = ["1", "1", "2", "3"]
    give(page, chosen)
    page.get_by_role("button", name="Next", exact=True).click()
    page.goto(question_url(attempt, ordering.position))
    expect(page.locator("[data-answer-hint]")).to_contain_text("Option A is selected twice")
    for number, place in enumerate(chosen):
        expect(page.locator(".places select").nth(number)).to_have_value(place)
    assert places_of(saved_response(attempt, ordering.position)) == chosen
    give(page, ["4", "1", "2", "3"])
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert places_of(saved_response(attempt, ordering.position)) == ["4", "1", "2", "3"]


@pytest.fixture
def outdated(page: Page, attempt: Attempt) -> Page:
    """A form sent after another window had saved a newer answer."""
    choice = first_of(attempt, Kind.CHOICE)
    page.goto(question_url(attempt, choice.position))
    answer_elsewhere(attempt, choice.position, ["2"])
    option(page, "3").check()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("A newer answer to this question")
    expect(option(page, "3")).to_be_checked()
    assert places_of(first_of(attempt, Kind.CHOICE)) == ["2"]
    return page


def test_an_outdated_form_says_so_and_leads_to_the_newer_answer(
    outdated: Page, attempt: Attempt
) -> None:
    outdated.get_by_role("link", name="see what is saved").click()
    expect(outdated.get_by_role("alert")).to_have_count(0)
    expect(option(outdated, "2")).to_be_checked()


def test_an_outdated_form_may_replace_the_newer_answer(outdated: Page, attempt: Attempt) -> None:
    outdated.get_by_role("button", name="Next", exact=True).click()
    expect(outdated.get_by_role("alert")).to_have_count(0)
    assert places_of(first_of(attempt, Kind.CHOICE)) == ["3"]
