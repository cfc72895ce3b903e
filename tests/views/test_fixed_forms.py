"""Fixed forms: authors draw and publish them, candidates sit them and compare."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams import attempts, fixed_forms
from exams.drawing import Wanted
from exams.models import Attempt, FixedForm, FormQuestion, Mode
from questions.models import Exam
from tests.bank import CANARY, fill, make_exam
from tests.people import CandidateFactory, client_of
from tests.sittings import answer, deadline_of, right_places

pytestmark = pytest.mark.django_db

INDEX = "/forms/"


@pytest.fixture
def exam() -> Exam:
    exam = make_exam(slug="small", items=8, scored_items=6)
    fill(exam, per_task=2)
    return exam


def published(exam: Exam, title: str = "Form A") -> FixedForm:
    form = fixed_forms.draft(exam=exam, title=title, minutes=90, by=None, now=timezone.now())
    fixed_forms.publish(form, now=timezone.now())
    form.refresh_from_db()
    return form


def sit(user: User, form: FixedForm, right: int) -> Attempt:
    wanted = Wanted(mode=Mode.FORM, form=form)
    attempt = attempts.start(user=user, exam=form.exam, now=timezone.now(), wanted=wanted)
    rows = attempt.responses.filter(scored=True).select_related("version").order_by("position")
    for response in rows[:right]:
        answer(attempt, response.position, right_places(response))
    return attempts.submit(user=user, attempt_id=attempt.pk, now=deadline_of(attempt))


class TestAuthoring:
    def test_an_author_draws_draws_again_publishes_and_retires(
        self, author: User, exam: Exam
    ) -> None:
        web = client_of(author)
        made = web.post(INDEX, {"exam": exam.slug, "title": "Form A", "minutes": 90})
        form = FixedForm.objects.get()
        assert made["Location"] == reverse("exams:form_detail", args=[form.pk])
        assert (form.slug, form.created_by, form.published_at) == ("form-a", author, None)
        assert form.questions.filter(scored=True).count() == 6
        before = list(form.questions.values_list("version", "option_order"))
        detail = reverse("exams:form_detail", args=[form.pk])
        web.post(detail, {"do": "redraw"})
        assert list(form.questions.values_list("version", "option_order")) != before
        web.post(detail, {"do": "publish"})
        assert "Published" in web.get(detail).content.decode()
        refused = web.post(detail, {"do": "redraw"}, follow=True)
        assert "never changes" in refused.content.decode()
        web.post(detail, {"do": "retire"})
        assert not FixedForm.objects.offered().exists()

    def test_a_name_is_taken_once_for_each_exam(self, author: User, exam: Exam) -> None:
        published(exam)
        reply = client_of(author).post(INDEX, {"exam": exam.slug, "title": "form a"})
        assert reply.status_code == 422
        assert "has a form of this name already" in reply.content.decode()

    def test_a_bank_that_is_too_small_is_said(self, author: User) -> None:
        small = make_exam(slug="tiny")
        fill(small, per_task=1)
        reply = client_of(author).post(INDEX, {"exam": "tiny", "title": "A"})
        assert "too small for this exam" in reply.content.decode()
        assert not FixedForm.objects.exists()

    def test_candidates_and_strangers_see_neither_list_nor_draft(
        self, candidate: User, exam: Exam
    ) -> None:
        form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
        web = client_of(candidate)
        for address in (INDEX, reverse("exams:form_detail", args=[form.pk])):
            assert web.get(address).status_code == 403
            assert web.post(address, {"do": "publish"}).status_code == 403
        assert web.get(reverse("exams:start_form", args=[exam.slug, "a"])).status_code == 404
        form.refresh_from_db()
        assert form.published_at is None

    def test_the_database_refuses_to_change_what_is_published(self, exam: Exam) -> None:
        form = published(exam)
        row = form.questions.all()[0]
        changes: list[Any] = [
            lambda: form.questions.filter(pk=row.pk).update(scored=not row.scored),
            lambda: form.questions.filter(pk=row.pk).delete(),
            lambda: FormQuestion.objects.create(
                form=form,
                position=99,
                version=row.version,
                task=row.task,
                scored=True,
                option_order=[],
            ),
        ]
        for change in changes:
            with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
                change()

    @pytest.mark.parametrize("count", [1, 6])
    def test_the_list_costs_the_same_statements_however_many_there_are(
        self, author: User, exam: Exam, count: int, django_assert_num_queries: Any
    ) -> None:
        for number in range(count):
            published(exam, f"Form {number}")
        web = client_of(author)
        with django_assert_num_queries(6):  # session, user, two of permissions, exams, forms
            web.get(INDEX)


class TestSitting:
    def test_everybody_gets_the_same_questions_in_the_same_order(
        self, candidate: User, stranger: User, exam: Exam
    ) -> None:
        form = published(exam)
        assert form.title in client_of(candidate).get("/").content.decode()
        address = reverse("exams:start_form", args=[exam.slug, form.slug])
        assert "8 questions in 90 minutes" in client_of(candidate).get(address).content.decode()
        asked = []
        for user in (candidate, stranger):
            client_of(user).post(address)
            attempt = Attempt.objects.open().get(user=user)
            assert (attempt.mode, attempt.form) == (Mode.FORM, form)
            rows = attempt.responses.order_by("position")
            asked.append(list(rows.values_list("version", "scored", "option_order")))
        assert asked[0] == asked[1]
        assert deadline_of(attempt) - attempt.started_at == timedelta(minutes=90)
        page = client_of(stranger).get(reverse("exams:question", args=[attempt.pk, 1]))
        assert CANARY not in page.content.decode()

    def test_a_retired_form_cannot_begin_but_goes_on(self, candidate: User, exam: Exam) -> None:
        form = published(exam)
        address = reverse("exams:start_form", args=[exam.slug, form.slug])
        client_of(candidate).post(address)
        fixed_forms.retire(form, now=timezone.now())
        assert client_of(candidate).get(address).status_code == 404
        attempt = Attempt.objects.get()
        assert client_of(candidate).get(attempt.get_absolute_url()).status_code == 302

    def test_results_compare_with_first_attempts_of_accounts_from_five_on(
        self, candidate: User, exam: Exam
    ) -> None:
        form = published(exam)
        others = [CandidateFactory.create() for _ in range(5)]
        for right, other in enumerate(others[:4]):
            sit(other, form, right)
        sit(others[0], form, 6)
        guest = CandidateFactory.create(is_guest=True)
        sit(guest, form, 6)
        own = sit(candidate, form, 3)
        report = reverse("results:report", args=[own.pk])
        page = client_of(candidate).get(report).content.decode()
        assert "Not enough others have sat this form" in page
        sit(others[4], form, 6)
        page = client_of(candidate).get(report).content.decode()
        assert "5 others sat this form" in page
        assert "The median of their first attempts is <strong>400</strong>" in page
        assert "60 % of them scored lower than you" in page
        assert not any(other.email in page for other in others)
