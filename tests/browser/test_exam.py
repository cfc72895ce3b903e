"""The whole exam, leaving and coming back, and what becomes of saves when things fail."""

import re
from collections.abc import Callable
from time import monotonic

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exams.engine import attempts
from exams.models import AnswerEvent, Attempt, CloseReason, Outcome, Response
from questions.kinds import Kind
from questions.models import Exam
from tests import sittings
from tests.bank import CANARY, fill, make_exam
from tests.browser.steps import (
    RESULT,
    SAVED,
    answer,
    answer_and_save,
    expect_question,
    expect_ready,
    first_of,
    flag_question,
    hand_in,
    open_question,
    option,
    places_of,
    question_url,
    save_state,
    saved_response,
    seconds_shown,
    session_cookie,
    short_attempt,
    shown_order,
)
from tests.people import PASSWORD
from tests.sittings import right_places

RIGHT = 40
SAVES = "**/save"


# ---- The whole exam ----------------------------------------------------------------------------


@pytest.fixture
def full_exam(live_server: LiveServer) -> Exam:
    exam = make_exam()
    fill(exam, per_task=6)
    return exam


def plan(attempt: Attempt) -> dict[int, list[str]]:
    """Right answers to the first 40 scored questions, wrong ones to the next 5, then blanks."""
    answers: dict[int, list[str]] = {}
    rows = attempt.responses.filter(scored=True).select_related("version").order_by("position")
    for number, response in enumerate(rows[: RIGHT + 5]):
        right = right_places(response)
        answers[response.position] = right if number < RIGHT else wrong(response, right)
    return answers


def wrong(response: Response, right: list[str]) -> list[str]:
    if Kind(response.version.kind).is_sequence:
        return [*right[1:], right[0]]
    places = [str(place) for place in range(1, len(response.option_order) + 1)]
    return [place for place in places if place not in right][: len(right)]


def sit(page: Page, attempt: Attempt, answers: dict[int, list[str]], flags: set[int]) -> None:
    """Go through all questions by the Next button, answering and flagging on the way."""
    for position in range(1, attempt.exam.items + 1):
        expect_question(page, position)
        if position in answers:
            answer(page, answers[position])
        if position in flags:
            flag_question(page)
        last = position == attempt.exam.items
        page.get_by_role("button", name="Review" if last else "Next", exact=True).click()


def test_a_candidate_sits_a_whole_exam_and_gets_the_score_that_the_database_holds(
    window: Page, candidate: User, full_exam: Exam
) -> None:
    window.goto("/")
    window.get_by_role("link", name="Mock exam").click()
    window.get_by_role("button", name="Start the exam").click()
    expect_question(window, 1)
    expect_ready(window)
    attempt = Attempt.objects.get(user=candidate)
    answers, flags = plan(attempt), {2, 33, 65}

    sit(window, attempt, answers, flags)
    look_through_review(window, answered=len(answers), flagged=len(flags))
    window.get_by_role("link", name="Submit…").click()
    expect(window.get_by_text("20 unanswered:")).to_be_visible()
    hand_in(window)

    attempt.refresh_from_db()
    assert (attempt.close_reason, attempt.scored_correct) == (CloseReason.SUBMITTED, RIGHT)
    assert (attempt.scaled_score, attempt.passed) == (820, True)
    expect_report(window, attempt)
    for kind in Kind:
        expect_reviewed(window, attempt, first_of(attempt, kind))


def look_through_review(page: Page, *, answered: int, flagged: int) -> None:
    expect(page.get_by_text(f"{answered} answered · {flagged} flagged")).to_be_visible()
    for link, count in (("Incomplete", 65 - answered), ("Flagged", flagged), ("All", 65)):
        page.get_by_role("link", name=f"{link} ({count})").click()
        expect(page.get_by_role("link", name=f"{link} ({count})")).to_have_attribute(
            "aria-current", "page"
        )
        expect(page.locator(".review-list li")).to_have_count(count)
    page.locator(".review-list [data-cell='33']").click()
    expect_question(page, 33)
    expect(page.locator("[data-cell].answered")).to_have_count(answered)
    expect(page.locator("[data-cell].flagged")).to_have_count(flagged)
    page.locator("[data-cell='2']").click()
    expect_question(page, 2)
    expect(page.locator("[data-cell='2']")).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="Review", exact=True).click()


