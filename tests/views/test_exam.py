"""The exam screens over HTTP: what each view does for its owner, a stranger and nobody."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ExtraTime, User
from exams.engine import attempts
from exams.models import AnswerEvent, Attempt, CloseReason, Mode, Outcome
from questions.kinds import Kind
from questions.models import Exam, Question
from tests.bank import fill, make_exam, make_section, make_version
from tests.sittings import answer, answer_rightly, begin, deadline_of, right_places

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def exam() -> Exam:
    exam = make_exam(items=8, scored_items=6, minutes=20)
    fill(exam, per_task=2)
    return exam


@pytest.fixture
def attempt(candidate: User, exam: Exam) -> Attempt:
    return begin(candidate, exam)


@pytest.fixture
def web(client: Client, candidate: User) -> Client:
    client.force_login(candidate)
    return client


@pytest.fixture
def strange_web(stranger: User) -> Client:
    client = Client()
    client.force_login(stranger)
    return client


def url(name: str, attempt: Attempt, *args: Any) -> str:
    return reverse(f"exams:{name}", args=[attempt.pk, *args])


def of_kind(attempt: Attempt, kind: Kind) -> int:
    return attempt.responses.filter(version__kind=kind).values_list("position", flat=True)[0]


def end_in(attempt: Attempt, left: timedelta) -> None:
    """Move the attempt in time so that ``left`` remains now."""
    shift = timezone.now() + left - deadline_of(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(
        started_at=attempt.started_at + shift, deadline=deadline_of(attempt) + shift
    )


def form(rev: int = 1, *, epoch: int = 1, given: object = ("1",), **more: str) -> dict[str, Any]:
    return {"epoch": epoch, "rev": rev, "answer": given, **more}


class TestStart:
    def test_the_start_page_states_the_rules_with_the_candidates_own_time(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        User.objects.filter(pk=candidate.pk).update(extra_time=ExtraTime.HALF)
        page = web.get(exam.get_absolute_url()).content.decode()
        assert "8 questions in 30 minutes" in page
        assert "6 questions are scored and 2 are unscored" in page

    def test_starting_leads_to_the_first_question(self, web: Client, exam: Exam) -> None:
        response = web.post(exam.get_absolute_url())
        assert response["Location"] == url("question", Attempt.objects.get(), 1)

    def test_starting_again_leads_back_to_the_running_attempt(
        self, web: Client, attempt: Attempt
    ) -> None:
        answer_rightly(attempt, 1)
        response = web.post(attempt.exam.get_absolute_url(), follow=True)
        assert "You still have this open" in response.content.decode()
        assert Attempt.objects.count() == 1

    def test_a_bank_that_is_too_small_is_refused_naming_domain_and_shortage(
        self, web: Client
    ) -> None:
        exam = make_exam(slug="big")
        fill(exam, per_task=5)
        response = web.post(exam.get_absolute_url())
        assert response.status_code == 409
        assert "Domain 1: 15 of 18 questions (3 missing)" in response.content.decode()
        assert not Attempt.objects.exists()

    def test_an_unknown_exam_is_not_found(self, web: Client) -> None:
        assert web.get("/exams/nothing/").status_code == 404


class TestQuestion:
    def test_it_shows_stem_options_progress_and_clock(self, web: Client, attempt: Attempt) -> None:
        response = web.get(url("question", attempt, 2))
        page = response.content.decode()
        assert "What about question-" in page
        assert 'aria-current="page">2<' in page
        assert "0 of 8 answered" in page
        left = re.search(r'data-remaining-ms="(\d+)"', page)
        assert left is not None
        assert 1_190_000 < int(left.group(1)) <= 1_200_000

    def test_nothing_of_it_is_kept_by_caches(self, web: Client, attempt: Attempt) -> None:
        response = web.get(url("question", attempt, 1))
        assert "no-store" in response["Cache-Control"]
        assert not response.has_header("ETag")

    @pytest.mark.parametrize("position", [0, 9, 400])
    def test_a_position_outside_the_form_is_not_found(
        self, web: Client, attempt: Attempt, position: int
    ) -> None:
        assert web.get(url("question", attempt, position)).status_code == 404

    def test_htmx_gets_the_screen_alone(self, web: Client, attempt: Attempt) -> None:
        page = web.get(url("question", attempt, 1), headers={"HX-Request": "true"})
        assert page.content.strip().startswith(b'<div id="screen"')

    def test_a_saved_answer_is_shown_again(self, web: Client, attempt: Attempt) -> None:
        position = of_kind(attempt, Kind.CHOICE)
        answer(attempt, position, ["3"])
        page = web.get(url("question", attempt, position)).content.decode()
        assert 'value="3" checked' in page

    def test_a_drop_down_shows_the_plain_words_of_its_options(
        self, web: Client, attempt: Attempt
    ) -> None:
        matching = attempt.responses.filter(version__kind=Kind.MATCHING)[0]
        task = matching.task
        question = Question.objects.create(exam=attempt.exam, slug="plain-words")
        options = [
            {"id": "a", "text": "R&D team", "html": "R&amp;D team"},
            {"id": "b", "text": "`Map<String>`", "html": "<code>Map&lt;String&gt;</code>"},
        ]
        rationales = {"a": {"text": "", "html": ""}, "b": {"text": "", "html": ""}}
        key = ["a", "b"]
        version = make_version(
            *(question, task, Kind.MATCHING),
            options=options,
            rationales=rationales,
            key=key,
            key_size=2,
        )
        version.save()
        attempt.responses.filter(pk=matching.pk).update(
            version=version, question=question, option_order=key
        )
        page = web.get(url("question", attempt, matching.position)).content.decode()
        words = {" ".join(found.split()) for found in re.findall(r"<option [^>]*>([^<]*)<", page)}
        assert words == {"Choose…", "A. R&amp;D team", "B. Map&lt;String&gt;"}

    def test_the_text_of_a_question_is_laid_out_in_its_own_direction(
        self, web: Client, attempt: Attempt
    ) -> None:
        for kind in (Kind.CHOICE, Kind.ORDERING, Kind.MATCHING):
            page = web.get(url("question", attempt, of_kind(attempt, kind))).content.decode()
            texts = re.findall(r'<[^>]*class="prose[^>]*>', page) + re.findall(
                r"<textarea[^>]*>", page
            )
            assert len(texts) > 4
            assert [one for one in texts if 'dir="auto"' not in one] == []

    @pytest.mark.parametrize(("per_task", "items"), [(7, 65), (70, 65)])
    def test_it_costs_five_statements_however_large_the_bank(
        self,
        web: Client,
        candidate: User,
        per_task: int,
        items: int,
        django_assert_num_queries: Any,
    ) -> None:
        exam = make_exam(slug="budget", items=items)
        fill(exam, per_task=per_task)
        attempt = begin(candidate, exam)
        with django_assert_num_queries(5):
            web.get(url("question", attempt, 1))


class TestSaveByForm:
    @pytest.mark.parametrize(
        ("position", "go", "leads_to"),
        [(1, "next", 2), (3, "previous", 2), (1, "previous", 1), (8, "next", None)],
    )
    def test_an_answer_is_saved_and_the_buttons_move_on(
        self, web: Client, attempt: Attempt, position: int, go: str, leads_to: int | None
    ) -> None:
        response = web.post(url("question", attempt, position), form(given=(), go=go))
        review = f"{url('review', attempt)}?from=8"
        wanted = url("question", attempt, leads_to) if leads_to else review
        assert response["Location"] == wanted
        assert AnswerEvent.objects.get().outcome == Outcome.APPLIED

    def test_an_answer_that_cannot_be_is_refused_with_the_choices_kept(
        self, web: Client, attempt: Attempt
    ) -> None:
        position = of_kind(attempt, Kind.ORDERING)
        given = ["2", "2", "1", "3", "4"]
        response = web.post(url("question", attempt, position), form(given=given))
        page = response.content.decode()
        assert response.status_code == 422
        assert "This question has 4 places to fill" in page
        assert page.count('value="2" selected') == 2

    @pytest.mark.parametrize(
        ("kind", "given"),
        [(Kind.ORDERING, ["2", "2", "1", "3"]), (Kind.MATCHING, ["2", "2", "1"])],
    )
    def test_an_option_that_stands_twice_is_saved_said_and_incomplete(
        self, web: Client, attempt: Attempt, kind: Kind, given: list[str]
    ) -> None:
        position = of_kind(attempt, kind)
        saved = web.post(url("question", attempt, position), form(given=given, go="next"))
        assert saved.status_code == 302
        page = web.get(url("question", attempt, position)).content.decode()
        assert page.count('value="2" selected') == 2
        assert "Option B is selected twice. Use each option once." in page
        assert f'class="incomplete" data-cell="{position}"' in page
        handed_in = web.post(url("submit", attempt))
        assert handed_in["Location"] == reverse("results:report", args=[attempt.pk])
        assert attempt.responses.get(position=position).is_correct is False

    def test_an_answer_older_than_the_saved_one_is_shown_and_can_be_saved_again(
        self, web: Client, attempt: Attempt
    ) -> None:
        position = of_kind(attempt, Kind.CHOICE)
        answer(attempt, position, ["1"], rev=3)
        address = url("question", attempt, position)
        refused = web.post(address, form(rev=2, given=["4"]))
        page = refused.content.decode()
        assert refused.status_code == 409
        assert "newer answer" in page
        assert 'value="4" checked' in page
        assert 'name="rev" value="4"' in page
        assert web.post(address, form(rev=4, given=["4"])).status_code == 302

    def test_a_window_that_was_taken_over_is_told_and_can_take_back(
        self, web: Client, attempt: Attempt
    ) -> None:
        attempts.take_over(user=attempt.user, attempt_id=attempt.pk)
        refused = web.post(url("question", attempt, 1), form(given=()))
        assert refused.status_code == 409
        assert "continued in another window" in refused.content.decode()
        back = web.post(url("take_over", attempt), {"position": "1"})
        assert back["Location"] == url("question", attempt, 1)

    @pytest.mark.parametrize(
        "numbers", [{"epoch": "x"}, {"rev": "-1"}, {"rev": str(2**31)}, {"epoch": ""}]
    )
    def test_numbers_that_no_page_sends_are_not_found(
        self, web: Client, attempt: Attempt, numbers: dict[str, str]
    ) -> None:
        for name in ("question", "save"):
            response = web.post(url(name, attempt, 1), form() | numbers)
            assert response.status_code == 404

    def test_an_answer_after_the_grace_is_journaled_and_told_on_the_report(
        self, web: Client, attempt: Attempt
    ) -> None:
        end_in(attempt, -3 * SECOND)
        page = web.post(url("question", attempt, 1), form(given=()), follow=True)
        assert page.redirect_chain[-1][0] == reverse("results:report", args=[attempt.pk])
        assert "before this answer arrived" in page.content.decode()
        assert AnswerEvent.objects.get().outcome == Outcome.LATE

    @pytest.mark.parametrize("given", [["1"], ["1", "none"]])
    def test_whatever_is_sent_to_an_attempt_that_has_ended_leads_to_its_report(
        self, web: Client, attempt: Attempt, given: list[str]
    ) -> None:
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
        reply = web.post(url("question", attempt, 1), form(given=given), follow=True)
        assert reply.redirect_chain[-1][0] == reverse("results:report", args=[attempt.pk])

    def test_flagging_saves_the_answer_too(self, web: Client, attempt: Attempt) -> None:
        position = of_kind(attempt, Kind.CHOICE)
        address = url("question", attempt, position)
        assert web.post(address, form(go="flag"))["Location"] == address
        response = attempt.responses.get(position=position)
        assert response.flagged
        assert response.answer
        web.post(address, form(rev=2, go="unflag"))
        assert not attempt.responses.get(position=position).flagged


def test_all_questions_at_once_are_those_that_the_pages_show(web: Client, attempt: Attempt) -> None:
    together = web.get(url("questions", attempt)).content.decode()
    assert together.count("<template ") == 8
    for position in range(1, 9):
        page = web.get(url("question", attempt, position)).content.decode()
        form = re.search(r'<form id="question".*?</form>', page, re.DOTALL)
        assert form
        assert without_token(form[0]) in without_token(together)


def without_token(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


class TestSaveFromTheOutbox:
    def save(self, web: Client, attempt: Attempt, position: int = 0, **fields: Any) -> Any:
        position = position or of_kind(attempt, Kind.CHOICE)
        return web.post(url("save", attempt, position), form(**fields))

    def test_a_receipt_names_outcome_rev_and_time_left(self, web: Client, attempt: Attempt) -> None:
        receipt = self.save(web, attempt).json()
        assert (receipt["outcome"], receipt["rev"], receipt["epoch"]) == ("applied", 1, 1)
        assert 1_190_000 < receipt["remaining_ms"] <= 1_200_000

    def test_a_repeated_save_is_acknowledged_again(self, web: Client, attempt: Attempt) -> None:
        self.save(web, attempt)
        again = self.save(web, attempt)
        assert (again.status_code, again.json()["outcome"]) == (200, "repeated")

    def test_refusals_are_conflicts_with_a_message(self, web: Client, attempt: Attempt) -> None:
        self.save(web, attempt, rev=5)
        stale = self.save(web, attempt, rev=4, given=["2"])
        assert (stale.status_code, stale.json()["outcome"], stale.json()["rev"]) == (
            409,
            "stale",
            5,
        )
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
        closed = self.save(web, attempt, rev=6)
        assert (closed.status_code, closed.json()["outcome"]) == (409, "closed")
        assert "already submitted" in closed.json()["message"]

    def test_all_that_was_sent_counts_for_nothing_when_sent_again_after_the_hand_in(
        self, web: Client, attempt: Attempt
    ) -> None:
        rows = attempt.responses.select_related("version").order_by("position")
        sent = [
            (row.position, form(rev, given=right_places(row))) for row in rows for rev in (1, 2, 3)
        ]
        for position, fields in sent:
            assert web.post(url("save", attempt, position), fields).status_code == 200
        web.post(url("submit", attempt))
        marked = list(rows.values())
        for position, fields in sent:
            refused = web.post(url("save", attempt, position), fields)
            assert (refused.status_code, refused.json()["outcome"]) == (409, "closed")
        journal = AnswerEvent.objects.filter(attempt=attempt, outcome=Outcome.CLOSED)
        assert journal.count() == len(sent)
        assert list(rows.values()) == marked

    def test_many_answers_that_came_too_late_are_told_of_once(
        self, web: Client, attempt: Attempt
    ) -> None:
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
        for position in range(1, 6):
            assert self.save(web, attempt, position, given=()).status_code == 409
        report = web.get(reverse("results:report", args=[attempt.pk])).content.decode()
        assert report.count("so this answer does not count") == 1

    def test_an_impossible_answer_is_unprocessable(self, web: Client, attempt: Attempt) -> None:
        response = self.save(web, attempt, given=["1", "2"])
        assert response.status_code == 422
        assert "takes one option" in response.json()["message"]

    def test_right_and_wrong_answers_look_alike(self, web: Client, attempt: Attempt) -> None:
        receipts = [self.save(web, attempt, rev=rev, given=[str(rev)]) for rev in (1, 2, 3, 4)]
        shapes = {
            re.sub(r'"remaining_ms": \d+|"rev": \d', "", receipt.content.decode())
            for receipt in receipts
        }
        assert len(shapes) == 1

    def test_a_save_costs_four_statements_with_session_and_user(
        self, web: Client, attempt: Attempt, django_assert_num_queries: Any
    ) -> None:
        position = of_kind(attempt, Kind.CHOICE)
        with django_assert_num_queries(4):
            self.save(web, attempt, position)

    def test_a_save_without_the_csrf_token_is_refused(
        self, candidate: User, attempt: Attempt
    ) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(candidate)
        assert self.save(strict, attempt).status_code == 403
        assert not AnswerEvent.objects.exists()


class TestReviewAndSubmit:
    @pytest.mark.parametrize(("show", "positions"), [("all", 8), ("unanswered", 7), ("flagged", 1)])
    def test_the_review_filters(
        self, web: Client, attempt: Attempt, show: str, positions: int
    ) -> None:
        position = of_kind(attempt, Kind.CHOICE)
        answer(attempt, position, ["1"])
        attempts.set_flag(user=attempt.user, attempt_id=attempt.pk, position=1, flagged=True)
        page = web.get(url("review", attempt), {"show": show}).content.decode()
        assert page.count('"visually-hidden">Question <') == positions

    def test_an_incomplete_answer_is_named_before_handing_in(
        self, web: Client, attempt: Attempt
    ) -> None:
        position = of_kind(attempt, Kind.RESPONSE)
        answer(attempt, position, ["1"])
        page = web.get(url("submit", attempt)).content.decode()
        assert "7 unanswered:" in page
        assert "1 incomplete:" in page
        assert re.search(rf">{position}</a>\s+\(1 of 2\)", page)

    def test_more_options_than_asked_for_are_named_too(self, web: Client, attempt: Attempt) -> None:
        position = of_kind(attempt, Kind.RESPONSE)
        answer(attempt, position, ["1", "2", "3"])
        page = web.get(url("submit", attempt)).content.decode()
        assert re.search(rf">{position}</a>\s+\(3 of 2\)", page)

    def test_handing_in_leads_to_the_report(self, web: Client, attempt: Attempt) -> None:
        response = web.post(url("submit", attempt))
        assert response["Location"] == reverse("results:report", args=[attempt.pk])
        attempt.refresh_from_db()
        assert attempt.close_reason == CloseReason.SUBMITTED

    def test_a_browser_whose_clock_runs_ahead_cannot_end_the_exam_early(
        self, web: Client, attempt: Attempt
    ) -> None:
        response = web.post(url("submit", attempt), {"auto": "1"})
        attempt.refresh_from_db()
        assert response["Location"] == url("attempt", attempt)
        assert not attempt.is_closed

    def test_a_browser_that_reports_the_end_leaves_the_grace_to_saves_on_their_way(
        self, web: Client, attempt: Attempt
    ) -> None:
        end_in(attempt, -SECOND)
        web.post(url("submit", attempt), {"auto": "1"})
        attempt.refresh_from_db()
        assert not attempt.is_closed
        saved = web.post(url("save", attempt, of_kind(attempt, Kind.CHOICE)), form())
        assert saved.status_code == 200

    @pytest.mark.parametrize(
        ("name", "args"), [("question", [1]), ("review", []), ("submit", []), ("attempt", [])]
    )
    def test_in_the_grace_after_the_deadline_nothing_of_the_exam_is_shown(
        self, web: Client, attempt: Attempt, name: str, args: list[int]
    ) -> None:
        end_in(attempt, -SECOND)
        page = web.get(url(name, attempt, *args)).content.decode()
        assert "Time's up" in page
        assert "What about" not in page
        assert "data-cell" not in page

    def test_whoever_comes_back_after_the_deadline_finds_the_report(
        self, web: Client, attempt: Attempt
    ) -> None:
        end_in(attempt, -timedelta(days=2))
        response = web.get(url("question", attempt, 1))
        assert response["Location"] == reverse("results:report", args=[attempt.pk])
        attempt.refresh_from_db()
        assert attempt.closed_at == deadline_of(attempt)


class TestResume:
    def test_a_new_attempt_goes_on_at_its_first_question(
        self, web: Client, attempt: Attempt
    ) -> None:
        assert web.get(url("attempt", attempt))["Location"] == url("question", attempt, 1)

    @pytest.mark.parametrize("name", ["save", "annotations"])
    def test_it_leads_to_the_question_that_was_open_at_the_last_save(
        self, web: Client, attempt: Attempt, name: str
    ) -> None:
        for rev, position in ((1, 7), (2, 5)):
            sent = form(rev, given=(), open=str(position))
            assert web.post(url(name, attempt, 2), sent).status_code == 200
        assert web.get(url("attempt", attempt))["Location"] == url("question", attempt, 5)

    @pytest.mark.parametrize(
        ("position", "go", "leads_to"),
        [(4, "next", 5), (4, "previous", 3), (4, "flag", 4), (4, "review", 4), (4, "exit", 4)],
    )
    def test_without_scripts_the_plain_form_tells_it(
        self, web: Client, attempt: Attempt, position: int, go: str, leads_to: int
    ) -> None:
        web.post(url("question", attempt, position), form(given=(), go=go))
        assert web.get(url("attempt", attempt))["Location"] == url("question", attempt, leads_to)

    def test_it_leads_to_where_a_window_says_that_it_was_left(
        self, web: Client, attempt: Attempt
    ) -> None:
        answer(attempt, of_kind(attempt, Kind.CHOICE), ["1"])
        told = web.post(url("seen", attempt), {"position": "6", "epoch": "1"})
        assert told.status_code == 204
        assert web.get(url("attempt", attempt))["Location"] == url("question", attempt, 6)

    @pytest.mark.parametrize(
        "told", [{"position": "6", "epoch": "2"}, {"position": "9", "epoch": "1"}]
    )
    def test_a_window_that_was_taken_over_or_names_no_question_tells_nothing(
        self, web: Client, attempt: Attempt, told: dict[str, str]
    ) -> None:
        assert web.post(url("seen", attempt), told).status_code == 204
        saved = form(given=(), open=told["position"], epoch=int(told["epoch"]))
        web.post(url("save", attempt, 1), saved)
        assert web.get(url("attempt", attempt))["Location"] == url("question", attempt, 1)

    @pytest.mark.parametrize("told", [{}, {"position": "-1", "epoch": "1"}, {"position": "1"}])
    def test_numbers_that_no_page_sends_are_not_found(
        self, web: Client, attempt: Attempt, told: dict[str, str]
    ) -> None:
        assert web.post(url("seen", attempt), told).status_code == 404

    @pytest.mark.parametrize(("asked", "back"), [("?from=3", 3), ("?from=99", 8), ("?from=x", 7)])
    def test_the_review_leads_back_to_where_it_was_opened_from_or_to_what_was_last_seen(
        self, web: Client, attempt: Attempt, asked: str, back: int
    ) -> None:
        attempt.responses.update(answer=["a"])
        web.post(url("seen", attempt), {"position": "7", "epoch": "1"})
        page = web.get(url("review", attempt) + asked).content.decode()
        link = re.search(r'<a [^>]*href="([^"]*)"[^>]*>\s*Back to the questions', page)
        assert link
        assert link[1] == url("question", attempt, back)

    def test_the_home_page_offers_to_continue(self, web: Client, attempt: Attempt) -> None:
        page = web.get("/").content.decode()
        assert "In progress" in page
        assert url("attempt", attempt) in page

    def test_the_home_page_shows_a_running_exam_however_much_was_practised_since(
        self, web: Client, attempt: Attempt
    ) -> None:
        section = make_section(attempt.exam)
        for _ in range(7):
            web.post(reverse("exams:practice_section", args=[attempt.exam.slug, section.anchor]))
            practice = Attempt.objects.open().get(mode=Mode.STUDY)
            web.post(url("submit", practice))
        assert url("attempt", attempt) in web.get("/").content.decode()

    def test_taking_over_what_is_closed_leads_to_its_report(
        self, web: Client, attempt: Attempt
    ) -> None:
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
        page = web.post(url("take_over", attempt), {"position": "9" * 5000}, follow=True)
        assert page.redirect_chain[-1][0] == reverse("results:report", args=[attempt.pk])

    def test_the_clock_says_what_is_left(self, web: Client, attempt: Attempt) -> None:
        end_in(attempt, 90 * SECOND)
        reading = web.get(url("clock", attempt)).json()
        assert 88_000 < reading["remaining_ms"] <= 90_000
        assert not reading["closed"]
        assert not reading["paused"]


ROUTES: list[tuple[str, str, tuple[int, ...]]] = [
    ("get", "attempt", ()),
    ("get", "question", (1,)),
    ("get", "questions", ()),
    ("post", "question", (1,)),
    ("post", "save", (1,)),
    ("post", "annotations", (1,)),
    ("post", "reveal", (1,)),
    ("post", "pause", ()),
    ("post", "unpause", ()),
    ("get", "review", ()),
    ("post", "seen", ()),
    ("post", "take_over", ()),
    ("get", "submit", ()),
    ("post", "submit", ()),
    ("get", "clock", ()),
]


@pytest.mark.parametrize(("method", "name", "args"), ROUTES)
def test_a_stranger_finds_nothing_and_changes_nothing(
    strange_web: Client, attempt: Attempt, method: str, name: str, args: tuple[int, ...]
) -> None:
    before = Attempt.objects.values().get()
    response = getattr(strange_web, method)(
        url(name, attempt, *args), form(flagged="1", position="2")
    )
    assert response.status_code == 404
    assert Attempt.objects.values().get() == before
    assert not AnswerEvent.objects.exists()
    assert not attempt.responses.filter(flagged=True).exists()


@pytest.mark.parametrize(("method", "name", "args"), ROUTES)
def test_an_attempt_that_does_not_exist_looks_the_same(
    web: Client, exam: Exam, method: str, name: str, args: tuple[int, ...]
) -> None:
    address = reverse(f"exams:{name}", args=[uuid4(), *args])
    assert getattr(web, method)(address, form(position="2")).status_code == 404


@pytest.mark.parametrize(("method", "name", "args"), ROUTES)
def test_somebody_signed_out_is_sent_to_the_sign_in_page(
    attempt: Attempt, method: str, name: str, args: tuple[int, ...]
) -> None:
    response = getattr(Client(), method)(url(name, attempt, *args), form())
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("size", [8, 65])
def test_pages_of_an_attempt_cost_the_same_statements_at_every_length(
    web: Client, candidate: User, size: int, django_assert_num_queries: Any
) -> None:
    exam = make_exam(slug="budget", items=size, scored_items=size)
    fill(exam, per_task=7)
    attempt = begin(candidate, exam)
    pages = [("review", 4), ("submit", 4), ("attempt", 3), ("clock", 3), ("questions", 5)]
    for name, statements in pages:
        with django_assert_num_queries(statements):
            web.get(url(name, attempt))
    # Session, user, exam, domains, supply (two), last score, open attempt, forms.
    with django_assert_num_queries(9):
        web.get(exam.get_absolute_url())
    # Session, user, exams, domains, supply (two), forms, reviews, open and closed attempts.
    with django_assert_num_queries(10):
        web.get("/")
