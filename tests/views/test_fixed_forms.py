"""Fixed forms: authors draw and publish them, candidates sit them and compare."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.assembly import fixed_forms
from exams.assembly.assemble import Wanted
from exams.engine import attempts
from exams.models import Attempt, FixedForm, FixedFormItem, Mode
from questions.kinds import Kind
from questions.models import Exam, Question
from results.comparison import Comparison
from tests.bank import CANARY, fill, make_exam, make_version
from tests.people import CandidateFactory, StaffFactory, client_of
from tests.sittings import answer, deadline_of, right_places

pytestmark = pytest.mark.django_db

INDEX = "/fixed-forms/"


@pytest.fixture
def exam() -> Exam:
    exam = make_exam(slug="small", items=8, scored_items=6)
    fill(exam, per_task=2)
    return exam


def published(exam: Exam, title: str = "Form A") -> FixedForm:
    form = fixed_forms.draft(exam=exam, title=title, minutes=90, by=None, now=timezone.now())
    fixed_forms.publish(form, now=timezone.now(), seen=fixed_forms.fingerprint(form))
    form.refresh_from_db()
    return form


def sit(user: User, form: FixedForm, right: int) -> Attempt:
    wanted = Wanted(mode=Mode.FIXED_FORM, fixed_form=form)
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
        assert made["Location"] == reverse("exams:fixed_form_detail", args=[form.pk])
        assert (form.slug, form.created_by, form.published_at) == ("form-a", author, None)
        assert form.questions.filter(scored=True).count() == 6
        before = list(form.questions.values_list("version", "option_order"))
        detail = reverse("exams:fixed_form_detail", args=[form.pk])
        web.post(detail, {"do": "redraw"})
        assert list(form.questions.values_list("version", "option_order")) != before
        confirm = reverse("exams:fixed_form_publish", args=[form.pk])
        page = web.get(confirm).content.decode()
        assert "It never changes afterwards" in page
        form.refresh_from_db()
        assert form.published_at is None
        web.post(confirm, {"seen": fixed_forms.fingerprint(form)})
        assert "Published" in web.get(detail).content.decode()
        assert "published already" in web.get(confirm).content.decode()
        refused = web.post(detail, {"do": "redraw"}, follow=True)
        assert "never changes" in refused.content.decode()
        web.post(detail, {"do": "retire"})
        assert not FixedForm.objects.offered().exists()

    def test_a_name_is_taken_once_for_each_exam(self, author: User, exam: Exam) -> None:
        published(exam)
        reply = client_of(author).post(INDEX, {"exam": exam.slug, "title": "form a"})
        assert reply.status_code == 422
        assert "has a fixed form of this name already" in reply.content.decode()

    def test_a_title_without_latin_letters_gets_a_number_for_its_address(
        self, author: User, exam: Exam
    ) -> None:
        for number in (1, 2):
            reply = client_of(author).post(INDEX, {"exam": exam.slug, "title": "模擬試験"})
            assert reply.status_code == 302
            assert FixedForm.objects.filter(slug=f"form-{number}", title="模擬試験").exists()

    def test_only_what_candidates_can_start_is_retired(self, author: User, exam: Exam) -> None:
        draft = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
        detail = reverse("exams:fixed_form_detail", args=[draft.pk])
        page = client_of(author).post(detail, {"do": "retire"}, follow=True).content.decode()
        assert "Only a published fixed form can be retired" in page
        assert "Retired." not in page

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
        pages = [
            reverse(f"exams:{name}", args=[form.pk])
            for name in ("fixed_form_detail", "fixed_form_publish")
        ]
        for address in (INDEX, *pages):
            assert web.get(address).status_code == 403
            assert web.post(address, {"do": "discard"}).status_code == 403
        assert web.get(reverse("exams:start_fixed_form", args=[exam.slug, "a"])).status_code == 404
        assert web.get(reverse("results:fixed_forms")).status_code == 403
        form.refresh_from_db()
        assert form.published_at is None

    def test_staff_who_may_only_look_change_nothing(self, exam: Exam) -> None:
        onlooker = StaffFactory.create()
        onlooker.user_permissions.add(Permission.objects.get(codename="view_question"))
        form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
        web = client_of(onlooker)
        detail, confirm = (
            reverse(f"exams:{name}", args=[form.pk])
            for name in ("fixed_form_detail", "fixed_form_publish")
        )
        for address in (INDEX, detail, confirm):
            page = web.get(address)
            assert page.status_code == 200
            assert b'<button class="button button-primary"' not in page.content
        before = fixed_forms.fingerprint(form)
        assert web.post(INDEX, {"exam": exam.slug, "title": "B"}).status_code == 403
        for given in ({"do": "redraw"}, {"replace": "1"}, {"do": "discard"}):
            assert web.post(detail, given).status_code == 403
        assert web.post(confirm, {"seen": before}).status_code == 403
        assert fixed_forms.fingerprint(FixedForm.objects.get()) == before

    def test_one_question_is_replaced_by_another_of_its_task(
        self, author: User, exam: Exam
    ) -> None:
        fill(exam, per_task=2)
        form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
        before = {row.position: row for row in form.questions.select_related("version")}
        web = client_of(author)
        web.post(reverse("exams:fixed_form_detail", args=[form.pk]), {"replace": "3"})
        after = {row.position: row for row in form.questions.select_related("version")}
        changed = [place for place in before if before[place].version != after[place].version]
        assert changed == [3]
        assert (after[3].task, after[3].scored) == (before[3].task, before[3].scored)
        assert sorted(after[3].option_order) == sorted(o["id"] for o in after[3].version.options)
        rest = exam.questions.filter(published__task=after[3].task)
        rest.exclude(pk=after[3].version.question_id).update(retired_at=timezone.now())
        with pytest.raises(fixed_forms.NothingElse, match="no other question of task"):
            fixed_forms.replace(form, 3)
        assert (
            web.post(
                reverse("exams:fixed_form_detail", args=[form.pk]), {"replace": "99"}
            ).status_code
            == 404
        )

    def test_no_enemy_of_another_question_is_put_in_its_place(self, exam: Exam) -> None:
        form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
        asked = form.questions.values("version__question")
        # A task of which one question is asked and one is spare.
        spare = exam.questions.exclude(pk__in=asked).filter(
            published__task__in=form.questions.values("task")
        )[0]
        assert spare.published is not None
        place = form.questions.get(task=spare.published.task_id)
        other = form.questions.select_related("version__question").exclude(pk=place.pk)[0]
        make_enemies(spare, other.version.question)
        with pytest.raises(fixed_forms.NothingElse):
            fixed_forms.replace(form, place.position)

    def test_the_same_seed_draws_the_same_form(self, author: User, exam: Exam) -> None:
        web = client_of(author)
        for slug in ("one", "two"):
            web.post(INDEX, {"exam": exam.slug, "title": "T", "slug": slug, "seed": "77"})
        one, two = FixedForm.objects.order_by("slug")
        assert (one.slug, two.slug, one.minutes) == ("one", "two", exam.minutes)
        assert fixed_forms.fingerprint(one) == fixed_forms.fingerprint(two)

    def test_a_draft_that_changed_since_it_was_looked_at_is_not_published(
        self, author: User, exam: Exam
    ) -> None:
        form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
        seen = fixed_forms.fingerprint(form)
        fixed_forms.redraw(form)
        confirm = reverse("exams:fixed_form_publish", args=[form.pk])
        reply = client_of(author).post(confirm, {"seen": seen}, follow=True)
        assert "has changed since you looked" in reply.content.decode()
        assert not FixedForm.objects.offered().exists()

    def test_a_draft_with_retired_questions_is_not_published_until_they_are_replaced(
        self, author: User, exam: Exam
    ) -> None:
        fill(exam, per_task=1)
        form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
        place = form.questions.select_related("version").get(position=2)
        Question.objects.filter(pk=place.version.question_id).update(retired_at=timezone.now())
        web = client_of(author)
        confirm = reverse("exams:fixed_form_publish", args=[form.pk])
        assert "Not yet" in web.get(confirm).content.decode()
        with pytest.raises(fixed_forms.Outdated, match="question 2"):
            fixed_forms.publish(form, now=timezone.now(), seen=fixed_forms.fingerprint(form))
        fixed_forms.replace(form, 2)
        web.post(confirm, {"seen": fixed_forms.fingerprint(form)})
        assert FixedForm.objects.offered().get() == form

    def test_a_draft_is_thrown_away_and_a_published_form_is_not(
        self, author: User, exam: Exam
    ) -> None:
        kept = published(exam)
        form = fixed_forms.draft(exam=exam, title="B", minutes=9, by=None, now=timezone.now())
        web = client_of(author)
        for one in (form, kept):
            web.post(reverse("exams:fixed_form_detail", args=[one.pk]), {"do": "discard"})
        assert FixedForm.objects.get() == kept

    def test_a_published_form_keeps_versions_when_newer_ones_are_published(
        self, candidate: User, exam: Exam
    ) -> None:
        form = published(exam)
        old = form.questions.select_related("version__question", "task").get(position=1)
        question = old.version.question
        newer = make_version(question, old.task, Kind(old.version.kind), number=2)
        newer.save()
        Question.objects.filter(pk=question.pk).update(published=newer)
        sat = sit(candidate, form, 0)
        assert sat.responses.get(position=1).version == old.version

    def test_the_database_refuses_to_change_what_is_published(self, exam: Exam) -> None:
        form = published(exam)
        row = form.questions.all()[0]
        draft = fixed_forms.draft(exam=exam, title="B", minutes=9, by=None, now=timezone.now())
        changes: list[Any] = [
            lambda: draft.questions.filter(position=1).update(fixed_form=form, position=99),
            lambda: FixedForm.objects.filter(pk=form.pk).update(title="Another"),
            lambda: FixedForm.objects.filter(pk=form.pk).update(minutes=1),
            lambda: FixedForm.objects.filter(pk=form.pk).update(published_at=None),
            lambda: FixedForm.objects.filter(pk=form.pk)._raw_delete("default"),
            lambda: form.questions.filter(pk=row.pk).update(scored=not row.scored),
            lambda: form.questions.filter(pk=row.pk).delete(),
            lambda: FixedFormItem.objects.create(
                fixed_form=form,
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
        address = reverse("exams:start_fixed_form", args=[exam.slug, form.slug])
        assert "8 questions in 90 minutes" in client_of(candidate).get(address).content.decode()
        asked = []
        for user in (candidate, stranger):
            client_of(user).post(address)
            attempt = Attempt.objects.open().get(user=user)
            assert (attempt.mode, attempt.fixed_form) == (Mode.FIXED_FORM, form)
            rows = attempt.responses.order_by("position")
            asked.append(list(rows.values_list("version", "scored", "option_order")))
        assert asked[0] == asked[1]
        assert deadline_of(attempt) - attempt.started_at == timedelta(minutes=90)
        page = client_of(stranger).get(reverse("exams:question", args=[attempt.pk, 1]))
        assert CANARY not in page.content.decode()

    def test_a_retired_form_cannot_begin_but_goes_on(self, candidate: User, exam: Exam) -> None:
        form = published(exam)
        address = reverse("exams:start_fixed_form", args=[exam.slug, form.slug])
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
        for nobody in (CandidateFactory.create(is_guest=True), StaffFactory.create()):
            sit(nobody, form, 6)
        own = sit(candidate, form, 3)
        report = reverse("results:report", args=[own.pk])
        page = client_of(candidate).get(report).content.decode()
        assert "Not enough results yet" in page
        assert "percentile" not in page
        sit(others[4], form, 6)
        page = " ".join(client_of(candidate).get(report).content.decode().split())
        assert "Median of 5 others</dt><dd><strong>400</strong>" in page
        # Scores of 0, 1, 2, 3 and 6 right; three are lower than three right, and one is the same.
        assert "percentile rank</dt><dd><strong>70</strong>" in page
        assert "3 of them scored lower, 1 the same" in page
        assert not any(other.email in page for other in others)

    def test_it_may_be_sat_again(self, candidate: User, exam: Exam) -> None:
        form = published(exam)
        for _ in range(2):
            sit(candidate, form, 1)
        assert Attempt.objects.closed().filter(fixed_form=form, user=candidate).count() == 2

    def test_the_exam_pages_offer_published_forms_of_the_exam_only(
        self, candidate: User, exam: Exam
    ) -> None:
        published(exam)
        fixed_forms.draft(exam=exam, title="Still a draft", minutes=9, by=None, now=timezone.now())
        other = make_exam(slug="other")
        fill(other, per_task=7)
        web = client_of(candidate)
        for address in ("/", f"/exams/{exam.slug}/", f"/exams/{exam.slug}/half/"):
            page = web.get(address).content.decode()
            assert f"/exams/{exam.slug}/fixed-forms/form-a/" in page
            assert "Still a draft" not in page
        assert "/fixed-forms/" not in web.get(f"/exams/{other.slug}/").content.decode()

    @pytest.mark.parametrize("items", [8, 20])
    def test_its_pages_cost_the_same_statements_however_long_it_is(
        self, candidate: User, author: User, items: int, django_assert_num_queries: Any
    ) -> None:
        exam = make_exam(slug="budget", items=items, scored_items=items)
        fill(exam, per_task=4)
        form = published(exam)
        address = reverse("exams:start_fixed_form", args=[exam.slug, form.slug])
        web, desk = client_of(candidate), client_of(author)
        # Session, user, form, exam, domains (twice), supply (two), its questions, last score,
        # open attempt, other forms.
        with django_assert_num_queries(12):
            web.get(address)
        with django_assert_num_queries(6):  # session, user, two of permissions, form, questions
            desk.get(reverse("exams:fixed_form_detail", args=[form.pk]))


class TestResultsForAuthors:
    def test_a_row_for_each_form_with_figures_from_five_candidates_on(
        self, author: User, exam: Exam
    ) -> None:
        few, enough = published(exam, "Few"), published(exam, "Enough")
        people = [CandidateFactory.create() for _ in range(5)]
        for right, person in enumerate(people):
            sit(person, enough, right)
        sit(people[0], enough, 6)
        sit(people[0], few, 6)
        sit(CandidateFactory.create(is_guest=True), enough, 6)
        sit(author, enough, 6)
        page = " ".join(
            client_of(author).get(reverse("results:fixed_forms")).content.decode().split()
        )
        cells = re.findall(r'<td class="number">([^<]*)</td>', page)
        # Attempts (guests' and authors' too), candidates, median, mean, standard deviation, passed.
        assert cells == ["8", "5", "400", "400", "237", "0 %", "1", "1"]
        assert "not enough results yet" in page
        assert not any(person.email in page for person in people)

    @pytest.mark.parametrize("count", [1, 4])
    def test_it_costs_the_same_statements_however_many_there_are(
        self, author: User, exam: Exam, count: int, django_assert_num_queries: Any
    ) -> None:
        for number in range(count):
            sit(CandidateFactory.create(), published(exam, f"Form {number}"), number)
        web = client_of(author)
        with django_assert_num_queries(6):  # session, user, two of permissions, scores, forms
            web.get(reverse("results:fixed_forms"))


def make_enemies(one: Question, other: Question) -> None:
    """The published version of ``one`` names ``other`` from now on."""
    old = one.published
    assert old is not None
    newer = make_version(one, old.task, Kind(old.kind), number=2, enemies=[other.slug])
    newer.save()
    Question.objects.filter(pk=one.pk).update(published=newer)


@pytest.mark.parametrize(
    ("own", "others", "rank"),
    [
        (500, [100, 200, 300, 400, 450], 100),
        (100, [200, 300, 400, 450, 500], 0),
        (300, [300] * 5, 50),
        (300, [100, 200, 300, 400, 500, 600], 42),
    ],
)
def test_percentile_ranks_count_equals_by_half(own: int, others: list[int], rank: int) -> None:
    assert Comparison(own, others).percentile_rank == rank


@pytest.mark.parametrize("state", ["draft", "retired"])
def test_the_engine_starts_no_fixed_form_that_is_not_offered(
    candidate: User, exam: Exam, state: str
) -> None:
    form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=timezone.now())
    if state == "retired":
        fixed_forms.publish(form, now=timezone.now(), seen=fixed_forms.fingerprint(form))
        fixed_forms.retire(form, now=timezone.now())
        form.refresh_from_db()
    with pytest.raises(attempts.NothingToAsk):
        sit(candidate, form, 0)
