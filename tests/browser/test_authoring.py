"""Writing questions in a real browser: rows by keyboard, preview, both themes, no script."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from questions.kinds import Kind
from questions.models import Question, QuestionVersion
from tests.bank import fill, make_exam
from tests.browser.steps import session_cookie
from tests.people import AuthorFactory

LIST = "/admin/questions/question/"
ADD = f"{LIST}add/"
Axe = Callable[[Page], None]


@pytest.fixture
def question(transactional_db: None) -> Question:
    exam = make_exam()
    fill(exam, per_task=1)
    return exam.questions.filter(published__kind=Kind.CHOICE).order_by("pk")[0]


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, question: Question) -> Page:
    """A page of a signed-in author."""
    sign_in(page, live_server, AuthorFactory.create())
    return page


@pytest.fixture
def web(signed_in: Page) -> Iterator[Page]:
    """The same, and the browser must find nothing to complain of."""
    complaints: list[str] = []
    signed_in.on("console", lambda message: complaints.extend(complaint_of(message)))
    signed_in.on("pageerror", lambda error: complaints.append(str(error)))
    yield signed_in
    assert complaints == []


def sign_in(page: Page, server: LiveServer, user: User) -> None:
    name, value = settings.SESSION_COOKIE_NAME, session_cookie(user)
    page.context.add_cookies([{"name": name, "value": value, "url": server.url}])


def complaint_of(message: Any) -> list[str]:
    # The browser remarks on answers with 4xx too, which are the server's to give.
    is_fault = message.type == "error" and "Failed to load resource" not in message.text
    return [message.text] if is_fault else []


def page_of(question: Question) -> str:
    return f"{LIST}{question.pk}/change/"


def row(page: Page, rows: str, number: int) -> Any:
    return page.locator(f"[data-rows={rows}] [data-row]").nth(number)


def latest(slug: str) -> QuestionVersion:
    return QuestionVersion.objects.filter(question__slug=slug).order_by("-number")[0]


def fill_head(page: Page, slug: str, stem: str) -> None:
    page.get_by_label("Name", exact=True).fill(slug)
    page.get_by_label("Task").select_option("1.1")
    page.get_by_label("Difficulty").select_option("2")
    page.get_by_label("Verified on").fill("2026-11-23")
    page.get_by_label("Stem").fill(stem)
    page.get_by_label("Main note section").select_option("glue")
    page.get_by_label("References").fill("https://docs.example.org/fresh")


def type_option(page: Page, number: int, text: str) -> None:
    row(page, "options", number).get_by_label("Text").fill(text)
    row(page, "options", number).get_by_label("Rationale").fill(f"Because of {text}")


def test_a_choice_question_is_written_with_rows_by_keyboard(web: Page, axe: Axe) -> None:
    web.goto(ADD)
    fill_head(web, "fresh-choice", "Which is fresh?")
    for number, text in enumerate(["Milk", "Stone", "Sand"]):
        type_option(web, number, text)
    row(web, "options", 0).get_by_label("Correct").focus()
    web.keyboard.press("Space")
    web.get_by_role("button", name="Add an option").focus()
    web.keyboard.press("Enter")
    web.keyboard.type("Iron")  # the new row's text has the focus
    web.keyboard.press("Tab")
    web.keyboard.type("Because of Iron")
    row(web, "options", 6).get_by_role("button", name="Move up: option g").focus()
    for _ in range(6):
        web.keyboard.press("Enter")  # the button keeps the focus while its row moves
    expect(web.locator("[data-state]")).to_have_text("Option g is at place 1 of 7.")
    axe(web)
    web.get_by_role("button", name="Publish").focus()
    web.keyboard.press("Enter")
    expect(web.locator(".messages")).to_contain_text("Published fresh-choice.")
    version = latest("fresh-choice")
    assert [option["text"] for option in version.options] == ["Iron", "Milk", "Stone", "Sand"]
    assert version.key == ["a"]


def test_a_matching_question_names_its_options_as_they_are_typed(web: Page, axe: Axe) -> None:
    web.goto(ADD)
    web.get_by_label("Kind").select_option("matching")
    expect(row(web, "options", 0).get_by_label("Correct")).to_be_hidden()
    fill_head(web, "fresh-matching", "Match each animal to its young.")
    for number, text in enumerate(["Calf", "Foal", "Lamb", "Kid"]):
        type_option(web, number, text)
    for number, (animal, young) in enumerate([("Cow", "Calf"), ("Mare", "Foal"), ("Ewe", "Lamb")]):
        row(web, "prompts", number).get_by_label("Prompt").fill(animal)
        match = row(web, "prompts", number).get_by_label("Right option")
        match.select_option(label=f"{'abc'[number]}: {young}")
    row(web, "prompts", 0).get_by_role("button", name="Move down").click()
    axe(web)
    web.get_by_role("button", name="Publish").click()
    expect(web.locator(".messages")).to_contain_text("Published fresh-matching.")
    version = latest("fresh-matching")
    assert [prompt["text"] for prompt in version.prompts] == ["Mare", "Cow", "Ewe"]
    assert version.key == ["b", "a", "c"]


def test_an_ordering_is_written_in_its_right_order(web: Page) -> None:
    web.goto(ADD)
    web.get_by_label("Kind").select_option("ordering")
    fill_head(web, "fresh-ordering", "Put these steps in order.")
    for number, text in enumerate(["Third", "First", "Second"]):
        type_option(web, number, text)
    row(web, "options", 0).get_by_role("button", name="Move down").click()
    row(web, "options", 1).get_by_role("button", name="Move down").click()
    web.get_by_role("button", name="Publish").click()
    expect(web.locator(".messages")).to_contain_text("Published fresh-ordering.")
    assert latest("fresh-ordering").key == ["b", "c", "a"]


def test_a_removed_row_leaves_the_others_as_they_were(web: Page, question: Question) -> None:
    web.goto(page_of(question))
    row(web, "options", 0).get_by_role("button", name="Remove").click()
    expect(web.locator("[data-state]")).to_have_text("Removed: Option a.")
    web.get_by_role("button", name="Add an option").click()
    type_option(web, 3, "Replacement")
    web.get_by_role("button", name="Publish").click()
    expect(web.locator(".messages")).to_contain_text("Published version 2")
    version = latest(question.slug)
    assert [option["id"] for option in version.options] == ["b", "c", "d", "a"]
    assert version.key == ["b"]


def test_the_preview_appears_in_place_and_leaves_the_text_alone(
    web: Page, question: Question, axe: Axe
) -> None:
    web.goto(page_of(question))
    web.get_by_label("Stem").fill("What is **bold** <script>alert(1)</script>?")
    web.get_by_role("button", name="Preview").click()
    preview = web.locator("#preview")
    expect(preview.locator("strong")).to_have_text("bold")
    expect(preview.get_by_role("heading", name="As candidates see it")).to_be_focused()
    expect(preview.locator(".right")).to_have_count(1)
    expect(web.get_by_label("Stem")).to_have_value("What is **bold** <script>alert(1)</script>?")
    axe(web)


def test_errors_are_listed_and_lead_to_their_fields(
    web: Page, question: Question, axe: Axe
) -> None:
    web.goto(page_of(question))
    web.get_by_label("Stem").fill("Which TWO?")
    row(web, "options", 2).get_by_label("Rationale").fill("")
    web.get_by_role("button", name="Publish").click()
    expect(web.get_by_role("heading", name="2 errors: not published")).to_be_focused()
    axe(web)
    web.get_by_role("link", name="Option c, rationale").click()
    expect(row(web, "options", 2).get_by_label("Rationale")).to_be_focused()
    expect(web.get_by_label("Stem")).to_have_value("Which TWO?")


def test_a_warning_is_answered_in_its_row(web: Page, question: Question, axe: Axe) -> None:
    web.goto(page_of(question))
    row(web, "options", 0).get_by_label("Text").fill("It is always so")
    web.get_by_role("button", name="Check", exact=True).click()
    axe(web)
    web.get_by_label("Reason that answers absolute").fill("So the documentation says")
    web.get_by_role("button", name="Publish").click()
    expect(web.get_by_text("answered", exact=True)).to_be_visible()
    assert latest(question.slug).lint == {"absolute": "So the documentation says"}


def test_note_sections_are_searched(web: Page, question: Question) -> None:
    for number, title in enumerate(["Athena", "Zeppelin"], start=2):
        question.exam.note_sections.create(anchor=title.lower(), title=title, position=number)
    web.goto(page_of(question))
    web.get_by_label("Search sections").fill("zepp")
    expect(web.locator(".sections .choice:visible")).to_have_text(["Zeppelin"])
    web.get_by_label("Zeppelin").check()
    web.get_by_role("button", name="Publish").click()
    expect(web.locator(".messages")).to_contain_text("note sections")
    links = latest(question.slug).versionnote_set.order_by("position")
    assert [link.section.anchor for link in links] == ["glue", "zeppelin"]


def test_leaving_unsaved_text_is_asked_about(web: Page, question: Question) -> None:
    web.goto(page_of(question))
    web.get_by_label("Stem").fill("Half a question")
    asked = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    web.on("dialog", stay)
    with web.expect_event("dialog"):
        web.evaluate("setTimeout(() => location.assign('/'))")
    assert asked == ["beforeunload"]
    expect(web.get_by_label("Stem")).to_have_value("Half a question")
    web.remove_listener("dialog", stay)
    web.on("dialog", lambda dialog: dialog.accept())


@pytest.fixture
def plain(browser: Browser, live_server: LiveServer, question: Question) -> Iterator[Page]:
    """A signed-in author's page without JavaScript."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, AuthorFactory.create())
    yield page
    context.close()