def expect_report(page: Page, attempt: Attempt) -> None:
    verdict = page.get_by_label("Result", exact=True)
    expect(verdict).to_contain_text("Pass")
    expect(verdict).to_contain_text(f"{attempt.scaled_score} of 1000")
    expect(verdict).to_contain_text("40 of 50 (80%)")
    expect(verdict).to_contain_text("Submitted")
    for show, count in (
        ("Incorrect or unanswered", 25),
        ("Flagged", 3),
        ("Unscored", 15),
        ("All", 65),
    ):
        page.get_by_role("link", name=f"{show} ({count})").click()
        expect(page.locator(".results tbody tr")).to_have_count(count)


def expect_reviewed(page: Page, attempt: Attempt, response: Response) -> None:
    """The review of a question tells own answer, key and reasons, and leads to the notes."""
    page.goto(f"/attempts/{attempt.pk}/report/q/{response.position}/")
    verdict = (
        "Correct" if response.is_correct else "Incorrect" if response.answer else "Not answered"
    )
    expect(page.locator(".verdict-banner strong")).to_contain_text(verdict)
    options = page.locator(".reviewed-options > li")
    expect(options).to_have_count(len(response.option_order))
    for number in range(len(response.option_order)):
        expect(options.nth(number).locator(".rationale")).to_contain_text(CANARY)
    if Kind(response.version.kind).is_sequence:
        assert page.locator(".pairs > .right").count() == matched(response)
    else:
        assert verdicts(page) == expected_verdicts(response)
    expect(page.get_by_role("link", name="Notes: Glue")).to_have_attribute(
        "href", re.compile(r"/notes/mla-c01/glue/")
    )


def matched(response: Response) -> int:
    return sum(map(str.__eq__, response.answer, response.version.key))


def verdicts(page: Page) -> list[str]:
    classes: list[str] = page.locator(".reviewed-options > li").evaluate_all(
        "items => items.map(item => item.className)"
    )
    return sorted(classes)


def expected_verdicts(response: Response) -> list[str]:
    key, chosen = response.version.key, response.answer
    words = {(True, True): "right", (True, False): "missed", (False, True): "wrong"}
    return sorted(
        words.get((option in key, option in chosen), "left") for option in response.option_order
    )


# ---- Leaving and coming back -------------------------------------------------------------------


def test_a_reload_shows_the_saved_answer_of_every_kind(window: Page, attempt: Attempt) -> None:
    for kind in Kind:
        response = first_of(attempt, kind)
        places = right_places(response)
        open_question(window, attempt, response.position)
        answer_and_save(window, places)
        window.reload()
        expect_ready(window)
        assert given(window, kind) == (sorted(places) if kind == Kind.RESPONSE else places)
        assert sorted(saved_response(attempt, response.position).answer) == sorted(
            response.version.key
        )


def given(page: Page, kind: Kind) -> list[str]:
    if kind == Kind.ORDERING:
        return shown_order(page)
    places: list[str] = page.locator("#question").evaluate(
        "form => new FormData(form).getAll('answer')"
    )
    return places


def test_who_closes_the_browser_goes_on_at_the_question_last_seen_on_the_same_clock(
    open_browser: Callable[..., Page], window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    for position in (1, 2):
        answer_and_save(window, right_places(saved_response(attempt, position)))
        window.get_by_role("button", name="Next").click()
        expect_question(window, position + 1)
    before = seconds_shown(window)
    session = cookie_of(window.context)
    window.goto("about:blank")
    wait_until(window, lambda: Attempt.objects.get(pk=attempt.pk).last_position == 3)
    window.context.close()

    back = open_browser(session=session)
    back.goto("/")
    back.get_by_role("link", name="Continue", exact=True).click()
    expect_question(back, 3)
    expect_ready(back)
    assert before - 30 <= seconds_shown(back) <= before


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    give_up = monotonic() + 30
    while not is_so():
        assert monotonic() < give_up
        page.wait_for_timeout(50)


def cookie_of(context: BrowserContext) -> str:
    return next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "sessionid")


