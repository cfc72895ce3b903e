"""Every page of a candidate: rules of WCAG 2.2 AA, narrow windows, scripts and policy in order."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exams.engine import attempts, saves
from exams.models import Attempt
from questions.kinds import Kind
from questions.models import Exam, Question, Task, VersionNote
from tests.bank import OPTION_IDS, fill, make_exam, make_section, make_version
from tests.browser.conftest import END_OF_TRANSITIONS, Theme
from tests.browser.steps import (
    EVERY_KIND,
    ending_in,
    expect_question,
    expect_ready,
    first_of,
    flag_question,
    open_question,
    option,
    question_url,
    save_state,
)
from tests.sittings import answer as answer_elsewhere
from tests.sittings import begin, deadline_of, right_places

WIDE, NARROW, NARROWEST = (1280, 800), (390, 844), (320, 640)
SCREENS: list[tuple[Theme, tuple[int, int]]] = [("light", WIDE), ("dark", NARROW)]
# What breaks layouts: a long name without spaces, and code in lines of their own length.
LONG = "SageMakerClarifyOnlineExplainabilityConfigurationParameters"
HARD = f"""<p>Text with <code>arn:aws:sagemaker:eu-central-1:111122223333:endpoint/{LONG}</code></p>
<pre><code>{LONG} = {LONG}({LONG}, {LONG})</code></pre>
<table><thead><tr><th>{LONG}</th><th>{LONG}</th></tr></thead></table>"""

Look = Callable[[str], None]


@pytest.fixture
def page(open_browser: Callable[..., Page], candidate: User) -> Page:
    return open_browser(candidate)


@pytest.fixture
def inspect(page: Page, axe: Callable[[Page], None]) -> Callable[[], None]:
    """Check the page as it is, in both themes, on a wide screen, a phone and a small phone."""

    def check() -> None:
        for theme, size in SCREENS:
            resize(page, size)
            page.emulate_media(color_scheme=theme)
            page.evaluate(END_OF_TRANSITIONS)
            axe(page)
        expect_no_sideways_scrolling(page)
        resize(page, WIDE)

    return check


@pytest.fixture
def look(page: Page, inspect: Callable[[], None], complaints: list[str]) -> Look:
    """Open an address and inspect it; no request of the page may fail."""

    def note(response: Response) -> None:
        if response.status >= 400:
            complaints.append(f"{response.status} {response.url}")

    def check(address: str) -> None:
        page.goto(address)
        inspect()

    page.on("response", note)
    return check


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def expect_no_sideways_scrolling(page: Page) -> None:
    resize(page, NARROWEST)
    wide: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("body *")]
                .filter(element => element.getBoundingClientRect().right > innerWidth)
                .map(element => element.outerHTML.slice(0, 200))"""
    )
    assert not wide, f"{page.url} scrolls sideways at {NARROWEST[0]} px: {wide[:5]}"


@pytest.fixture
def exam(live_server: LiveServer) -> Exam:
    """Four questions, one of each kind, with texts that are hard to lay out."""
    exam = make_exam(items=4, scored_items=4)
    tasks = Task.objects.filter(domain__exam=exam, code__endswith=".1")
    for task, kind in zip(tasks, EVERY_KIND, strict=True):
        add_hard_question(exam, task, kind)
    return exam


def add_hard_question(exam: Exam, task: Task, kind: Kind) -> None:
    question = Question.objects.create(exam=exam, slug=f"hard-{kind}")
    hard = {"text": LONG, "html": HARD}
    prompts = [hard] * 3 if kind == Kind.MATCHING else []
    version = make_version(
        *(question, task, kind),
        stem=LONG,
        stem_html=HARD,
        options=[{"id": option, **hard} for option in OPTION_IDS[kind]],
        prompts=prompts,
        rationales=dict.fromkeys(OPTION_IDS[kind], hard),
        references=[f"https://docs.example.org/{LONG}/{LONG}.html"],
    )
    version.save()
    VersionNote.objects.create(version=version, section=make_section(exam), position=1)
    question.published = version
    question.save()


def test_pages_before_the_exam(look: Look, exam: Exam) -> None:
    for address in ("/", "/history/", f"/exams/{exam.slug}/"):
        look(address)


