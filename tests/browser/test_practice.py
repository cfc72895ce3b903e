"""Ways to practise, as people use them: study, the practice page, a try without an account."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.engine import attempts
from exams.engine import study as study_engine
from exams.models import Attempt, Mode, ReviewCard
from exams.recipes import Recipe
from questions.kinds import Kind
from questions.models import Exam
from tests.bank import CANARY, fill, make_exam
from tests.browser.steps import (
    SAVED,
    answer,
    expect_question,
    first_of,
    flag_question,
    question_url,
    save_state,
    saved_response,
)
from tests.people import PASSWORD
from tests.sittings import right_places

PHONE = (390, 844)
Axe = Callable[[Page], None]


@pytest.fixture
def exam(live_server: LiveServer) -> Exam:
    exam = make_exam(items=12, scored_items=12)
    fill(exam, per_task=1)
    return exam


def begin_study(user: User, exam: Exam, minutes: int | None = None) -> Attempt:
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=12, minutes=minutes))
    return attempts.start(user=user, exam=exam, now=timezone.now(), wanted=wanted)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_every_kind_is_studied_on_a_phone_and_explained_when_checked(
    open_browser: Callable[..., Page], candidate: User, exam: Exam, axe: Axe
) -> None:
    study = begin_study(candidate, exam)
    page = open_browser(candidate, size=PHONE)
    page.goto(study.get_absolute_url())
    expect(page.locator(".clock")).to_have_text("No time limit")
    for kind in Kind:
        response = first_of(study, kind)
        page.locator(f"[data-cell='{response.position}']").click()
        expect_question(page, response.position)
        answer(page, right_places(response))
        assert CANARY not in page.content()
        page.get_by_role("button", name="Check answer").click()
        expect(page.locator(".verdict-banner")).to_contain_text("Correct")
        expect(page.get_by_text("Notes: Glue", exact=True).first).to_be_visible()
        assert CANARY in page.content()
        expect(page.locator(f"[data-cell='{response.position}']")).to_have_class(
            re.compile("right")
        )
        axe(page)
        assert fits(page)
    page.emulate_media(color_scheme="dark")
    axe(page)
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("link", name="Finish…").click()
    page.get_by_role("button", name="Finish now").click()
    expect(page.get_by_label("Result", exact=True)).to_contain_text("4 of 4 correct")
    axe(page)


def test_what_was_marked_before_an_explanation_stays_when_more_is_marked_after_it(
    open_browser: Callable[..., Page], candidate: User, exam: Exam
) -> None:
    study = begin_study(candidate, exam)
    response = first_of(study, Kind.CHOICE)
    wrong = next(place for place in "12" if place not in right_places(response))
    page = open_browser(candidate)
    page.goto(question_url(study, response.position))
    answer(page, right_places(response))
    page.locator(f"[data-option='{wrong}'] [data-strike]").click()
    page.get_by_role("radio", name="Unsure").check()
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator(".verdict-banner")).to_contain_text("Correct")
    flag_question(page)
    expect(save_state(page)).to_have_text(SAVED)
    kept = saved_response(study, response.position)
    assert (kept.struck, kept.confidence, kept.flagged) == (
        [kept.option_order[int(wrong) - 1]],
        "unsure",
        True,
    )


def test_study_without_javascript(
    open_browser: Callable[..., Page], candidate: User, exam: Exam
) -> None:
    study = begin_study(candidate, exam)
    response = first_of(study, Kind.CHOICE)
    page = open_browser(candidate, java_script_enabled=False)
    page.goto(f"{study.get_absolute_url()}q/{response.position}/")
    page.locator(f".option input[value='{right_places(response)[0]}']").check()
    page.get_by_role("button", name="Check answer").click()
    expect(page.locator(".verdict-banner")).to_contain_text("Correct")


def test_timed_study_is_paused_and_goes_on(
    open_browser: Callable[..., Page], candidate: User, exam: Exam, axe: Axe
) -> None:
    study = begin_study(candidate, exam, minutes=30)
    page = open_browser(candidate)
    page.goto(f"{study.get_absolute_url()}q/1/")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Continue").click()
    expect_question(page, 1)


def test_study_is_chosen_on_a_phone_by_keyboard_alone(
    open_browser: Callable[..., Page], candidate: User, exam: Exam, axe: Axe
) -> None:
    page = open_browser(candidate, size=PHONE)
    page.goto("/")
    page.get_by_role("link", name="Study MLA-C01", exact=True).press("Enter")
    expect(page.locator("#count")).to_contain_text("10 of 12 matching questions, no time limit")
    axe(page)
    assert fits(page)
    page.get_by_text("Tasks, notes, kinds, difficulty").press("Enter")
    page.get_by_label("2.1 Task 1").press("Space")
    expect(page.locator("#count")).to_contain_text("Only 1 question fits")
    expect(page.locator("#count")).to_contain_text("all domains and tasks: 10 of the 10")
    page.get_by_label("Find a section").press_sequentially("gl")
    expect(page.get_by_text("1 found; choose below.")).to_be_visible()
    axe(page)
    assert fits(page)
    page.get_by_label("Number of questions").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("but only 1 fit")
    expect(page.get_by_label("2.1 Task 1")).to_be_checked()
    axe(page)
    page.get_by_role("button", name="Start with 1").press("Enter")
    expect(page.locator("[data-heading]")).to_have_text("Question 1 of 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_time_of_a_custom_exam_follows_its_number_until_it_is_set(
    open_browser: Callable[..., Page], candidate: User, exam: Exam, axe: Axe, theme: str
) -> None:
    page = open_browser(candidate, color_scheme=theme)
    page.goto(f"/exams/{exam.slug}/custom/?items=6")
    minutes, items = page.get_by_label("Minutes"), page.get_by_label("Number of questions")
    expect(minutes).to_have_value("65")
    items.fill("12")
    expect(minutes).to_have_value("130")
    minutes.fill("20")
    items.fill("5")
    items.blur()
    expect(minutes).to_have_value("20")
    expect(page.locator("#count")).to_contain_text("20 minutes")
    axe(page)
    page.get_by_role("button", name="Start the exam").click()
    expect(page.locator("[data-heading]")).to_have_text("Question 1 of 5")
    assert Attempt.objects.get().mode == Mode.CUSTOM


def test_a_practice_is_chosen_without_javascript(
    open_browser: Callable[..., Page], candidate: User, exam: Exam
) -> None:
    page = open_browser(candidate, java_script_enabled=False)
    page.goto(f"/exams/{exam.slug}/study/")
    page.get_by_text("Tasks, notes, kinds, difficulty").click()
    page.get_by_label("Note section").select_option("Glue")
    page.get_by_label("Number of questions").fill("40")
    page.get_by_role("button", name="Count what fits").click()
    expect(page.locator("#count")).to_contain_text("Only 12 questions fit")
    page.get_by_role("button", name="Start with 12").click()
    expect(page.locator("[data-heading]")).to_have_text("Question 1 of 12")


def test_an_author_publishes_a_form_and_a_candidate_sits_it(
    open_browser: Callable[..., Page], author: User, candidate: User, exam: Exam, axe: Axe
) -> None:
    fill(exam, per_task=1)
    desk = open_browser(author)
    desk.goto("/fixed-forms/")
    desk.get_by_label("Exam").select_option(exam.slug)
    desk.get_by_label("Title").fill("Autumn")
    axe(desk)
    desk.get_by_role("button", name="Draw a draft").click()
    before = desk.get_by_role("row").nth(1).inner_text()
    desk.get_by_role("button", name="Replace question 1", exact=True).click()
    expect(desk.get_by_role("row").nth(1)).not_to_have_text(before)
    axe(desk)
    desk.get_by_role("link", name="Publish…").click()
    expect(desk.get_by_text("It never changes afterwards.")).to_be_visible()
    axe(desk)
    desk.get_by_role("button", name="Publish for good").click()
    expect(desk.get_by_text("Published. Candidates find it")).to_be_visible()
    asked = desk.locator("tbody th").all_inner_texts()

    page = open_browser(candidate, size=PHONE)
    page.goto("/")
    axe(page)
    assert fits(page)
    page.get_by_role("link", name=re.compile("Shared exam")).click()
    axe(page)
    assert fits(page)
    page.get_by_role("button", name="Start the exam").click()
    expect_question(page, 1)
    assert CANARY not in page.content()
    sat = Attempt.objects.get()
    rows = sat.responses.select_related("version__question").order_by("position")
    assert [f"{row.version.question.slug} v{row.version.number}" for row in rows] == asked
    attempts.submit(user=candidate, attempt_id=sat.pk, now=timezone.now())
    page.goto(f"{sat.get_absolute_url()}report/")
    expect(page.get_by_text("Not enough results yet")).to_be_visible()
    axe(page)
    page.goto("/history/")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    desk.goto("/fixed-forms/results/")
    expect(desk.get_by_role("rowheader", name="Autumn")).to_be_visible()
    axe(desk)


def test_what_is_due_comes_back_from_the_home_page(
    open_browser: Callable[..., Page], candidate: User, exam: Exam, axe: Axe
) -> None:
    study = begin_study(candidate, exam)
    study_engine.reveal(user=candidate, attempt_id=study.pk, position=1, now=timezone.now())
    attempts.submit(user=candidate, attempt_id=study.pk, now=timezone.now())
    ReviewCard.objects.update(due=timezone.now())
    page = open_browser(candidate)
    page.goto("/")
    axe(page)
    page.get_by_role("button", name="Review now").click()
    expect(page.locator("[data-heading]")).to_have_text("Question 1 of 1")


def test_a_visitor_tries_questions_and_keeps_them_by_signing_up(
    open_browser: Callable[..., Page], exam: Exam, axe: Axe
) -> None:
    page = open_browser(size=PHONE)
    page.goto("/")
    axe(page)
    assert fits(page)
    page.get_by_role("button", name="Try 10 questions").click()
    expect(page.locator("[data-heading]")).to_have_text("Question 1 of 10")
    attempt = Attempt.objects.get()
    response = attempt.responses.select_related("version").get(position=1)
    answer(page, right_places(response))
    expect(save_state(page)).to_have_text(SAVED)
    page.goto("/")
    page.get_by_role("link", name="Save my progress").click()
    page.get_by_label("Email").fill("visitor@example.org")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("link", name="Continue", exact=True).click()
    expect_question(page, 1)
    attempt.refresh_from_db()
    assert attempt.user.email == "visitor@example.org"
