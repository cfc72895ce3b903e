"""The exam screen as candidates meet it: what fits, what moves, what it asks the server for."""

import re
from collections import Counter
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.engine import attempts
from exams.engine import study as study_engine
from exams.models import Attempt, Mode, Response
from exams.recipes import Recipe
from questions import bank, content
from questions.kinds import Kind
from questions.models import Exam, Question
from tests import sittings
from tests.authored import FIXTURES
from tests.bank import fill, make_exam
from tests.browser.steps import (
    RESULT,
    answer,
    answer_and_save,
    expect_question,
    expect_ready,
    first_of,
    flag_question,
    open_question,
    option,
    places_of,
    question_url,
    save_state,
    saved_response,
)
from tests.sittings import right_places

ALL_QUESTIONS = "**/questions"
PHONE = (390, 844)
# What a browser's own bars take of a screen.
BROWSER_BARS = 90
LAPTOPS = [(1280, 800), (1366, 768), (1440, 900)]


def keep_all(page: Page, attempt: Attempt, position: int = 1) -> None:
    """Open a question and wait until the window holds all others."""
    with page.expect_response(ALL_QUESTIONS):
        open_question(page, attempt, position)
    page.wait_for_timeout(200)


@pytest.fixture
def at_once(window: Page) -> Page:
    """A window that fetches all questions as soon as it may."""
    window.add_init_script("Math.random = () => 0")
    return window


def begin_study(user: User, **recipe: Any) -> Attempt:
    """Of an exam of its own: what an open exam asks is not studied."""
    exam = make_exam(slug="studied", items=12, scored_items=12)
    fill(exam, per_task=1)
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=12, **recipe))
    return attempts.start(user=user, exam=exam, now=timezone.now(), wanted=wanted, seed=1)


# ---- The whole bank ----------------------------------------------------------------------------


@pytest.fixture
def whole_bank(live_server: LiveServer, candidate: User) -> Attempt:
    """An attempt that asks every question of the bank that is shipped."""
    folders = [content.read_folder(FIXTURES / name) for name in ("mla-c01", "mla-c02")]
    bank.load_all(folders, now=timezone.now())
    exam = Exam.objects.get(slug="mla-c01")
    attempt = sittings.begin(candidate, exam)
    asked = attempt.responses.values_list("question", flat=True)
    rest = Question.objects.filter(exam=exam, retired_at=None).exclude(pk__in=list(asked))
    Response.objects.bulk_create(
        Response(
            attempt=attempt,
            position=position,
            question=question,
            version=question.published,
            task=question.published.task,
            scored=False,
            option_order=[option["id"] for option in question.published.options],
        )
        for position, question in enumerate(
            rest.select_related("published__task"), start=attempt.responses.count() + 1
        )
        if question.published
    )
    return attempt


# Goes to every question by its cell, and tells how high the page with it and its bar is.
HEIGHTS = """() => [...document.querySelectorAll("[data-cell]")].map(({ dataset }) => {
    document.querySelector(`[data-cell="${dataset.cell}"]`).click();
    const isShown = document.querySelector("#question").dataset.question === dataset.cell;
    return isShown ? document.documentElement.scrollHeight : Infinity;
})"""


def test_the_median_question_of_the_whole_bank_and_its_bar_fit_a_laptop(
    at_once: Page, whole_bank: Attempt
) -> None:
    keep_all(at_once, whole_bank)
    for width, height in LAPTOPS:
        room = height - BROWSER_BARS
        at_once.set_viewport_size({"width": width, "height": room})
        heights = at_once.evaluate(HEIGHTS)
        assert len(heights) == whole_bank.responses.count() > 250
        fitting = sum(one <= room for one in heights)
        assert median(heights) <= room, f"{fitting} of {len(heights)} fit {width}x{room}"


GO_ON = """async () => {
    document.querySelector(".exam-bar [value=next]").click();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}"""


def test_the_next_question_is_shown_at_once_and_without_a_request(
    at_once: Page, candidate: User, live_server: LiveServer
) -> None:
    exam = make_exam()
    fill(exam, per_task=6)
    keep_all(at_once, sittings.begin(candidate, exam))
    requests: list[str] = []
    at_once.on("request", lambda request: requests.append(request.url))
    devtools = at_once.context.new_cdp_session(at_once)
    # Of the thread that draws the page: what others do on this machine does not count.
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy_ms() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    took = []
    for position in range(2, 66):
        before = busy_ms()
        at_once.evaluate(GO_ON)
        took.append(busy_ms() - before)
        assert at_once.locator("#question").get_attribute("data-question") == str(position)
    assert quantiles(took, n=20)[-1] <= 50, sorted(took)[-5:]
    assert [url for url in requests if "/attempts/" in url and not url.endswith("/clock")] == []


