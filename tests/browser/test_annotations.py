"""Annotations: strikes, highlights, notes, confidence; and the keys for them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from exams.models import Attempt, Response
from questions.kinds import Kind
from tests.browser.steps import (
    SAVED,
    answer,
    answer_and_save,
    expect_question,
    first_of,
    open_question,
    option,
    places_of,
    save_state,
    saved_response,
)

# The address has a former name too.
ANNOTATIONS = re.compile("/(annotations|marks)$")
SELECT_WORDS = """([from, to]) => {
    const text = document.querySelector("#stem p").firstChild;
    getSelection().setBaseAndExtent(text, from, text, to);
}"""


def highlight_selection(page: Page) -> None:
    """By the button that appears beside what is selected."""
    page.locator("[data-selection-tools]").get_by_role("button", name="Highlight").click()


def open_tools(page: Page) -> None:
    """On a phone the tools are behind a button."""
    page.get_by_role("button", name="Tools").click()


@pytest.fixture
def choice(attempt: Attempt) -> Response:
    return first_of(attempt, Kind.CHOICE)


def test_annotations_are_kept_for_another_device_and_shown_in_the_review(
    open_browser: Callable[..., Page],
    window: Page,
    candidate: User,
    attempt: Attempt,
    choice: Response,
) -> None:
    open_question(window, attempt, choice.position)
    answer_and_save(window, ["2"])
    row = window.locator("[data-option='2']")
    row.get_by_role("button", name="Strike out B").click()
    expect(option(window, "2")).not_to_be_checked()
    window.evaluate(SELECT_WORDS, [0, 4])
    highlight_selection(window)
    expect(window.locator("#stem mark")).to_have_text("What")
    window.get_by_role("radio", name="Unsure").check()
    window.get_by_role("button", name="My note").click()
    window.locator("[data-note]").fill("Read again: Glue")
    cell = window.locator(f"[data-cell='{choice.position}']")
    expect(cell).to_have_class(re.compile("noted"))
    expect(save_state(window)).to_have_text(SAVED)

    phone = open_browser(candidate, size=(390, 844))
    open_question(phone, attempt, choice.position)
    expect(phone.locator("[data-option='2']")).to_have_class(re.compile("struck"))
    expect(phone.locator("#stem mark")).to_have_text("What")
    expect(phone.get_by_role("radio", name="Unsure")).to_be_checked()
    expect(phone.locator("[data-note]")).to_have_value("Read again: Glue")
    open_tools(phone)
    phone.get_by_role("button", name="Remove highlights").click()
    phone.keyboard.press("Escape")
    expect(phone.locator("#stem mark")).to_have_count(0)
    option(phone, "2").check()
    expect(phone.locator("[data-option='2']")).not_to_have_class(re.compile("struck"))
    expect(save_state(phone)).to_have_text(SAVED)
    kept = saved_response(attempt, choice.position)
    assert (kept.struck, kept.highlights, kept.note) == ([], [], "Read again: Glue")

    phone.get_by_role("button", name="Review", exact=True).click()
    phone.get_by_role("link", name="Has note (1)").click()
    expect(phone.locator(".review-list li")).to_have_count(1)
    phone.get_by_role("link", name="Unsure or guessed (1)").click()
    expect(phone.locator(".review-list li")).to_have_count(1)


def test_a_note_that_is_still_being_typed_survives_a_lost_network_and_a_reload(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    window.get_by_role("button", name="My note").click()
    window.route(ANNOTATIONS, lambda route: route.abort())
    window.locator("[data-note]").fill("kept")
    expect(save_state(window)).to_contain_text("Stored on this device")
    assert saved_response(attempt, choice.position).note == ""
    window.unroute(ANNOTATIONS)
    window.once("dialog", lambda dialog: dialog.accept())
    window.reload()
    expect(window.locator("[data-note]")).to_have_value("kept")
    expect(save_state(window)).to_have_text(SAVED)
    assert saved_response(attempt, choice.position).note == "kept"


def test_annotations_that_the_server_fails_on_hold_up_no_answer(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    open_question(window, attempt, choice.position)
    window.route(ANNOTATIONS, lambda route: route.fulfill(status=500, body="broken"))
    window.get_by_role("button", name="My note").click()
    window.locator("[data-note]").fill("fails")
    window.locator("[data-heading]").focus()
    expect(save_state(window)).to_contain_text("Not saved yet")
    with window.expect_response("**/save") as saved:
        answer(window, ["2"])
    assert saved.value.status == 200
    assert places_of(saved_response(attempt, choice.position)) == ["2"]
    window.unroute(ANNOTATIONS)
    expect(save_state(window)).to_have_text(SAVED)
    assert saved_response(attempt, choice.position).note == "fails"


def test_how_sure_a_candidate_is_stays_in_the_words_of_the_cell(
    window: Page, attempt: Attempt, choice: Response
) -> None:
    cell = window.locator(f"[data-cell='{choice.position}']")
    open_question(window, attempt, choice.position)
    window.get_by_role("radio", name="Unsure").check()
    expect(cell).to_have_text(f"{choice.position}, unanswered, unsure")
    expect(save_state(window)).to_have_text(SAVED)
    open_question(window, attempt, choice.position)
    answer_and_save(window, ["2"])
    expect(cell).to_have_text(f"{choice.position}, answered, unsure")


def test_the_exam_screen_by_single_keys(window: Page, attempt: Attempt, choice: Response) -> None:
    open_question(window, attempt, choice.position)
    press = window.keyboard.press
    press("b")
    expect(option(window, "2")).to_be_checked()
    press("3")
    expect(option(window, "3")).to_be_checked()
    press("Shift+Digit1")
    expect(window.locator("[data-option='1']")).to_have_class(re.compile("struck"))
    press("f")
    expect(window.locator("[data-flag]")).to_have_attribute("aria-pressed", "true")
    press("t")
    expect(window.locator("[data-told]")).to_have_text(
        re.compile(r"^1 hour 59 minutes left|2 hours")
    )
    press("h")
    press("Enter")
    expect(window.locator("#stem mark")).to_have_count(1)
    press("Escape")
    press("m")
    window.keyboard.type("nnn?")
    expect(window.locator("[data-note]")).to_have_value("nnn?")
    window.locator("[data-heading]").focus()
    press("?")
    keys = window.get_by_role("dialog", name="Shortcuts")
    expect(keys).to_be_visible()
    keys.get_by_label("Enable single-key shortcuts").uncheck()
    keys.get_by_role("button", name="Close").click()
    press("n")
    expect_question(window, choice.position)
    press("?")
    keys.get_by_label("Enable single-key shortcuts").check()
    press("Escape")
    press("n" if choice.position < attempt.exam.items else "p")
    step = 1 if choice.position < attempt.exam.items else -1
    expect_question(window, choice.position + step)
    assert saved_response(attempt, choice.position).note == "nnn?"


def test_annotations_and_dialogs_pass_in_every_theme(
    open_browser: Callable[..., Page],
    candidate: User,
    attempt: Attempt,
    choice: Response,
    axe: Callable[[Page], None],
) -> None:
    page = open_browser(candidate, size=(390, 844))
    open_question(page, attempt, choice.position)
    page.get_by_role("button", name="Strike out A").click()
    page.evaluate(SELECT_WORDS, [0, 4])
    highlight_selection(page)
    page.get_by_role("button", name="My note").click()
    display = page.get_by_role("dialog", name="Display")
    for theme in ("light", "dark", "contrast"):
        open_tools(page)
        page.get_by_role("button", name="Display").click()
        with page.expect_response(re.compile("/accounts/display/")):
            display.locator(f"[value={theme}]").check()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        axe(page)
        display.get_by_role("button", name="Close").click()
        axe(page)
    open_tools(page)
    axe(page)
    page.get_by_role("button", name="Display").click()
    display.locator("[value=largest]").check()
    display.get_by_role("button", name="Close").click()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    open_tools(page)
    page.get_by_role("button", name="Shortcuts").click()
    axe(page)
