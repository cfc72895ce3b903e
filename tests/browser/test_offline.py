"""The network goes in the middle of an exam: the candidate goes on, and nothing is lost."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from exams.engine import attempts
from exams.models import Attempt
from questions.kinds import Kind
from tests.browser.steps import (
    SAVED,
    answer,
    answer_and_save,
    expect_question,
    first_of,
    flag_question,
    open_question,
    option,
    places_of,
    save_state,
    saved_response,
)
from tests.sittings import right_places

ALL_QUESTIONS = "**/questions"
REVIEW = re.compile(r"/review/\?")


def open_and_keep(page: Page, attempt: Attempt, position: int) -> None:
    """Open a question and let the window fetch all others for later."""
    page.clock.install()
    open_question(page, attempt, position)
    with page.expect_response(ALL_QUESTIONS):
        page.clock.run_for(12_000)


def come_back(page: Page) -> None:
    page.context.set_offline(False)
    # A try that began too early fails, and another pause goes by.
    for _ in range(50):
        page.clock.run_for(20_000)
        page.wait_for_timeout(100)
        if save_state(page).text_content() == SAVED:
            break
    expect(save_state(page)).to_have_text(SAVED)


def visit(page: Page, position: int) -> None:
    """By the palette."""
    page.locator(f"[data-cell='{position}']").click()
    page.clock.run_for(1_000)
    expect_question(page, position)


def go(page: Page, name: str, position: int) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.clock.run_for(1_000)
    expect_question(page, position)


def test_a_whole_exam_goes_on_offline_and_is_saved_when_the_network_is_back(
    window: Page, attempt: Attempt
) -> None:
    rows = list(attempt.responses.select_related("version").order_by("position"))
    open_and_keep(window, attempt, 1)
    window.context.set_offline(True)
    for row in rows:
        answer(window, right_places(row))
        if row.position == 3:
            flag_question(window)
        if row.position < len(rows):
            go(window, "Next", row.position + 1)
    expect(window.locator("[data-progress]")).to_have_text("12 of 12 answered")
    expect(window.locator("[data-cell].flagged")).to_have_text(re.compile("^3"))
    expect(window.locator("[aria-current=page][data-cell]")).to_have_text(re.compile("^12"))
    expect(save_state(window)).to_contain_text("Offline. Your answer is stored here")
    assert not any(row.answer for row in attempt.responses.all())

    come_back(window)
    attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
    assert not attempt.responses.filter(is_correct=False).exists()
    assert saved_response(attempt, 3).flagged


def test_a_question_is_found_again_offline_as_it_was_left(window: Page, attempt: Attempt) -> None:
    ordering, choice = first_of(attempt, Kind.ORDERING), first_of(attempt, Kind.CHOICE)
    open_and_keep(window, attempt, choice.position)
    answer_and_save(window, ["2"])
    window.locator("[data-option='1'] [data-strike]").click()
    visit(window, ordering.position)
    answer_and_save(window, right_places(ordering))
    window.context.set_offline(True)
    visit(window, choice.position)
    expect(option(window, "2")).to_be_checked()
    expect(window.locator("[data-option='1']")).to_have_class(re.compile("struck"))
    answer(window, ["3"])
    visit(window, ordering.position)
    expect(window.locator(".is-sortable .controls")).to_have_count(len(ordering.option_order))
    places = window.locator(".is-sortable > li").evaluate_all(
        "items => items.map(item => item.dataset.place)"
    )
    assert places == right_places(ordering)
    visit(window, choice.position)
    expect(option(window, "3")).to_be_checked()
    come_back(window)
    assert places_of(saved_response(attempt, choice.position)) == ["3"]


def test_what_was_never_fetched_is_said_to_be_missing_and_shown_later(
    window: Page, attempt: Attempt
) -> None:
    window.clock.install()
    open_question(window, attempt, 1)
    window.context.set_offline(True)
    window.get_by_role("button", name="Next", exact=True).click()
    window.clock.run_for(1_000)
    expect(save_state(window)).to_contain_text("Offline: this page could not be loaded")
    expect(window).to_have_url(re.compile("/q/1/$"))
    window.context.set_offline(False)
    go(window, "Next", 2)
    expect(save_state(window)).to_have_text("")


@pytest.mark.parametrize("failure", ["busy", "silent"])
def test_a_server_that_is_away_for_a_moment_keeps_nobody_waiting(
    window: Page, attempt: Attempt, failure: str
) -> None:
    def fail(route: Route) -> None:
        if failure == "busy":
            route.fulfill(status=503, body="busy", headers={"Retry-After": "5"})

    open_and_keep(window, attempt, 1)
    window.route("**/q/2/", fail)
    go(window, "Next", 2)
    answer_and_save(window, right_places(saved_response(attempt, 2)))
    window.unroute("**/q/2/")
    go(window, "Next", 3)
    go(window, "Previous", 2)


def test_from_the_review_the_questions_can_be_reached_offline(
    window: Page, attempt: Attempt
) -> None:
    window.clock.install()
    window.goto(f"/attempts/{attempt.pk}/review/")
    with window.expect_response(ALL_QUESTIONS):
        window.clock.run_for(12_000)
    window.context.set_offline(True)
    window.locator("[data-cell='4']").click()
    window.clock.run_for(1_000)
    expect_question(window, 4)
    answer(window, right_places(saved_response(attempt, 4)))
    come_back(window)
    assert saved_response(attempt, 4).answer


def test_a_review_that_cannot_be_shown_leaves_the_way_to_every_question(
    window: Page, attempt: Attempt
) -> None:
    open_and_keep(window, attempt, 1)
    window.route(REVIEW, lambda route: route.fulfill(status=503, body="busy"))
    window.get_by_role("button", name="Review", exact=True).click()
    window.clock.run_for(1_000)
    expect(save_state(window)).to_contain_text("this page could not be loaded")
    expect(window).to_have_url(re.compile("/q/1/$"))
    window.context.set_offline(True)
    visit(window, 3)
    window.context.set_offline(False)
    visit(window, 4)


def leave_unanswered(_: Route) -> None:
    """As a network does that swallows everything."""


def test_questions_that_a_busy_server_did_not_send_are_asked_for_again(
    window: Page, attempt: Attempt
) -> None:
    window.clock.install()
    open_question(window, attempt, 1)
    window.route(ALL_QUESTIONS, lambda route: route.fulfill(status=503, body="busy"), times=1)
    for status in (503, 200):
        with window.expect_response(ALL_QUESTIONS) as reply:
            window.clock.run_for(26_000)
        assert reply.value.status == status
    window.context.set_offline(True)
    visit(window, 7)


def test_the_last_of_several_moves_counts_and_does_not_wait_for_the_others(
    window: Page, attempt: Attempt
) -> None:
    open_and_keep(window, attempt, 1)
    window.route(REVIEW, leave_unanswered)
    window.get_by_role("button", name="Review", exact=True).click()
    window.clock.run_for(1_000)
    visit(window, 5)
    expect(window).to_have_url(re.compile("/q/5/$"))


def test_a_note_that_is_still_being_typed_is_saved_when_its_question_goes(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    window.locator("[data-cell='2']").click()
    expect_question(window, 2)
    window.get_by_role("button", name="My note").click()
    window.locator("[data-note]").press_sequentially("later")
    window.go_back()
    expect_question(window, 1)
    expect(save_state(window)).to_have_text(SAVED)
    assert saved_response(attempt, 2).note == "later"
