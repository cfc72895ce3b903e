"""Choosing a half mock, a custom exam or study, and the pages for it."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ExtraTime, User
from exams.assembly.assemble import Wanted
from exams.engine import attempts
from exams.models import Attempt, Mode
from exams.recipes import ANYTHING, Recipe, Source
from questions.kinds import Kind
from questions.models import Exam, QuestionVersion
from tests.bank import fill, make_exam, make_section
from tests.people import client_of
from tests.sittings import answer, begin, deadline_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam() -> Exam:
    exam = make_exam()
    fill(exam, per_task=7)
    return exam


@pytest.fixture
def web(candidate: User) -> Client:
    return client_of(candidate)


def url(name: str, exam: Exam) -> str:
    return reverse(f"exams:{name}", args=[exam.slug])


def choose(web: Client, exam: Exam, **fields: Any) -> Any:
    defaults = {"items": 10, "source": "all"}
    return web.post(url(fields.pop("mode", "study"), exam), defaults | fields)


def only_attempt() -> Attempt:
    return Attempt.objects.get()


class TestHalf:
    def test_it_has_half_of_everything(self, web: Client, exam: Exam) -> None:
        page = web.get(url("start_half", exam)).content.decode()
        assert "33 questions in 65 minutes" in page
        assert "25 questions are scored and 8 are unscored" in page
        web.post(url("start_half", exam))
        half = only_attempt()
        domains = half.responses.filter(scored=True).values_list("task__domain__code", flat=True)
        assert Counter(domains) == {"1": 7, "2": 7, "3": 5, "4": 6}
        assert half.responses.count() == 33
        assert (deadline_of(half) - half.started_at).total_seconds() == 65 * 60

    def test_it_may_start_where_a_full_one_cannot(self, web: Client) -> None:
        small = make_exam(slug="small")
        fill(small, per_task=4)
        assert "cannot start yet" in web.get(url("start", small)).content.decode()
        assert "cannot start yet" not in web.get(url("start_half", small)).content.decode()
        assert web.post(url("start_half", small)).status_code == 302

    def test_only_one_exam_is_open_at_a_time(self, web: Client, exam: Exam) -> None:
        web.post(url("start", exam))
        web.post(url("start_half", exam))
        assert only_attempt().mode == Mode.MOCK


class TestPractice:
    def test_study_is_untimed_unless_minutes_are_given(self, web: Client, exam: Exam) -> None:
        choose(web, exam)
        assert only_attempt().deadline is None
        choose(web, exam, minutes=15, replace="1")
        timed = Attempt.objects.open().get()
        assert (deadline_of(timed) - timed.started_at).total_seconds() == 15 * 60

    def test_a_custom_exam_runs_at_the_pace_of_the_real_one(self, web: Client, exam: Exam) -> None:
        choose(web, exam, mode="custom", items=20)
        custom = only_attempt()
        assert (deadline_of(custom) - custom.started_at).total_seconds() == 40 * 60
        assert not custom.responses.filter(scored=False).exists()

    def test_a_start_sent_again_leads_to_what_it_began_though_no_more_would_fit(
        self, web: Client, exam: Exam
    ) -> None:
        chosen = {"mode": "custom", "items": 7, "source": "unseen", "tasks": ["2.1"]}
        replies = [choose(web, exam, **chosen) for _ in range(2)]
        assert {reply["Location"] for reply in replies} == {
            reverse("exams:question", args=[only_attempt().pk, 1])
        }

    def test_a_custom_exam_of_two_domains_shares_by_their_weights(
        self, web: Client, exam: Exam
    ) -> None:
        choose(web, exam, mode="custom", items=25, domains=["1", "3"])
        domains = only_attempt().responses.values_list("task__domain__code", flat=True)
        assert Counter(domains) == {"1": 14, "3": 11}

    def test_task_kind_and_difficulty_narrow_it_down(self, web: Client, exam: Exam) -> None:
        choose(web, exam, items=1, tasks=["2.1"], kinds=["choice"], difficulties=["2"])
        rows = only_attempt().responses.values_list("task__code", "version__kind")
        assert set(rows) == {("2.1", "choice")}

    def test_a_section_narrows_it_down(self, web: Client, exam: Exam) -> None:
        section = make_section(exam)
        choose(web, exam, section=section.anchor)
        attempt = only_attempt()
        assert attempt.section == section
        assert attempt.title.endswith("Glue")

    def test_of_what_was_missed_only_that_is_asked(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        mock = begin(candidate, exam)
        for response in mock.responses.filter(version__kind=Kind.CHOICE)[:3]:
            answer(mock, response.position, ["1"])
        attempts.submit(user=candidate, attempt_id=mock.pk, now=timezone.now())
        missed = set(mock.responses.filter(is_correct=False).values_list("question_id", flat=True))
        choose(web, exam, source="missed")
        asked = set(Attempt.objects.open().get().responses.values_list("question_id", flat=True))
        assert len(asked) == 10
        assert asked <= missed

    def test_of_what_was_flagged_or_not_seen_only_that_is_asked(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        mock = begin(candidate, exam)
        attempts.set_flag(user=candidate, attempt_id=mock.pk, position=7, flagged=True)
        attempts.submit(user=candidate, attempt_id=mock.pk, now=timezone.now())
        seen = set(mock.responses.values_list("question_id", flat=True))
        choose(web, exam, source="flagged", items=1)
        flagged = Attempt.objects.open().get()
        assert list(flagged.responses.values_list("question_id", flat=True)) == [
            mock.responses.get(position=7).question_id
        ]
        choose(web, exam, source="unseen", replace="1")
        fresh = Attempt.objects.open().get().responses.values_list("question_id", flat=True)
        assert len(fresh) == 10
        assert not set(fresh) & seen

    def test_weak_tasks_get_more_questions(self, web: Client, candidate: User) -> None:
        exam = make_exam()
        fill(exam, per_task=12, kinds=[Kind.CHOICE])
        mock = begin(candidate, exam)
        for response in mock.responses.select_related("task"):
            key = response.option_order.index("b") + 1
            given = key % 4 + 1 if response.task.code == "3.2" else key
            answer(mock, response.position, [str(given)])
        attempts.submit(user=candidate, attempt_id=mock.pk, now=timezone.now())
        choose(web, exam, source="weakest", items=20)
        tasks = Attempt.objects.open().get().responses.values_list("task__code", flat=True)
        assert Counter(tasks).most_common(1)[0][0] == "3.2"
        assert Counter(tasks)["3.2"] >= 8

    def test_nothing_that_an_open_exam_asks_is_studied(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        mock = begin(candidate, exam)
        asked = set(mock.responses.values_list("question_id", flat=True))
        reply = choose(web, exam, items=60)
        assert "Start with 19" in reply.content.decode()
        choose(web, exam, items=60, do="fewer")
        study = Attempt.objects.open().get(mode=Mode.STUDY)
        assert study.responses.count() == 84 - 65
        assert not asked & set(study.responses.values_list("question_id", flat=True))

    def test_nothing_that_fits_is_said_with_what_would_help_and_nothing_chosen_is_lost(
        self, web: Client, exam: Exam
    ) -> None:
        reply = choose(web, exam, source="missed", items=7, kinds=["matching"])
        assert reply.status_code == 409
        page = reply.content.decode()
        assert "No question fits what you chose." in page
        assert "all questions: 7 of the 7" in page
        assert 'value="7"' in page
        assert 'name="kinds" value="matching" id="id_kinds_3" checked' in page
        assert not Attempt.objects.exists()

    def test_fewer_than_asked_are_offered_and_start_only_when_agreed(
        self, web: Client, exam: Exam
    ) -> None:
        chosen = {"mode": "custom", "items": 20, "minutes": 40, "tasks": ["2.1"]}
        reply = choose(web, exam, **chosen)
        assert reply.status_code == 409
        page = reply.content.decode()
        assert "You asked for 20 questions, but only 7 fit." in page
        assert "all domains and tasks: 20 of the 20" in page
        assert not Attempt.objects.exists()
        choose(web, exam, do="fewer", **chosen)
        custom = only_attempt()
        assert custom.responses.count() == 7
        # The time that was proposed for twenty would be too much for seven.
        assert deadline_of(custom) - custom.started_at == timedelta(minutes=14)

    def test_minutes_of_ones_own_stay_when_fewer_questions_are_asked(
        self, web: Client, exam: Exam
    ) -> None:
        choose(web, exam, mode="custom", items=20, minutes=33, tasks=["2.1"], do="fewer")
        custom = only_attempt()
        assert deadline_of(custom) - custom.started_at == timedelta(minutes=33)

    def test_a_custom_exam_is_as_long_as_the_shares_of_its_domains_allow(
        self, web: Client, exam: Exam
    ) -> None:
        page = choose(web, exam, mode="custom", items=100).content.decode()
        assert "Only 76 questions fit" in page
        assert "There are 84, but a custom exam keeps the shares of the domains" in page
        choose(web, exam, mode="custom", items=100, do="fewer")
        domains = only_attempt().responses.values_list("task__domain__code", flat=True)
        assert Counter(domains) == {"1": 21, "2": 20, "3": 17, "4": 18}

    def test_chosen_tasks_narrow_their_own_domain_and_no_other(
        self, web: Client, exam: Exam
    ) -> None:
        choose(web, exam, items=28, domains=["1", "2"], tasks=["2.1"])
        tasks = only_attempt().responses.values_list("task__code", flat=True)
        assert Counter(tasks) == {"1.1": 7, "1.2": 7, "1.3": 7, "2.1": 7}

    def test_an_open_exam_stands_in_the_way_of_a_custom_one_and_nothing_chosen_is_lost(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        mock = begin(candidate, exam)
        reply = choose(web, exam, mode="custom", items=5, minutes=11)
        assert reply.status_code == 409
        page = reply.content.decode()
        assert "Submit it before you" in page
        assert page.count("open exam") == 1  # said once
        assert re.search(r'value="start" disabled', page)
        assert f'href="{mock.get_absolute_url()}"' in page
        assert 'value="11"' in page
        assert only_attempt() == mock

    @pytest.mark.parametrize(
        "bad",
        [
            {"items": 0},
            {"items": 201},
            {"minutes": 0},
            {"source": "due"},
            {"tasks": ["9.9"]},
            {"domains": ["9"]},
            {"section": "nothing"},
            {"kinds": ["essay"]},
            {"difficulties": ["4"]},
            {"attempt": "00000000-0000-0000-0000-000000000000"},
        ],
    )
    def test_what_is_not_offered_is_refused(self, web: Client, exam: Exam, bad: Any) -> None:
        assert choose(web, exam, **bad).status_code == 422
        assert not Attempt.objects.exists()

    def test_only_kinds_that_the_exam_asks_are_offered(self, web: Client, exam: Exam) -> None:
        Exam.objects.filter(pk=exam.pk).update(kinds=["choice", "response"])
        page = web.get(url("study", exam)).content.decode()
        assert "Multiple response" in page
        assert "Ordering" not in page
        assert choose(web, exam, kinds=["ordering"]).status_code == 422

    def test_the_count_tells_what_fits(self, web: Client, exam: Exam) -> None:
        def count(**fields: Any) -> str:
            form = {"items": 10, "source": "all"} | fields
            reply = web.post(url("study", exam), form, headers={"HX-Request": "true"})
            return " ".join(reply.content.decode().split())

        assert "10 of 84 matching questions" in count()
        assert ", no time limit" in count()
        assert "Only 7 questions fit" in count(tasks="1.1", items=50)
        assert "Start with 7" in count(tasks="1.1", items=50)
        assert "No question fits" in count(tasks="1.1", source="missed")
        assert "Fix the errors" in count(items="many")
        assert not Attempt.objects.exists()

    def test_without_javascript_a_button_counts(self, web: Client, exam: Exam) -> None:
        page = choose(web, exam, do="count", items=12)
        assert page.status_code == 200
        assert "of 84 matching questions" in page.content.decode()
        assert not Attempt.objects.exists()

    def test_a_link_fills_the_form_in(self, web: Client, exam: Exam) -> None:
        page = web.get(url("study", exam) + "?source=missed&domains=2&items=25").content.decode()
        assert 'name="domains" value="2" id="id_domains_1" checked' in page.replace("  ", " ")
        assert 'value="25"' in page
        broken = web.get(url("custom", exam) + "?items=x&tasks=9&attempt=y&source=z")
        assert broken.status_code == 200

    def test_the_proposed_time_of_a_custom_exam_is_the_pace_of_the_real_one(
        self, web: Client, exam: Exam
    ) -> None:
        page = web.get(url("custom", exam)).content.decode()
        assert 'name="minutes" value="40"' in page
        page = web.get(url("custom", exam) + "?items=65").content.decode()
        assert 'name="minutes" value="130"' in page
        assert 'name="minutes" value' not in web.get(url("study", exam)).content.decode()

    @pytest.mark.parametrize("per_task", [2, 20])
    def test_the_pages_cost_the_same_statements_however_large_the_bank(
        self, web: Client, per_task: int, django_assert_num_queries: Any
    ) -> None:
        exam = make_exam(slug="budget")
        fill(exam, per_task=per_task)
        form = {"items": 10, "source": "weakest"}
        # Session, user, exam, tasks, sections, what open exams ask, count, open attempt.
        with django_assert_num_queries(8):
            web.get(url("study", exam))
        # Session, user, exam, tasks, sections, weights, supply (two), open attempt.
        with django_assert_num_queries(9):
            web.get(url("custom", exam))
        with django_assert_num_queries(7):
            web.post(url("study", exam), form, headers={"HX-Request": "true"})
        with django_assert_num_queries(18):
            web.post(url("study", exam), form)

    def test_an_unknown_exam_is_not_found(self, web: Client) -> None:
        assert web.get("/exams/nothing/study/").status_code == 404
        assert web.post("/exams/nothing/custom/").status_code == 404


class TestMissedInOneAttempt:
    @pytest.fixture
    def handed_in(self, candidate: User, exam: Exam) -> Attempt:
        """Nothing right of what was answered in the first of two mocks."""
        for _ in range(2):
            mock = begin(candidate, exam)
            attempts.submit(user=candidate, attempt_id=mock.pk, now=timezone.now())
        return Attempt.objects.earliest("started_at")

    def test_only_what_was_missed_in_it_is_asked(
        self, web: Client, handed_in: Attempt, exam: Exam
    ) -> None:
        page = web.get(f"{url('study', exam)}?source=missed&attempt={handed_in.pk}&items=65")
        assert "From one attempt only:" in page.content.decode()
        choose(web, exam, source="missed", attempt=str(handed_in.pk), items=65)
        study = Attempt.objects.open().get()
        assert study.title.endswith("questions missed in one attempt")
        asked = set(study.responses.values_list("question_id", flat=True))
        assert asked == set(handed_in.responses.values_list("question_id", flat=True))

    def test_another_source_forgets_it(self, web: Client, handed_in: Attempt, exam: Exam) -> None:
        choose(web, exam, source="unseen", attempt=str(handed_in.pk), items=1, do="fewer")
        study = Attempt.objects.open().first()
        assert study is None or study.recipe["attempt"] == ""

    def test_a_strangers_attempt_is_refused(
        self, stranger: User, handed_in: Attempt, exam: Exam
    ) -> None:
        reply = choose(client_of(stranger), exam, source="missed", attempt=str(handed_in.pk))
        assert reply.status_code == 422
        assert "not one of yours" in reply.content.decode()
        assert not Attempt.objects.open().exists()

    def test_one_that_still_runs_is_refused(self, web: Client, candidate: User, exam: Exam) -> None:
        running = begin(candidate, exam)
        assert choose(web, exam, source="missed", attempt=str(running.pk)).status_code == 422


def test_the_home_page_leads_back_to_the_open_exam_and_to_the_open_study(
    web: Client, candidate: User, exam: Exam
) -> None:
    begin(candidate, exam)
    choose(web, exam)
    page = web.get("/").content.decode()
    for attempt in Attempt.objects.open():
        assert f'href="{attempt.get_absolute_url()}"' in page
        assert f"In progress: {attempt.title}" in page
    assert Attempt.objects.open().count() == 2


class TestMocksNeverAdapt:
    @pytest.mark.parametrize("name", ["start", "start_half"])
    def test_whatever_is_sent_along(self, web: Client, exam: Exam, name: str) -> None:
        web.post(url(name, exam), {"source": "weakest", "domains": "1", "mode": "study"})
        sat = only_attempt()
        assert Recipe.from_json(sat.recipe) == ANYTHING
        domains = sat.responses.values_list("task__domain__code", flat=True)
        assert set(domains) == {"1", "2", "3", "4"}

    @pytest.mark.parametrize("mode", [Mode.MOCK, Mode.HALF])
    def test_whatever_the_engine_is_asked_for(
        self, candidate: User, exam: Exam, mode: Mode
    ) -> None:
        recipe = Recipe(items=5, source=Source.WEAKEST, domains=("1",), minutes=1)
        picks = []
        for wanted in (Wanted(mode=mode, recipe=recipe), Wanted(mode=mode)):
            sat = attempts.start(
                user=candidate, exam=exam, now=timezone.now(), wanted=wanted, seed=5
            )
            picks.append(list(sat.responses.values_list("version", "scored", "option_order")))
            Attempt.objects.all().delete()
        assert picks[0] == picks[1]


@pytest.mark.parametrize("extra_time", [ExtraTime.QUARTER, ExtraTime.THIRTY_MINUTES])
@pytest.mark.parametrize(
    ("name", "fields", "standard"),
    [
        ("start", {}, 130),
        ("start_half", {}, 65),
        ("custom", {"items": 20, "source": "all", "minutes": 40}, 40),
        ("study", {"items": 10, "source": "all", "minutes": 20}, 20),
    ],
)
def test_extra_time_is_shown_at_the_start_on_the_result_and_in_the_history(
    candidate: User, exam: Exam, extra_time: ExtraTime, name: str, fields: Any, standard: int
) -> None:
    candidate.extra_time = extra_time
    candidate.save()
    web = client_of(candidate)
    own = extra_time.minutes(standard, full=130)
    page = web.get(url(name, exam), fields).content.decode()
    extra = f"Includes your {own - standard} extra minutes" if "start" in name else extra_time.label
    assert str(extra) in " ".join(page.split())
    assert f" {own} minutes" in " ".join(page.split())
    web.post(url(name, exam), fields)
    sat = only_attempt()
    allowed = extra_time.allowed(timedelta(minutes=standard), full=timedelta(minutes=130))
    assert deadline_of(sat) - sat.started_at == allowed
    attempts.submit(user=candidate, attempt_id=sat.pk, now=timezone.now())
    for address in (reverse("results:report", args=[sat.pk]), reverse("results:history")):
        assert str(extra_time.label) in web.get(address).content.decode()


def test_untimed_study_has_no_extra_time_to_show(candidate: User, exam: Exam) -> None:
    candidate.extra_time = ExtraTime.DOUBLE
    candidate.save()
    web = client_of(candidate)
    choose(web, exam)
    study = only_attempt()
    attempts.submit(user=candidate, attempt_id=study.pk, now=timezone.now())
    for address in (reverse("results:report", args=[study.pk]), reverse("results:history")):
        assert str(ExtraTime.DOUBLE.label) not in web.get(address).content.decode()


def test_new_questions_fill_the_unscored_places(candidate: User, exam: Exam) -> None:
    newest = exam.questions.filter(published__task__code="1.1").order_by("pk")[:4]
    ids = {question.pk for question in newest}
    exam.questions.exclude(pk__in=ids).update(created_at="2020-01-01T00:00:00Z")
    unscored = set(
        begin(candidate, exam).responses.filter(scored=False).values_list("question_id", flat=True)
    )
    assert ids <= unscored


def test_versions_of_other_kinds_than_the_exam_asks_are_never_drawn(
    web: Client, exam: Exam
) -> None:
    Exam.objects.filter(pk=exam.pk).update(kinds=["choice"])
    choose(web, exam, items=50, do="fewer")
    kinds = only_attempt().responses.values_list("version__kind", flat=True)
    assert set(kinds) == {"choice"}
    assert QuestionVersion.objects.exclude(kind="choice").exists()