def test_the_start_page_of_an_exam_that_has_too_few_questions(
    page: Page, inspect: Callable[[], None], live_server: LiveServer
) -> None:
    exam = make_exam(slug="empty")
    page.goto(f"/exams/{exam.slug}/")
    expect(page.get_by_role("button", name="Start the exam")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("This exam cannot start yet")
    inspect()


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_question_of_each_kind_open_and_answered(
    page: Page, look: Look, exam: Exam, candidate: User, kind: Kind
) -> None:
    attempt = begin(candidate, exam)
    response = first_of(attempt, kind)
    look(question_url(attempt, response.position))
    expect_ready(page)
    answer_elsewhere(attempt, response.position, right_places(response))
    flag_question(page)
    look(question_url(attempt, response.position))


def test_the_notices_of_a_refused_answer(
    page: Page, inspect: Callable[[], None], exam: Exam, candidate: User
) -> None:
    attempt = begin(candidate, exam)
    choice = first_of(attempt, Kind.CHOICE)
    open_question(page, attempt, choice.position)
    answer_elsewhere(attempt, choice.position, ["2"])
    option(page, "3").check()
    expect(page.get_by_role("button", name="Keep my change")).to_be_visible()
    inspect()
    attempts.take_over(user=candidate, attempt_id=attempt.pk)
    page.get_by_role("button", name="Keep my change").click()
    expect(page.get_by_role("button", name="Continue in this window")).to_be_visible()
    expect(save_state(page)).to_have_text("Not saved")
    inspect()


def test_the_review_the_hand_in_page_and_the_home_page_of_a_running_exam(
    look: Look, exam: Exam, candidate: User
) -> None:
    attempt = begin(candidate, exam)
    response = first_of(attempt, Kind.RESPONSE)
    answer_elsewhere(attempt, response.position, ["1"])
    attempts.set_flag(user=candidate, attempt_id=attempt.pk, position=2, flagged=True)
    for address in ("review/", "review/?show=unanswered", "review/?show=flagged", "submit/"):
        look(f"/attempts/{attempt.pk}/{address}")
    look("/")
    look(f"/exams/{exam.slug}/")


def test_the_page_that_says_the_time_is_over(
    look: Look, page: Page, exam: Exam, candidate: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = begin(candidate, exam)
    monkeypatch.setattr(saves, "GRACE", timedelta(hours=1))
    ending_in(attempt, timedelta(seconds=-3))
    look(question_url(attempt, 1))
    expect(page.get_by_role("heading", name="Time's up")).to_be_visible()


@pytest.fixture
def closed(exam: Exam, candidate: User) -> Attempt:
    """Handed in: some right, some wrong, some blank, some flagged."""
    attempt = begin(candidate, exam)
    for kind in (Kind.CHOICE, Kind.MATCHING):
        response = first_of(attempt, kind)
        answer_elsewhere(attempt, response.position, right_places(response))
    ordering = first_of(attempt, Kind.ORDERING)
    answer_elsewhere(attempt, ordering.position, ["4", "3", "2", "1"])
    attempts.set_flag(user=candidate, attempt_id=attempt.pk, position=2, flagged=True)
    return attempts.submit(user=candidate, attempt_id=attempt.pk, now=deadline_of(attempt))


def test_the_report_with_its_filters_and_the_pages_that_lead_to_it(
    page: Page, look: Look, inspect: Callable[[], None], closed: Attempt
) -> None:
    look(f"/attempts/{closed.pk}/report/")
    page.get_by_role("link", name="Incorrect or unanswered (2)").click()
    expect(page.locator(".results tbody tr")).to_have_count(2)
    inspect()
    look("/")
    look("/history/")


def test_a_history_of_more_than_one_page(
    page: Page, look: Look, inspect: Callable[[], None], closed: Attempt
) -> None:
    for _ in range(20):
        closed.pk = uuid.uuid4()
        closed.save(force_insert=True)
    look("/history/")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    inspect()


def test_the_review_of_each_kind_of_question(look: Look, closed: Attempt) -> None:
    for position in range(1, 5):
        look(f"/attempts/{closed.pk}/report/q/{position}/")


def test_the_whole_palette_of_a_full_exam(
    page: Page, look: Look, live_server: LiveServer, candidate: User
) -> None:
    exam = make_exam(slug="full")
    fill(exam, per_task=6, kinds=[Kind.CHOICE])
    attempt = begin(candidate, exam)
    look(question_url(attempt, 40))
    expect_question(page, 40)
    look(f"/attempts/{attempt.pk}/review/")
    look(f"/attempts/{attempt.pk}/submit/")