# ---- What moves --------------------------------------------------------------------------------

NOTE_SHIFTS = """(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) shifts.push(entry);
        }
    }).observe({ type: "layout-shift", buffered: true });
})()"""
TOTAL_SHIFT = """() => ({
    value: shifts.reduce((sum, entry) => sum + entry.value, 0),
    what: shifts.flatMap((entry) => entry.sources.map(({ node }) =>
        (node?.outerHTML ?? node?.textContent ?? "?").slice(0, 100))),
})"""


def expect_no_shift(page: Page, address: str) -> None:
    """Nothing moves while the page loads, however late its scripts come."""
    page.goto(address)
    expect_ready(page)
    page.wait_for_timeout(400)
    shift = page.evaluate(TOTAL_SHIFT)
    assert shift["value"] <= 0.02, f"{address}: {shift}"


@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_nothing_moves_while_a_page_of_the_exam_loads(
    open_browser: Callable[..., Page], candidate: User, attempt: Attempt, size: tuple[int, int]
) -> None:
    def late(route: Route) -> None:
        page.wait_for_timeout(150)
        route.continue_()

    noted = first_of(attempt, Kind.CHOICE)
    Response.objects.filter(pk=noted.pk).update(note="kept", confidence="unsure", flagged=True)
    study = begin_study(candidate)
    study_engine.reveal(user=candidate, attempt_id=study.pk, position=1, now=timezone.now())
    page = open_browser(candidate, size=size)
    page.add_init_script(NOTE_SHIFTS)
    # First it is painted without what scripts add.
    page.route("**/js/outbox*.js", late)
    for kind in Kind:
        expect_no_shift(page, question_url(attempt, first_of(attempt, kind).position))
    for address in ("review/", "submit/"):
        expect_no_shift(page, f"/attempts/{attempt.pk}/{address}")
    for position in (1, 2):
        expect_no_shift(page, question_url(study, position))


@pytest.mark.parametrize("mode", [Mode.MOCK, Mode.STUDY])
def test_the_largest_text_leaves_most_of_a_phone_to_the_question(
    open_browser: Callable[..., Page], candidate: User, attempt: Attempt, mode: Mode
) -> None:
    User.objects.filter(pk=candidate.pk).update(text_size="largest")
    shown = attempt if mode == Mode.MOCK else begin_study(candidate, minutes=30)
    page = open_browser(candidate, size=PHONE)
    open_question(page, shown, 2)
    answer_and_save(page, right_places(saved_response(shown, 2)))
    bars = page.evaluate(
        """() => [".exam-header", ".exam-bar"].reduce((sum, bar) =>
            sum + document.querySelector(bar).getBoundingClientRect().height, 0)"""
    )
    assert bars <= 0.4 * PHONE[1], f"{bars} of {PHONE[1]} px"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


# ---- What has the focus ------------------------------------------------------------------------

# What lies over the middle of the focused element, unless that is the element itself.
COVERED = """() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return "";
    const box = focused.getBoundingClientRect();
    if (!box.width || !box.height) return "";
    const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, innerHeight) / 2];
    const over = document.elementFromPoint(x, Math.min(Math.max(y, 0), innerHeight - 1));
    const own = !over || focused.contains(over) || over.contains(focused) || over.closest("label");
    return own ? "" : `${focused.outerHTML.slice(0, 80)} under ${over.outerHTML.slice(0, 80)}`;
}"""


@pytest.mark.parametrize("size", [(320, 256), PHONE])
@pytest.mark.parametrize("kind", [Kind.CHOICE, Kind.ORDERING, Kind.MATCHING])
@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_nothing_that_has_the_focus_is_hidden_under_a_bar(
    open_browser: Callable[..., Page],
    candidate: User,
    attempt: Attempt,
    size: tuple[int, int],
    kind: Kind,
    key: str,
) -> None:
    page = open_browser(candidate, size=size)
    open_question(page, attempt, first_of(attempt, kind).position)
    hidden, stops = [], 0
    for _ in range(60):
        page.keyboard.press(key)
        stops += page.evaluate("document.activeElement !== document.body")
        hidden.append(page.evaluate(COVERED))
    assert stops > 30
    assert [one for one in hidden if one] == []


# ---- States by more than colors ----------------------------------------------------------------