def test_back_and_forward_lead_through_the_questions_with_their_answers(
    window: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    answer(window, ["2"])
    other = choice.position % attempt.exam.items + 1
    window.locator(f"[data-cell='{other}']").click()
    expect_question(window, other)
    window.get_by_role("button", name="Review", exact=True).click()
    expect(window.get_by_role("heading", name="Review")).to_be_visible()

    window.go_back()
    expect_question(window, other)
    window.go_back()
    expect_question(window, choice.position)
    expect(option(window, "2")).to_be_checked()
    window.go_forward()
    expect_question(window, other)
    window.go_forward()
    expect(window.get_by_role("heading", name="Review")).to_be_visible()


def test_an_answer_given_just_before_moving_on_is_in_the_palette_at_once(
    window: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    other = choice.position % attempt.exam.items + 1
    open_question(window, attempt, choice.position)
    window.route(SAVES, lambda route: route.abort())
    answer(window, ["1"])
    window.locator(f"[data-cell='{other}']").click()
    expect_question(window, other)
    expect(window.locator(f"[data-cell='{choice.position}']")).to_have_class(re.compile("answered"))
    expect(window.locator("[data-progress]")).to_have_text("1 of 12 answered")


# ---- Saves when things fail --------------------------------------------------------------------


@pytest.fixture
def choice(attempt: Attempt) -> Response:
    return first_of(attempt, Kind.CHOICE)


def expect_saved(page: Page, response: Response, places: list[str]) -> None:
    expect(save_state(page)).to_have_text(SAVED)
    assert places_of(saved_response(response.attempt, response.position)) == places


def test_offline_is_said_and_the_answer_is_saved_when_the_network_is_back(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    window.context.set_offline(True)
    answer(window, ["3"])
    expect(save_state(window)).to_contain_text("Offline. Your answer is stored here")
    assert places_of(saved_response(attempt, choice.position)) == []
    window.context.set_offline(False)
    expect_saved(window, choice, ["3"])


def test_an_answer_that_could_not_be_saved_outlives_a_reload(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    window.route(SAVES, lambda route: route.abort())
    answer(window, ["3"])
    expect(save_state(window)).to_contain_text("Not saved yet")
    window.reload()
    expect(option(window, "3")).to_be_checked()
    expect(save_state(window)).to_contain_text("Not saved yet")
    window.unroute(SAVES)
    expect_saved(window, choice, ["3"])


def test_a_save_that_the_server_failed_is_tried_again(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=500, body="broken")

    open_question(window, attempt, choice.position)
    window.route(SAVES, fail, times=1)
    answer(window, ["3"])
    expect(save_state(window)).to_contain_text("trying again")
    expect_saved(window, choice, ["3"])


def test_a_save_whose_acknowledgement_was_lost_is_repeated_without_harm(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    open_question(window, attempt, choice.position)
    window.route(SAVES, lose, times=1)
    answer(window, ["3"])
    expect_saved(window, choice, ["3"])
    outcomes = AnswerEvent.objects.filter(attempt=attempt).values_list("outcome", flat=True)
    assert list(outcomes) == [Outcome.APPLIED, Outcome.REPEATED]


def test_handing_in_waits_for_answers_that_are_not_saved(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    window.clock.install()
    open_question(window, attempt, choice.position)
    window.route(SAVES, lambda route: route.abort())
    answer(window, right_places(choice))
    window.goto(f"/attempts/{attempt.pk}/submit/")
    expect_ready(window)
    window.get_by_role("button", name="Submit exam").click()
    window.clock.run_for(11_000)
    expect(window.get_by_role("alert")).to_contain_text("Not submitted: an answer is not saved")
    attempt.refresh_from_db()
    assert not attempt.is_closed
    window.unroute(SAVES)
    window.get_by_role("button", name="Submit exam").click()
    window.clock.run_for(1_000)
    expect(window).to_have_url(RESULT)
    attempt.refresh_from_db()
    assert attempt.scored_correct == 1


def test_a_flag_set_without_a_network_is_kept_and_saved_later(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    window.context.set_offline(True)
    flag_question(window)
    expect(save_state(window)).to_contain_text("Offline. Your answer is stored here")
    expect(window.locator("[data-cell='1']")).to_have_class(re.compile("flagged"))
    assert not saved_response(attempt, 1).flagged
    window.context.set_offline(False)
    expect(save_state(window)).to_have_text(SAVED)
    assert saved_response(attempt, 1).flagged
    window.get_by_role("button", name="Flag for review").click()
    expect(window.locator("[data-cell='1']")).not_to_have_class(re.compile("flagged"))
    expect(save_state(window)).to_have_text(SAVED)
    assert not saved_response(attempt, 1).flagged


TOP_OF_SELECTS = "selects => selects.map(select => select.getBoundingClientRect().top)"


def test_two_matches_are_swapped_without_a_word_of_refusal_and_nothing_moves(
    window: Page, attempt: Attempt
) -> None:
    matching = first_of(attempt, Kind.MATCHING)
    open_question(window, attempt, matching.position)
    answer_and_save(window, ["1", "2", "3"])
    selects = window.locator(".prompt select")
    before = selects.evaluate_all(TOP_OF_SELECTS)
    selects.first.select_option("2")
    hint = window.locator("[data-answer-hint]")
    expect(hint).to_have_text("Option B is selected twice. Use each option once.")
    expect(window.locator(f"[data-cell='{matching.position}']")).to_have_class(
        re.compile("incomplete")
    )
    expect_saved(window, matching, ["2", "2", "3"])
    assert selects.evaluate_all(TOP_OF_SELECTS) == before
    selects.nth(1).select_option("1")
    expect_saved(window, matching, ["2", "1", "3"])
    expect(hint).to_have_text("")
    assert selects.evaluate_all(TOP_OF_SELECTS) == before
    expect(window.get_by_role("alert")).to_have_count(0)


def test_an_option_that_stands_twice_does_not_stand_in_the_way_of_the_hand_in(
    window: Page, attempt: Attempt
) -> None:
    matching = first_of(attempt, Kind.MATCHING)
    open_question(window, attempt, matching.position)
    answer_and_save(window, ["1", "1", "2"])
    window.goto(f"/attempts/{attempt.pk}/submit/")
    expect_ready(window)
    expect(window.get_by_text("(2 of 3)")).to_be_visible()
    hand_in(window)
    assert places_of(saved_response(attempt, matching.position)) == ["1", "1", "2"]


def test_what_the_server_calls_malformed_is_told_inline_and_does_not_stand_in_the_way(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    refusal = '{"outcome": "malformed", "message": "This cannot be."}'
    open_question(window, attempt, choice.position)
    window.route(SAVES, lambda route: route.fulfill(status=422, body=refusal))
    answer(window, ["3"])
    expect(window.locator("[data-answer-hint]")).to_have_text("This cannot be.")
    expect(save_state(window)).to_have_text("Not saved")
    expect(window.get_by_role("alert")).to_have_count(0)
    window.goto(f"/attempts/{attempt.pk}/submit/")
    expect_ready(window)
    hand_in(window)


def test_too_many_options_are_not_a_complete_answer(window: Page, attempt: Attempt) -> None:
    response = first_of(attempt, Kind.RESPONSE)
    cell = window.locator(f"[data-cell='{response.position}']")
    open_question(window, attempt, response.position)
    answer_and_save(window, ["1", "2"])
    expect(cell).to_have_class(re.compile(r"(^| )answered"))
    answer_and_save(window, ["3"])
    expect(cell).to_have_class(re.compile("excess"))
    expect(cell).to_contain_text("too many chosen")
    expect(window.locator("[data-count]")).to_have_text("3 of 2 chosen. Remove 1.")


@pytest.mark.parametrize("kind", [Kind.CHOICE, Kind.MATCHING])
def test_an_answer_given_before_the_scripts_have_loaded_is_saved_when_they_have(
    window: Page, attempt: Attempt, kind: Kind
) -> None:
    response = first_of(attempt, kind)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    window.route("**/js/outbox.js", hold)
    window.goto(question_url(attempt, response.position), wait_until="commit")
    places = right_places(response)
    answer(window, places)
    give_up = monotonic() + 30
    while not held:
        assert monotonic() < give_up
        window.wait_for_timeout(50)
    for route in held:
        route.continue_()
    expect_saved(window, response, places)


def test_the_skip_link_does_not_load_the_screen_again(window: Page, attempt: Attempt) -> None:
    open_question(window, attempt, 1)
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.locator("#screen").evaluate("screen => { screen.dataset.mark = 'same'; }")
    window.locator("a[href^='#']").first.focus()
    window.keyboard.press("Enter")
    expect(window).to_have_url(re.compile("#"))
    window.wait_for_timeout(500)
    assert not [url for url in asked if "/attempts/" in url]
    expect(window.locator("#screen")).to_have_attribute("data-mark", "same")


# The browser closes a database when its disk is full or its data are cleared.
BREAK_DATABASE = """(() => {
    const open = IDBDatabase.prototype.transaction;
    let left = %d;
    IDBDatabase.prototype.transaction = function (names, mode) {
        if (mode === "readwrite" && left-- <= 0) throw new DOMException("", "InvalidStateError");
        return open.call(this, names, mode);
    };
})()"""


@pytest.mark.parametrize("left", [0, 1], ids=["when it is kept", "when it is forgotten"])
def test_an_answer_is_saved_although_the_browsers_database_is_broken(
    window: Page, attempt: Attempt, choice: Response, left: int
) -> None:
    window.add_init_script(BREAK_DATABASE % left)
    open_question(window, attempt, choice.position)
    answer(window, ["3"])
    expect_saved(window, choice, ["3"])
    answer(window, ["4"])
    expect_saved(window, choice, ["4"])


# ---- Several windows ---------------------------------------------------------------------------


@pytest.fixture
def outrun(window: Page, attempt: Attempt, choice: Response) -> Page:
    """A window whose answer came after a newer one from a second window, and was refused."""
    # As in a browser that has none: with locks only one of the two windows would write.
    window.context.add_init_script("delete Navigator.prototype.locks")
    second = window.context.new_page()
    open_question(window, attempt, choice.position)
    open_question(second, attempt, choice.position)
    answer_and_save(second, ["2"])
    answer(window, ["3"])
    expect(window.get_by_role("alert")).to_contain_text("A newer answer to this question")
    assert places_of(saved_response(attempt, choice.position)) == ["2"]
    return window


def test_a_newer_answer_of_a_second_window_can_be_seen_and_kept(
    outrun: Page, choice: Response
) -> None:
    outrun.get_by_role("button", name="Discard my change").click()
    expect(outrun.get_by_role("alert")).to_have_count(0)
    expect(option(outrun, "2")).to_be_checked()
    assert places_of(saved_response(choice.attempt, choice.position)) == ["2"]


def test_a_newer_answer_of_a_second_window_can_be_replaced(outrun: Page, choice: Response) -> None:
    outrun.get_by_role("button", name="Keep my change").click()
    expect_saved(outrun, choice, ["3"])
    expect(outrun.get_by_role("alert")).to_have_count(0)


def test_nothing_more_is_saved_over_a_newer_answer_before_the_candidate_has_chosen(
    outrun: Page, choice: Response
) -> None:
    answer(outrun, ["4"])
    expect(outrun.get_by_role("alert")).to_have_count(1)
    assert places_of(saved_response(choice.attempt, choice.position)) == ["2"]
    outrun.get_by_role("button", name="Keep my change").click()
    expect_saved(outrun, choice, ["4"])


def move_away_and_back(page: Page, response: Response) -> None:
    other = response.position % response.attempt.exam.items + 1
    page.locator(f"[data-cell='{other}']").click()
    expect_question(page, other)
    expect(page.get_by_role("alert")).to_contain_text(f"Question {response.position}: A newer")
    page.reload()
    expect_ready(page)
    expect(page.get_by_role("alert")).to_contain_text(f"Question {response.position}: A newer")
    page.locator(f"[data-cell='{response.position}']").click()
    expect_question(page, response.position)
    expect(option(page, "3")).to_be_checked()
    page.locator(f"[data-cell='{other}']").click()
    expect_question(page, other)


def test_a_refused_answer_outlives_other_questions_and_a_reload_and_can_be_saved_there(
    outrun: Page, choice: Response
) -> None:
    move_away_and_back(outrun, choice)
    outrun.get_by_role("button", name="Keep my change").click()
    expect_saved(outrun, choice, ["3"])
    expect(outrun.get_by_role("alert")).to_have_count(0)
    outrun.reload()
    expect_ready(outrun)
    expect(outrun.get_by_role("alert")).to_have_count(0)


def test_a_refused_answer_outlives_other_questions_and_a_reload_and_can_be_dropped_there(
    outrun: Page, choice: Response
) -> None:
    move_away_and_back(outrun, choice)
    outrun.get_by_role("button", name="Discard my change").click()
    expect_question(outrun, choice.position)
    expect_ready(outrun)
    expect(option(outrun, "2")).to_be_checked()
    expect(outrun.get_by_role("alert")).to_have_count(0)
    assert places_of(saved_response(choice.attempt, choice.position)) == ["2"]


def test_nothing_is_handed_in_before_a_refused_answer_is_decided_about(
    outrun: Page, choice: Response
) -> None:
    outrun.goto(f"/attempts/{choice.attempt.pk}/submit/")
    expect_ready(outrun)
    outrun.get_by_role("button", name="Submit exam").click()
    expect(outrun.locator("#not-handed-in")).to_contain_text("has an unsaved change")
    choice.attempt.refresh_from_db()
    assert not choice.attempt.is_closed
    outrun.get_by_role("button", name="Keep my change").click()
    expect_saved(outrun, choice, ["3"])
    hand_in(outrun)


def test_nothing_is_handed_in_when_the_answer_on_its_way_is_refused(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    window.route(SAVES, lambda route: route.abort())
    answer(window, ["3"])
    sittings.answer(attempt, choice.position, ["2"], rev=5)
    window.goto(f"/attempts/{attempt.pk}/submit/")
    expect_ready(window)
    window.unroute(SAVES)
    window.get_by_role("button", name="Submit exam").click()
    expect(window.locator("#not-handed-in")).to_contain_text("has an unsaved change")
    attempt.refresh_from_db()
    assert not attempt.is_closed


def test_a_window_that_was_taken_over_is_told_and_can_go_on(
    open_browser: Callable[..., Page],
    window: Page,
    candidate: User,
    attempt: Attempt,
    choice: Response,
) -> None:
    open_question(window, attempt, choice.position)
    other = open_browser(candidate)
    take_over(other, attempt)
    open_question(other, attempt, choice.position)
    answer_and_save(other, ["2"])

    answer(window, ["3"])
    expect(window.get_by_role("alert")).to_contain_text("continued in another window")
    assert places_of(saved_response(attempt, choice.position)) == ["2"]
    window.get_by_role("button", name="Continue in this window").click()
    expect_question(window, choice.position)
    expect(window.get_by_role("alert")).to_contain_text("Your answer was not saved")
    assert places_of(saved_response(attempt, choice.position)) == ["2"]
    window.get_by_role("button", name="Keep my change").click()
    expect_saved(window, choice, ["3"])
    answer(window, ["4"])
    expect_saved(window, choice, ["4"])


def test_a_window_that_was_taken_over_is_told_when_it_moves_on(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    attempts.take_over(user=attempt.user, attempt_id=attempt.pk)
    elsewhere = choice.position % attempt.exam.items + 1
    window.locator(f"[data-cell='{elsewhere}']").click()
    expect_question(window, elsewhere)
    expect(window.get_by_role("alert")).to_contain_text("continued in another window")
    assert window.locator("#question fieldset").first.evaluate("part => part.inert")
    window.get_by_role("button", name="Continue in this window").click()
    expect(window.get_by_role("alert")).to_have_count(0)
    window.locator(f"[data-cell='{choice.position}']").click()
    expect_question(window, choice.position)
    answer(window, ["4"])
    expect_saved(window, choice, ["4"])


def take_over(page: Page, attempt: Attempt) -> None:
    page.goto(question_url(attempt, 1))
    token = page.locator("#question [name=csrfmiddlewaretoken]").input_value()
    reply = page.request.post(
        f"/attempts/{attempt.pk}/take-over",
        form={"csrfmiddlewaretoken": token, "position": "1"},
        headers={"Referer": page.url},
    )
    assert reply.ok


# ---- A lost session ----------------------------------------------------------------------------


def test_an_answer_given_after_the_session_was_lost_is_saved_after_signing_in_again(
    window: Page, candidate: User, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    Session.objects.all().delete()
    answer(window, ["3"])
    expect(save_state(window)).to_contain_text("Signed out. Stored on this device")

    second = window.context.new_page()
    second.goto("/accounts/login/")
    second.get_by_label("Email").fill(candidate.email)
    second.get_by_label("Password").fill(PASSWORD)
    second.get_by_role("button", name="Sign in").click()
    expect(second.get_by_role("link", name="Continue", exact=True)).to_be_visible()
    expect_saved(window, choice, ["3"])
    # Every form of the old page works again, not only the outbox.
    flag_question(window)


def test_signing_in_again_in_place_saves_what_waited_and_leaves_the_page_as_it_is(
    window: Page, candidate: User, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    window.locator("#screen").evaluate("screen => { screen.dataset.mark = 'same'; }")
    Session.objects.all().delete()
    answer(window, ["3"])
    window.get_by_role("button", name="Sign in").click()
    dialog = window.get_by_role("dialog", name="Sign in again")
    expect(dialog.get_by_label("Email")).to_have_value(candidate.email)
    dialog.get_by_label("Password").fill("not the password")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not correct")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()
    expect_saved(window, choice, ["3"])
    expect(window.locator("#screen")).to_have_attribute("data-mark", "same")
    flag_question(window)


def test_a_second_tab_reads_until_it_takes_over_and_the_first_is_told_at_once(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    answer_and_save(window, ["1"])
    second = window.context.new_page()
    second.goto(question_url(attempt, choice.position))
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("open in another tab")
    assert second.locator("#question .options").evaluate("part => part.inert")
    second.get_by_role("button", name="Continue in this window").click()
    expect(alert).to_have_count(0)

    expect(window.get_by_role("alert")).to_contain_text("continued in another tab")
    assert window.locator("#question .options").evaluate("part => part.inert")
    answer_and_save(second, ["2"])
    assert places_of(saved_response(attempt, choice.position)) == ["2"]
    # The lock ends with its tab: a reload is enough to go on elsewhere.
    second.close()
    window.reload()
    expect(window.get_by_role("alert")).to_have_count(0)
    answer_and_save(window, ["3"])
    assert places_of(saved_response(attempt, choice.position)) == ["3"]


def test_moving_on_after_the_session_was_lost_leads_to_the_sign_in_page(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    Session.objects.all().delete()
    window.get_by_role("button", name="Next").click()
    expect(window).to_have_url(re.compile("/accounts/login/"))
    expect(window.get_by_role("heading", level=1)).to_have_count(1)
    expect(window.locator(".exam-header")).to_have_count(0)


def test_another_persons_unsaved_answers_stay_on_the_device_untouched(
    window: Page, stranger: User, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    window.route(SAVES, lambda route: route.abort())
    answer(window, ["3"])
    expect(save_state(window)).to_contain_text("Not saved yet")
    own_session = cookie_of(window.context)
    other = short_attempt(stranger, slug="other")
    become(window, session_cookie(stranger))
    open_question(window, other, 1)
    window.unroute(SAVES)
    answer_and_save(window, right_places(saved_response(other, 1)))

    become(window, own_session)
    window.goto(question_url(attempt, choice.position))
    expect_saved(window, choice, ["3"])


def test_an_answer_sent_while_somebody_else_is_signed_in_is_kept_for_its_owner(
    window: Page, stranger: User, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    own_session = cookie_of(window.context)
    become(window, session_cookie(stranger))
    answer(window, ["3"])
    expect(save_state(window)).to_contain_text("signed in as somebody else. Stored on this device")
    become(window, own_session)
    window.reload()
    expect_saved(window, choice, ["3"])


def become(page: Page, session: str) -> None:
    origin = re.match(r"https?://[^/]+/", page.url)
    assert origin
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": origin[0]}])