def test_rows_and_preview_work_without_script(plain: Page, question: Question) -> None:
    plain.goto(page_of(question))
    plain.get_by_label("Stem").fill("What without script?")
    plain.get_by_role("button", name="Move down: option a").click()
    expect(row(plain, "options", 0).locator("legend")).to_have_text("Option b")
    plain.get_by_role("button", name="Add an option").click()
    expect(row(plain, "options", 4).locator("legend")).to_have_text("Option e")
    with plain.context.expect_page() as opened:
        plain.get_by_role("button", name="Preview").click()
    expect(opened.value.locator("#stem")).to_have_text("What without script?")
    plain.get_by_role("button", name="Publish").click()
    expect(plain.locator(".messages")).to_contain_text("Published version 2: stem")
    assert [option["id"] for option in latest(question.slug).options] == ["b", "a", "c", "d"]


def test_the_kind_chooses_what_is_shown_without_script(plain: Page) -> None:
    plain.goto(ADD)
    expect(plain.locator("#prompts")).to_be_hidden()
    plain.get_by_label("Kind").select_option("matching")
    expect(plain.locator("#prompts")).to_be_visible()


def test_every_page_of_authoring_passes_in_both_themes_and_fits(
    signed_in: Page, question: Question, axe_in_themes: Callable[..., None]
) -> None:
    section = question.exam.note_sections.get()
    for url in (
        *(LIST, ADD, page_of(question), f"{LIST}{question.pk}/versions/1/", f"{LIST}check/"),
        *("/admin/questions/notesection/", f"/admin/questions/notesection/{section.pk}/change/"),
        *("/admin/questions/noteimage/add/", f"{LIST}{question.pk}/history/"),
        f"/admin/questions/exam/{question.exam_id}/change/",
    ):
        # axe adds styles of its own, which the policy of the admin's pages refuses.
        signed_in.goto(url)
        axe_in_themes(signed_in, light=1280, dark=390)


def test_the_admins_own_pages_keep_to_the_content_security_policy(
    web: Page, question: Question
) -> None:
    section = question.exam.note_sections.get()
    for url in (LIST, "/admin/questions/noteimage/add/", f"{LIST}{question.pk}/history/"):
        web.goto(url)
    web.goto(f"/admin/questions/notesection/{section.pk}/change/")
    expect(web.get_by_role("button", name="Preview")).to_be_visible()