LOOK_OF_CELLS = """() => Object.fromEntries(
    [...document.querySelectorAll("[data-cell]")].map((cell) => {
        const parts = [null, "::before", "::after"];
        const [own, sign, added] = parts.map((part) => getComputedStyle(cell, part));
        const look = [own.backgroundColor, own.borderTopStyle, own.borderTopWidth];
        return [cell.dataset.cell, [...look, sign.content, added.content].join("|")];
    }))"""


def test_every_state_of_a_cell_shows_where_the_system_paints_its_own_colors(
    open_browser: Callable[..., Page], candidate: User, attempt: Attempt
) -> None:
    study = begin_study(candidate)
    rows = {kind: first_of(study, kind) for kind in Kind}
    choices = list(study.responses.filter(version__kind=Kind.CHOICE).select_related("version"))
    for row, is_right in zip(choices[:2], (True, False), strict=True):
        places = right_places(row)
        wrong = next(place for place in "1234" if place not in places)
        sittings.answer(study, row.position, places if is_right else [wrong])
        study_engine.reveal(
            user=candidate, attempt_id=study.pk, position=row.position, now=timezone.now()
        )
    sittings.answer(study, choices[2].position, ["1"])
    sittings.answer(study, rows[Kind.ORDERING].position, ["1"])
    sittings.answer(study, rows[Kind.RESPONSE].position, ["1", "2", "3"])
    Response.objects.filter(pk=rows[Kind.MATCHING].pk).update(flagged=True)
    # Not the one that is shown: that has an outline more.
    page = open_browser(candidate, forced_colors="active")
    open_question(page, study, rows[Kind.MATCHING].position)
    looks = page.evaluate(LOOK_OF_CELLS)
    shown = [
        *(choices[0], choices[1], choices[2]),
        *(rows[Kind.ORDERING], rows[Kind.RESPONSE], rows[Kind.MATCHING]),
    ]
    found = Counter(looks[str(row.position)] for row in shown)
    unanswered = study.responses.filter(answer=[], revealed_at=None, flagged=False)[0]
    found[looks[str(unanswered.position)]] += 1
    assert len(found) == 7, found
    legend = page.locator(".legend .cell")
    assert legend.count() == 5
    signs = legend.evaluate_all(
        """cells => cells.map((cell) => {
            const [own, sign] = [null, "::before"].map((part) => getComputedStyle(cell, part));
            return [own.backgroundColor, own.borderTopStyle, sign.content].join("|");
        })"""
    )
    assert len(set(signs)) == 5, signs


# ---- Requests ----------------------------------------------------------------------------------


def test_a_whole_exam_costs_few_requests(
    at_once: Page, candidate: User, live_server: LiveServer
) -> None:
    exam = make_exam()
    fill(exam, per_task=6)
    attempt = sittings.begin(candidate, exam)
    asked: list[str] = []

    def count(request: Request) -> None:
        asked.append(f"{request.method} {request.url.removeprefix(live_server.url)}")

    open_question(at_once, attempt, 1)
    at_once.on("request", count)
    at_once.wait_for_event("requestfinished", lambda request: request.url.endswith("/questions"))
    at_once.wait_for_timeout(300)
    rows = {row.position: right_places(row) for row in attempt.responses.select_related("version")}
    for position in range(1, 66):
        expect_question(at_once, position)
        # Some kinds take several steps, each of them saved: here it is the way that is counted.
        with at_once.expect_response("**/save"):
            give_at_once(at_once, rows[position])
        last = position == 65
        at_once.get_by_role("button", name="Review" if last else "Next", exact=True).click()
    at_once.get_by_role("link", name="Submit…").click()
    at_once.get_by_role("button", name="Submit exam").click()
    expect(at_once).to_have_url(RESULT)
    own = [request for request in asked if "/static/" not in request]
    assert len(own) <= 80, Counter(re.sub(r"\d+", "n", request) for request in own)
    attempt.refresh_from_db()
    assert attempt.scored_correct == 50


def give_at_once(page: Page, places: list[str]) -> None:
    """Fill the whole answer in, and say once that it changed."""
    page.evaluate(
        """places => {
            const question = document.querySelector("#question");
            question.querySelectorAll("select[name=answer]").forEach((select, index) => {
                select.value = places[index];
            });
            const inputs = [...question.querySelectorAll("input[name=answer]")];
            for (const input of inputs) input.checked = places.includes(input.value);
            const changed = new Event("change", { bubbles: true });
            question.querySelector("[name=answer]").dispatchEvent(changed);
        }""",
        places,
    )


