"""The exam by keyboard alone, where the focus is, and ordering by mouse and by finger."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from accounts.models import User
from exams.models import Attempt, Response
from questions.kinds import Kind
from tests.browser.steps import (
    RESULT,
    SAVED,
    expect_question,
    first_of,
    open_question,
    option,
    places_of,
    save_state,
    saved_response,
    shown_order,
)
from tests.sittings import right_places

FAR = 200
FOCUSED = "document.activeElement"


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until ``target`` has the focus, as somebody without a mouse would."""
    element = target.element_handle()
    for _ in range(FAR):
        page.keyboard.press(key)
        if element.evaluate(f"element => element === {FOCUSED}"):
            return
    pytest.fail(f"Tab never reached {target}")


def activate(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def expect_heading_focused(page: Page) -> None:
    expect(page.locator("[data-heading]")).to_be_focused()


def focused(page: Page) -> str:
    """What has the focus, for reading: "BODY" means that it was lost."""
    name: str = page.evaluate(
        f"{FOCUSED}.getAttribute('aria-label') || {FOCUSED}.id || {FOCUSED}.tagName"
    )
    return name


def give(page: Page, response: Response) -> None:
    places = right_places(response)
    by_kind[Kind(response.version.kind)](page, places)
    expect(save_state(page)).to_have_text(SAVED)


def give_choice(page: Page, places: list[str]) -> None:
    # Tab enters the group of radio buttons, arrows move within it.
    tab_to(page, option(page, "1"))
    page.keyboard.press("Space")
    for _ in range(int(places[0]) - 1):
        page.keyboard.press("ArrowDown")
    expect(option(page, places[0])).to_be_focused()


def give_response(page: Page, places: list[str]) -> None:
    for place in sorted(places):
        activate(page, option(page, place), "Space")


def give_ordering(page: Page, places: list[str]) -> None:
    for goal, place in enumerate(places):
        up = page.locator(f".items > [data-place='{place}'] button").first
        steps = shown_order(page).index(place) - goal
        if steps:
            tab_to(page, up, "Shift+Tab")
        for _ in range(steps):
            page.keyboard.press("Space")
            expect(up).to_be_focused()


def give_matching(page: Page, places: list[str]) -> None:
    for number, place in enumerate(places):
        select = page.locator(".prompt select").nth(number)
        tab_to(page, select)
        for _ in range(int(place)):
            page.keyboard.press("ArrowDown")
        expect(select).to_have_value(place)


by_kind = {
    Kind.CHOICE: give_choice,
    Kind.RESPONSE: give_response,
    Kind.ORDERING: give_ordering,
    Kind.MATCHING: give_matching,
}


# ---- By keyboard alone -------------------------------------------------------------------------


def test_an_exam_is_sat_and_handed_in_by_keyboard_alone(window: Page, attempt: Attempt) -> None:
    open_question(window, attempt, 1)
    for kind in Kind:
        response = first_of(attempt, kind)
        activate(window, window.locator(f"[data-cell='{response.position}']"))
        expect_question(window, response.position)
        expect_heading_focused(window)
        give(window, response)
        right = sorted(saved_response(attempt, response.position).answer)
        assert right == sorted(response.version.key)
    activate(window, button(window, "Review"))
    expect_heading_focused(window)
    activate(window, window.get_by_role("link", name="Incomplete (8)"))
    expect(window.locator(".review-list li")).to_have_count(8)
    expect_heading_focused(window)
    activate(window, window.get_by_role("link", name="Submit…"))
    expect(window.get_by_role("heading", name="Submit your exam?")).to_be_visible()
    activate(window, button(window, "Submit exam"))
    expect(window).to_have_url(RESULT)
    attempt.refresh_from_db()
    assert attempt.scored_correct == 4


def test_enter_in_an_answer_goes_to_the_next_question(window: Page, attempt: Attempt) -> None:
    choice = attempt.responses.filter(version__kind=Kind.CHOICE, position__gt=1)[0]
    open_question(window, attempt, choice.position)
    option(window, "1").focus()
    window.keyboard.press("Space")
    window.keyboard.press("Enter")
    expect_question(window, choice.position + 1)
    assert places_of(saved_response(attempt, choice.position)) == ["1"]


def test_the_focus_stays_on_the_flag_and_goes_to_the_heading_after_each_move(
    window: Page, attempt: Attempt
) -> None:
    open_question(window, attempt, 2)
    flag = window.locator("[data-flag]")
    for pressed in ("true", "false"):
        tab_to(window, flag) if pressed == "true" else None
        window.keyboard.press("Space")
        expect(flag).to_have_attribute("aria-pressed", pressed)
        expect(flag).to_be_focused()
    for name, position in (("Next", 3), ("Previous", 2)):
        activate(window, button(window, name))
        expect_question(window, position)
        expect_heading_focused(window)
    window.go_back()
    expect_question(window, 3)
    expect_heading_focused(window)


def test_a_cleared_answer_leaves_the_focus_in_the_question(window: Page, attempt: Attempt) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    tab_to(window, option(window, "1"))
    window.keyboard.press("Space")
    activate(window, button(window, "Clear answer"))
    expect(button(window, "Clear answer")).to_be_hidden()
    expect(save_state(window)).to_have_text(SAVED)
    assert saved_response(attempt, choice.position).answer == []
    assert focused(window) != "BODY"


def test_an_order_kept_as_it_is_leaves_the_focus_in_the_list(
    window: Page, attempt: Attempt
) -> None:
    ordering = first_of(attempt, Kind.ORDERING)
    open_question(window, attempt, ordering.position)
    activate(window, button(window, "This order is right"))
    expect(save_state(window)).to_have_text(SAVED)
    assert places_of(saved_response(attempt, ordering.position)) == ["1", "2", "3", "4"]
    assert focused(window).startswith("Move ")


def test_an_item_moved_to_an_end_keeps_the_focus(window: Page, attempt: Attempt) -> None:
    ordering = first_of(attempt, Kind.ORDERING)
    open_question(window, attempt, ordering.position)
    down = window.locator(".items > [data-place='1'] button").last
    down.focus()
    for _ in range(5):
        window.keyboard.press("Enter")
        expect(down).to_be_focused()
    assert shown_order(window) == ["2", "3", "4", "1"]
    expect(save_state(window)).to_have_text(SAVED)
    assert places_of(saved_response(attempt, ordering.position)) == ["2", "3", "4", "1"]


def test_the_focus_is_not_lost_after_deciding_about_a_newer_answer(
    window: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    # As in a browser that has none: with locks only one of the two windows would write.
    window.context.add_init_script("delete Navigator.prototype.locks")
    second = window.context.new_page()
    open_question(window, attempt, choice.position)
    open_question(second, attempt, choice.position)
    option(second, "2").check()
    expect(save_state(second)).to_have_text(SAVED)
    option(window, "3").check()
    button(window, "Keep my change").focus()
    window.keyboard.press("Enter")
    expect(save_state(window)).to_have_text(SAVED)
    expect_heading_focused(window)


# ---- By mouse and by finger --------------------------------------------------------------------


@pytest.fixture
def ordering(attempt: Attempt) -> Response:
    return first_of(attempt, Kind.ORDERING)


def middle(item: Locator) -> tuple[float, float]:
    box = item.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def below(item: Locator) -> float:
    box = item.bounding_box()
    assert box
    return box["y"] + box["height"] - 2


def test_items_are_put_in_order_by_dragging_with_the_mouse(
    window: Page, attempt: Attempt, ordering: Response
) -> None:
    open_question(window, attempt, ordering.position)
    items = window.locator(".items > li")
    items.last.scroll_into_view_if_needed()
    x, y = middle(items.first.locator(".prose"))
    window.mouse.move(x, y)
    window.mouse.down()
    window.mouse.move(x, below(items.last), steps=5)
    window.mouse.up()
    expect(save_state(window)).to_have_text(SAVED)
    assert shown_order(window) == ["2", "3", "4", "1"]
    assert places_of(saved_response(attempt, ordering.position)) == ["2", "3", "4", "1"]


def test_items_are_put_in_order_by_dragging_their_grips_with_a_finger(
    open_browser: Callable[..., Page], candidate: User, attempt: Attempt, ordering: Response
) -> None:
    phone = open_browser(candidate, size=(390, 844), has_touch=True, is_mobile=True)
    open_question(phone, attempt, ordering.position)
    items = phone.locator(".items > li")
    finger = phone.context.new_cdp_session(phone)
    items.last.scroll_into_view_if_needed()

    # Anywhere but on its grip, a finger scrolls the page.
    drag(finger, middle(items.first.locator(".prose")), below(items.last))
    assert shown_order(phone) == ["1", "2", "3", "4"]
    items.last.scroll_into_view_if_needed()
    items.first.scroll_into_view_if_needed()
    drag(finger, middle(items.first.locator(".grip")), below(items.last))
    expect(save_state(phone)).to_have_text(SAVED)
    assert shown_order(phone) == ["2", "3", "4", "1"]
    assert places_of(saved_response(attempt, ordering.position)) == ["2", "3", "4", "1"]


def drag(finger: CDPSession, start: tuple[float, float], end: float) -> None:
    x, y = start
    touch(finger, "touchStart", [{"x": x, "y": y}])
    for step in range(1, 6):
        touch(finger, "touchMove", [{"x": x, "y": y + (end - y) * step / 5}])
    touch(finger, "touchEnd", [])


def touch(finger: CDPSession, kind: str, points: list[dict[str, Any]]) -> None:
    finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
