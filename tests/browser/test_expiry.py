"""The clock: what it shows, what it says, and what happens when it runs out."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from accounts.models import User
from exams.engine import attempts, saves
from exams.models import AnswerEvent, Attempt, CloseReason, Outcome
from questions.kinds import Kind
from tests.browser.steps import (
    RESULT,
    answer,
    answer_and_save,
    ending_in,
    expect_question,
    expect_ready,
    first_of,
    open_question,
    question_url,
    reading,
    save_state,
    seconds_shown,
)
from tests.sittings import deadline_of, right_places

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
# The latest moment that a candidate can use: what is clicked while the page shows its last second.
CLICK_IN_THE_LAST_SECOND = """place => {
    if (document.querySelector("[data-clock-reading]").textContent !== "0:01") return false;
    document.querySelector(`#question .option input[value="${place}"]`).click();
    return true;
}"""


# ---- The time runs out -------------------------------------------------------------------------


def test_time_runs_out_under_an_open_page_and_the_last_answer_counts(
    window: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    deadline = ending_in(attempt, 3 * SECOND)
    wake(window)
    window.wait_for_function(CLICK_IN_THE_LAST_SECOND, arg=right_places(choice)[0])
    expect(window).to_have_url(RESULT)
    expect(window.get_by_label("Result", exact=True)).to_contain_text("1 of 12")
    expect(window.get_by_label("Result", exact=True)).to_contain_text("Time ran out")
    attempt.refresh_from_db()
    assert (attempt.close_reason, attempt.closed_at) == (CloseReason.EXPIRED, deadline)
    assert attempt.scored_correct == 1


def test_time_runs_out_offline_and_the_result_is_shown_when_the_network_is_back(
    window: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    window.context.set_offline(True)
    answer(window, right_places(choice))
    ending_in(attempt, -3 * SECOND)
    window.evaluate(RUN_OUT)
    expect(save_state(window)).to_contain_text("Time's up. You are offline")
    window.context.set_offline(False)
    expect(window).to_have_url(RESULT)
    attempt.refresh_from_db()
    assert attempt.scored_correct == 0
    outcomes = AnswerEvent.objects.filter(attempt=attempt).values_list("outcome", flat=True)
    assert list(outcomes) == [Outcome.LATE]


def test_time_runs_out_without_asking_whether_to_leave_an_answer_that_is_not_saved(
    window: Page, attempt: Attempt
) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    window.on("dialog", leave)
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    window.route("**/save", lambda route: route.abort())
    answer(window, ["1"])
    expect(save_state(window)).to_contain_text("Not saved yet")
    ending_in(attempt, -3 * SECOND)
    window.evaluate(RUN_OUT)
    expect(window).to_have_url(RESULT)
    assert asked == []


# Two hours pass for the page alone.
RUN_OUT = """() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 3 * 3600 * 1000;
}"""


def test_a_page_whose_clock_runs_ahead_hands_nothing_in(window: Page, attempt: Attempt) -> None:
    open_question(window, attempt, 1)
    with window.expect_response(re.compile("/submit/$")) as refused:
        window.evaluate(RUN_OUT)
    assert refused.value.status == 302
    expect_question(window, 1)
    expect_ready(window)
    assert seconds_shown(window) > 7000
    attempt.refresh_from_db()
    assert not attempt.is_closed


def test_who_comes_back_after_the_time_was_over_gets_the_report(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    answer_and_save(window, right_places(attempt.responses.select_related("version")[0]))
    window.goto("about:blank")
    assert attempts.close_expired(now=deadline_of(attempt) + 3 * SECOND) == 1
    window.goto("/")
    window.get_by_role("link", name="Report").click()
    expect(window.get_by_label("Result", exact=True)).to_contain_text("Time ran out")
    window.goto(question_url(attempt, 1))
    expect(window).to_have_url(RESULT)


def test_in_the_seconds_of_grace_a_page_says_that_time_is_over_and_leads_to_the_report(
    window: Page, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_question(window, attempt, 1)
    monkeypatch.setattr(saves, "GRACE", MINUTE)
    ending_in(attempt, -3 * SECOND)
    window.get_by_role("button", name="Next", exact=True).click()
    expect(window.get_by_role("heading", name="Time's up")).to_be_visible()
    expect(window.locator(".exam-header")).to_have_count(0)
    monkeypatch.undo()
    window.get_by_role("link", name="Show the result").click()
    expect(window).to_have_url(RESULT)


# ---- The countdown -----------------------------------------------------------------------------

SHIFT_DATE = """(() => {
    const Real = Date;
    const shifted = () => Real.now() + %d * 3600 * 1000;
    window.Date = class extends Real {
        constructor(...parts) { super(...(parts.length ? parts : [shifted()])); }
        static now() { return shifted(); }
    };
})()"""


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_browser_whose_clock_is_a_day_off_counts_the_right_time_and_never_hands_in_early(
    open_browser: Callable[..., Page], candidate: User, attempt: Attempt, hours: int
) -> None:
    window = open_browser(candidate)
    window.add_init_script(SHIFT_DATE % hours)
    deadline = ending_in(attempt, 10 * MINUTE)
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    off = window.evaluate("Date.now()") / 1000 - timezone.now().timestamp()
    assert abs(off / 3600 - hours) < 0.1
    answer_and_save(window, right_places(choice))
    wait_for_tick(window)
    left = (deadline - timezone.now()).total_seconds()
    assert abs(seconds_shown(window) - left) < 5
    assert window.url.endswith(question_url(attempt, choice.position))


def wait_for_tick(page: Page) -> None:
    expect(reading(page)).not_to_have_text(reading(page).inner_text())


def test_the_countdown_can_be_hidden_and_shown_again(window: Page, attempt: Attempt) -> None:
    open_question(window, attempt, 1)
    window.get_by_role("button", name="Hide clock", exact=True).click()
    expect(reading(window)).to_be_hidden()
    window.get_by_role("button", name="Next", exact=True).click()
    expect_question(window, 2)
    expect(reading(window)).to_be_hidden()
    window.get_by_role("button", name="Show clock", exact=True).click()
    expect(reading(window)).to_be_visible()
    expect(window.get_by_role("button", name="Hide clock", exact=True)).to_be_visible()
    expect_ready(window)


def test_a_window_that_slept_asks_the_server_for_the_time_left(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    ending_in(attempt, 10 * MINUTE)
    wake(window)
    expect(reading(window)).to_have_text(re.compile(r"^(10:00|9:5\d)$"))


def wake(page: Page) -> None:
    with page.expect_response(re.compile("/clock$")):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


HEAR = """() => {
    window.heard = [];
    const announcer = document.querySelector("[data-clock-announcer]");
    new MutationObserver(() => heard.push(announcer.textContent))
        .observe(announcer, { childList: true, characterData: true, subtree: true });
}"""


def test_each_threshold_is_announced_once(window: Page, attempt: Attempt) -> None:
    ending_in(attempt, 15 * MINUTE + 30 * SECOND)
    open_question(window, attempt, 1)
    window.evaluate(HEAR)
    for left in (15 * MINUTE, 15 * MINUTE + SECOND, 15 * MINUTE - SECOND):
        # Shown times jitter around a threshold with every answer of the server.
        wake_with(window, attempt, left - SECOND / 2)
    assert window.evaluate("heard") == ["15 minutes left"]
    wake_with(window, attempt, MINUTE - SECOND / 2)
    assert window.evaluate("heard") == ["15 minutes left", "1 minute left"]


def test_after_a_sleep_across_several_thresholds_the_time_that_is_left_is_announced(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    window.evaluate(HEAR)
    wake_with(window, attempt, 4 * MINUTE - SECOND / 2)
    assert window.evaluate("heard") == ["4 minutes left"]


def wake_with(page: Page, attempt: Attempt, left: timedelta) -> None:
    ending_in(attempt, left)
    wake(page)
    whole = int(left.total_seconds()) + 1
    page.wait_for_function(
        """whole => {
            const parts = document.querySelector("[data-clock-reading]").textContent.split(":");
            const shown = parts.reduce((sum, part) => sum * 60 + Number(part), 0);
            return shown <= whole && shown > whole - 15;
        }""",
        arg=whole,
    )


# As if every request of this page took a minute.
SLOW_REQUESTS = """(() => {
    let late = 0;
    const now = performance.now.bind(performance);
    performance.now = () => now() + late;
    const slow = (real) => function (...parts) {
        const sent = real.apply(this, parts);
        late += 60_000;
        return sent;
    };
    window.fetch = slow(window.fetch);
    XMLHttpRequest.prototype.send = slow(XMLHttpRequest.prototype.send);
})()"""


def test_half_of_the_time_that_a_save_or_a_screen_took_is_over(
    window: Page, attempt: Attempt
) -> None:
    deadline = ending_in(attempt, 10 * MINUTE)
    window.add_init_script(SLOW_REQUESTS)
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    answer_and_save(window, ["1"])
    expect_seconds(window, deadline, early=30)
    other = choice.position % attempt.exam.items + 1
    window.locator(f"[data-cell='{other}']").click()
    expect_question(window, other)
    expect_seconds(window, deadline, early=30)


def expect_seconds(page: Page, deadline: datetime, *, early: int) -> None:
    wait_for_tick(page)
    left = (deadline - timezone.now()).total_seconds()
    assert abs(seconds_shown(page) + early - left) < 5


def test_a_page_that_loads_slowly_does_not_give_the_time_of_loading_away(
    window: Page, attempt: Attempt
) -> None:
    ending_in(attempt, 10 * MINUTE)
    # As if a minute went by from the server's first byte to the start of the script.
    window.add_init_script(
        "const now = performance.now.bind(performance); performance.now = () => now() + 60000;"
    )
    open_question(window, attempt, 1)
    assert seconds_shown(window) <= 9 * 60