def test_a_kept_question_is_as_it_was_left_and_history_leads_through_it(
    at_once: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    other = choice.position % attempt.exam.items + 1
    keep_all(at_once, attempt, choice.position)
    answer_and_save(at_once, ["2"])
    flag_question(at_once)
    at_once.context.set_offline(True)
    at_once.locator(f"[data-cell='{other}']").click()
    expect_question(at_once, other)
    expect(at_once).to_have_url(re.compile(f"/q/{other}/$"))
    assert at_once.title().startswith(f"Question {other} of 12 · ")
    at_once.go_back()
    expect_question(at_once, choice.position)
    expect(option(at_once, "2")).to_be_checked()
    expect(at_once.locator("[data-flag]")).to_have_attribute("aria-pressed", "true")
    at_once.go_forward()
    expect_question(at_once, other)
    at_once.context.set_offline(False)
    at_once.reload()
    expect_question(at_once, other)
    expect_ready(at_once)
    at_once.go_back()
    expect_question(at_once, choice.position)
    expect(option(at_once, "2")).to_be_checked()


def test_back_to_a_page_that_cannot_be_loaded_leaves_page_and_address_as_they_are(
    at_once: Page, attempt: Attempt
) -> None:
    at_once.goto(f"/attempts/{attempt.pk}/review/")
    with at_once.expect_response(ALL_QUESTIONS):
        expect_ready(at_once)
    at_once.locator("[data-cell='4']").click()
    expect_question(at_once, 4)
    at_once.context.set_offline(True)
    at_once.go_back()
    expect(save_state(at_once)).to_contain_text("this page could not be loaded")
    expect_question(at_once, 4)
    expect(at_once).to_have_url(re.compile("/q/4/$"))
    at_once.context.set_offline(False)
    at_once.go_back()
    expect(at_once.get_by_role("heading", name="Review")).to_be_visible()


def test_a_take_over_is_told_with_the_first_save_although_moving_on_asks_nothing(
    at_once: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    other = choice.position % attempt.exam.items + 1
    keep_all(at_once, attempt, other)
    attempts.take_over(user=attempt.user, attempt_id=attempt.pk)
    at_once.locator(f"[data-cell='{choice.position}']").click()
    expect_question(at_once, choice.position)
    answer(at_once, ["2"])
    expect(at_once.get_by_role("alert")).to_contain_text("continued in another window")
    assert at_once.locator("#question fieldset").first.evaluate("part => part.inert")
    assert places_of(saved_response(attempt, choice.position)) == []
    at_once.locator(f"[data-cell='{other}']").click()
    expect_question(at_once, other)
    assert at_once.locator("#question fieldset").first.evaluate("part => part.inert")


@pytest.mark.parametrize("what", ["closed", "taken over"])
def test_a_look_at_the_clock_tells_what_became_of_the_attempt_also_without_a_limit(
    at_once: Page, attempt: Attempt, what: str
) -> None:
    study = begin_study(attempt.user)
    at_once.goto(question_url(study, 1))
    expect_ready(at_once)
    if what == "closed":
        attempts.submit(user=study.user, attempt_id=study.pk, now=timezone.now())
    else:
        attempts.take_over(user=study.user, attempt_id=study.pk)
    at_once.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    if what == "closed":
        expect(at_once).to_have_url(RESULT)
    else:
        expect(at_once.get_by_role("alert")).to_contain_text("continued in another window")


# ---- Leaving and coming back -------------------------------------------------------------------


def test_review_leads_back_to_the_question_that_it_was_opened_from_also_when_all_are_answered(
    at_once: Page, attempt: Attempt
) -> None:
    for response in attempt.responses.select_related("version"):
        sittings.answer(attempt, response.position, right_places(response))
    open_question(at_once, attempt, 7)
    for name in ("All (12)", "Incomplete (0)"):
        at_once.get_by_role("button", name="Review", exact=True).click()
        at_once.get_by_role("link", name=name).click()
        expect(at_once.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        at_once.get_by_role("link", name="Back to the questions").click()
        expect_question(at_once, 7)


def test_who_saves_and_exits_goes_on_where_the_exam_was_left(
    at_once: Page, attempt: Attempt
) -> None:
    keep_all(at_once, attempt, 1)
    choice = first_of(attempt, Kind.CHOICE)
    at_once.locator(f"[data-cell='{choice.position}']").click()
    answer(at_once, ["3"])
    at_once.locator("[data-cell='12']").click()
    expect_question(at_once, 12)
    with at_once.expect_response("**/seen"):
        at_once.get_by_role("button", name="Save and exit").click()
    expect(at_once).to_have_url(re.compile("^[^/]+//[^/]+/$"))
    assert places_of(saved_response(attempt, choice.position)) == ["3"]
    at_once.get_by_role("link", name="Continue", exact=True).click()
    expect_question(at_once, 12)


def test_what_is_not_saved_is_asked_about_before_the_exam_is_left(
    at_once: Page, attempt: Attempt
) -> None:
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    choice = first_of(attempt, Kind.CHOICE)
    at_once.clock.install()
    open_question(at_once, attempt, choice.position)
    at_once.route("**/save", lambda route: route.abort())
    answer(at_once, ["3"])
    at_once.on("dialog", stay)
    at_once.get_by_role("button", name="Save and exit").click()
    at_once.clock.run_for(6_000)
    at_once.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect_question(at_once, choice.position)


# ---- The options -------------------------------------------------------------------------------


def test_an_option_is_taken_back_by_choosing_it_again_and_struck_out_by_the_right_button(
    window: Page, attempt: Attempt
) -> None:
    choice = first_of(attempt, Kind.CHOICE)
    open_question(window, attempt, choice.position)
    words = window.locator("[data-option='2'] .prose")
    for places in (["2"], []):
        words.click()
        expect(save_state(window)).to_have_text("Saved")
        expect(option(window, "2")).to_be_checked(checked=bool(places))
    assert places_of(saved_response(attempt, choice.position)) == []
    # The keyboard may press the key of an option twice.
    for _ in range(2):
        window.keyboard.press("2")
        expect(option(window, "2")).to_be_checked()
    words.click(button="right")
    expect(window.locator("[data-option='2']")).to_have_class(re.compile("struck"))
    expect(option(window, "2")).not_to_be_checked()


def test_options_are_named_with_their_letters(window: Page, attempt: Attempt) -> None:
    open_question(window, attempt, first_of(attempt, Kind.CHOICE).position)
    for letter in "ABCD":
        expect(window.get_by_role("radio", name=re.compile(rf"^{letter}\. Text "))).to_be_visible()


# ---- Study -------------------------------------------------------------------------------------


@pytest.fixture
def study(live_server: LiveServer, candidate: User) -> Attempt:
    return begin_study(candidate)


def test_to_check_nothing_is_asked_about_first(window: Page, study: Attempt) -> None:
    window.goto(question_url(study, 1))
    expect_ready(window)
    check = window.get_by_role("button", name="Check answer")
    check.click()
    dialog = window.get_by_role("dialog", name="Show the answer?")
    dialog.get_by_role("button", name="Go back").click()
    assert saved_response(study, 1).revealed_at is None
    check.click()
    dialog.get_by_role("button", name="Show the answer").click()
    expect(window.locator(".verdict-banner")).to_contain_text("Not answered")
    assert saved_response(study, 1).revealed_at is not None


def test_the_right_answer_comes_first_and_ordinary_distractors_are_folded(
    window: Page, study: Attempt
) -> None:
    choice = first_of(study, Kind.CHOICE)
    (right,) = right_places(choice)
    wrong = next(place for place in "1234" if place != right)
    window.goto(question_url(study, choice.position))
    expect_ready(window)
    answer_and_save(window, [wrong])
    window.get_by_role("button", name="Check answer").click()
    letters = "ABCD"
    expect(window.locator(".verdict-banner")).to_contain_text(f"Correct: {letters[int(right) - 1]}")
    shown = window.locator(".reviewed-options > li").filter(visible=True)
    expect(shown).to_have_count(2)
    expect(shown.first).to_contain_text("Correct answer")
    expect(shown.last).to_contain_text("Your answer")
    window.get_by_text("Why not the others").click()
    expect(shown).to_have_count(4)
    expect(window.get_by_role("link", name="Notes: Glue")).to_be_visible()


def test_an_ordering_is_explained_place_by_place(window: Page, study: Attempt) -> None:
    ordering = first_of(study, Kind.ORDERING)
    places = right_places(ordering)
    given = [places[1], places[0], *places[2:]]
    window.goto(question_url(study, ordering.position))
    expect_ready(window)
    answer_and_save(window, given)
    window.get_by_role("button", name="Check answer").click()
    expect(window.locator(".pairs > .wrong")).to_have_count(2)
    expect(window.locator(".pairs > .right")).to_have_count(2)
    first = window.locator(".pairs > li").first
    expect(first.locator(".pair-yours")).to_contain_text("Text b")
    expect(first.locator(".pair-right")).to_contain_text("Text a")
