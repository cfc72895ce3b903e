"""Choosing a half mock, a custom exam or study, and the pages for it."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams import attempts
from exams.models import Attempt, Mode
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
    defaults = {"mode": "study", "items": 10, "source": "all"}
    return web.post(url("practice", exam), defaults | fields)


def only_attempt() -> Attempt:
    return Attempt.objects.get()


class TestHalf:
    def test_it_has_half_of_everything(self, web: Client, exam: Exam) -> None:
        page = web.get(url("start_half", exam)).content.decode()
        assert "33 questions in 65 minutes" in page
        assert "25 questions count; 8 are tried out" in page
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

    def test_a_custom_exam_of_two_domains_shares_by_their_weights(
        self, web: Client, exam: Exam
    ) -> None:
        choose(web, exam, mode="custom", items=25, domains=["1", "3"])
        domains = only_attempt().responses.values_list("task__domain__code", flat=True)
        assert Counter(domains) == {"1": 14, "3": 11}

    def test_task_kind_and_difficulty_narrow_it_down(self, web: Client, exam: Exam) -> None:
        choose(web, exam, items=2, task="2.1", kinds=["choice"], difficulties=["2"])
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
        choose(web, exam, source="flagged")
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
        choose(web, exam, items=60)
        study = Attempt.objects.open().get(mode=Mode.STUDY)
        assert study.responses.count() == 84 - 65
        assert not asked & set(study.responses.values_list("question_id", flat=True))

    def test_nothing_that_fits_is_said_and_nothing_chosen_is_lost(
        self, web: Client, exam: Exam
    ) -> None:
        reply = choose(web, exam, source="missed", items=7)
        assert reply.status_code == 409
        page = reply.content.decode()
        assert "No question fits this now" in page
        assert 'value="7"' in page
        assert not Attempt.objects.exists()

    def test_too_few_for_a_custom_exam_names_the_domains(self, web: Client, exam: Exam) -> None:
        reply = choose(web, exam, mode="custom", items=100)
        assert "domain 1 has 21 of 28" in reply.content.decode()

    @pytest.mark.parametrize(
        "bad",
        [
            {"items": 0},
            {"items": 201},
            {"minutes": 0},
            {"source": "due"},
            {"mode": "mock"},
            {"task": "9.9"},
            {"section": "nothing"},
            {"kinds": ["essay"]},
        ],
    )
    def test_what_is_not_offered_is_refused(self, web: Client, exam: Exam, bad: Any) -> None:
        assert choose(web, exam, **bad).status_code == 422
        assert not Attempt.objects.exists()

    def test_the_count_tells_what_fits(self, web: Client, exam: Exam) -> None:
        form = {"mode": "study", "items": 10, "source": "all"}
        assert "84 questions fit" in web.post(url("count", exam), form).content.decode()
        form |= {"task": "1.1", "items": 50}
        assert "Only 7 questions fit" in web.post(url("count", exam), form).content.decode()
        form["source"] = "missed"
        assert "No question fits" in web.post(url("count", exam), form).content.decode()

    def test_a_link_fills_the_form_in(self, web: Client, exam: Exam) -> None:
        page = web.get(url("practice", exam) + "?source=missed&domains=2&items=25").content.decode()
        assert 'name="domains" value="2" id="id_domains_1" checked' in page.replace("  ", " ")
        assert 'value="25"' in page

    @pytest.mark.parametrize("per_task", [2, 20])
    def test_the_pages_cost_the_same_statements_however_large_the_bank(
        self, web: Client, per_task: int, django_assert_num_queries: Any
    ) -> None:
        exam = make_exam(slug="budget")
        fill(exam, per_task=per_task)
        form = {"mode": "study", "items": 10, "source": "weakest"}
        with django_assert_num_queries(6):  # session, user, exam, domains, tasks, sections
            web.get(url("practice", exam))
        with django_assert_num_queries(8):
            web.post(url("count", exam), form)
        with django_assert_num_queries(21):
            web.post(url("practice", exam), form)


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
    choose(web, exam, items=50)
    kinds = only_attempt().responses.values_list("version__kind", flat=True)
    assert set(kinds) == {"choice"}
    assert QuestionVersion.objects.exclude(kind="choice").exists()
