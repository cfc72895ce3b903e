"""The clock stays true: for hours, on a wrong device, throttled, asleep, when time is added."""

import re
import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from playwright.sync_api import Page, expect

from exams.models import Attempt
from questions.kinds import Kind
from tests.browser.steps import (
    SAVED,
    ending_in,
    first_of,
    open_question,
    option,
    places_of,
    reading,
    save_state,
    saved_response,
    seconds_shown,
)
from tests.sittings import deadline_of

HOURS_5_MS, MINUTE_MS, MINUTES = 5 * 3_600_000, 60_000, 180
# What a cheap quartz may be off by, twice over: 100 parts in a million are a second in three hours.
TRUE_MS_LEFT = f"() => {HOURS_5_MS} - performance.now() * (1 - 1e-4)"
# The server's answers, by true time, to a device whose own clock runs fast.
ANSWER_BY_TRUE_TIME = f"""(() => {{
    const real = window.fetch;
    const left = {TRUE_MS_LEFT};
    window.fetch = async (url, ...rest) => {{
        if (!String(url).endsWith("/clock")) return real(url, ...rest);
        const body = {{ remaining_ms: Math.round(left()), closed: false, epoch: 1 }};
        return new Response(JSON.stringify(body));
    }};
}})()"""


def test_after_three_hours_of_a_drifting_device_the_reading_is_off_by_less_than_a_quarter_second(
    window: Page, attempt: Attempt
) -> None:
    ending_in(attempt, timedelta(milliseconds=HOURS_5_MS))
    window.clock.install()
    window.add_init_script(ANSWER_BY_TRUE_TIME)
    open_question(window, attempt, 1)
    # From here on time passes only as the test says.
    window.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    for _ in range(MINUTES):
        window.clock.run_for(MINUTE_MS)
    # The reading shows whole seconds: look for the moment at which it changes.
    shown = seconds_shown(window)
    for _ in range(40):
        window.clock.run_for(50)
        if seconds_shown(window) != shown:
            break
    assert abs((shown - 1) * 1000 - window.evaluate(TRUE_MS_LEFT)) <= 250


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_device_whose_calendar_is_a_day_off_shows_the_same_time(
    window: Page, attempt: Attempt, hours: int
) -> None:
    window.add_init_script(
        f"const now = Date.now; Date.now = () => now.call(Date) + {hours} * 3600000;"
    )
    deadline = ending_in(attempt, timedelta(minutes=10))
    open_question(window, attempt, 1)
    assert_shows_time_until(deadline, window)
    window.evaluate(f"Date.now = () => {hours} * 3600000")
    window.wait_for_timeout(600)
    assert_shows_time_until(deadline, window)


def test_a_throttled_page_whose_process_stood_still_shows_the_right_time_when_it_wakes(
    window: Page, attempt: Attempt
) -> None:
    deadline = ending_in(attempt, timedelta(minutes=10))
    open_question(window, attempt, 1)
    devtools = window.context.new_cdp_session(window)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    with window.expect_response(re.compile("/clock$")):
        stand_still(seconds=4)
    expect(reading(window)).to_have_text(re.compile(r"^9:\d\d$"))
    assert_shows_time_until(deadline, window)


def assert_shows_time_until(deadline: datetime, window: Page) -> None:
    """To a second and a half, however long a busy machine takes to read the clock."""
    before = deadline.timestamp() - time.time()
    shown = seconds_shown(window)
    after = deadline.timestamp() - time.time()
    assert after - 1.5 <= shown <= before + 1.5


def stand_still(seconds: float) -> None:
    """Stop every process that shows pages of this test's browser, and let it go on."""
    shown = [
        process
        for process in psutil.Process().children(recursive=True)
        if "--type=renderer" in " ".join(process.cmdline())
    ]
    assert shown
    for process in shown:
        process.suspend()
    time.sleep(seconds)
    for process in shown:
        process.resume()


def test_time_that_an_operator_gives_back_is_shown_and_said(window: Page, attempt: Attempt) -> None:
    ending_in(attempt, timedelta(minutes=10))
    open_question(window, attempt, 1)
    ending_in(attempt, timedelta(minutes=22))
    window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(window.locator("[data-clock-announcer]")).to_have_text("12 minutes added.")
    expect(reading(window)).to_have_text(re.compile(r"^2[12]:"))


def test_an_idle_window_learns_with_the_clock_that_another_took_over(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 1)
    Attempt.objects.filter(pk=attempt.pk).update(epoch=2)
    window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(window.get_by_role("alert")).to_contain_text("continued in another window")
    assert deadline_of(attempt)
    window.get_by_role("button", name="Continue in this window").click()
    expect(window.get_by_role("alert")).to_have_count(0)


def test_what_was_given_during_half_an_hour_offline_is_saved_when_the_network_is_back(
    window: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    window.clock.install()
    open_question(window, attempt, choice.position)
    window.context.set_offline(True)
    for place, minutes in (("1", 5), ("2", 10), ("3", 15)):
        option(window, place).check()
        window.clock.run_for(minutes * MINUTE_MS)
    expect(save_state(window)).to_contain_text("Your answer is stored here")
    assert saved_response(attempt, choice.position).answer == []
    window.context.set_offline(False)
    window.clock.run_for(MINUTE_MS)
    expect(save_state(window)).to_have_text(SAVED)
    assert places_of(saved_response(attempt, choice.position)) == ["3"]
