"""The pages that tell authors whether the bank suffices, and candidates when it does not."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from exams.assembly.coverage import coverage
from exams.assembly.supply import supplies
from exams.models import Attempt
from questions.kinds import Kind
from questions.models import Exam, NoteSection
from tests.bank import fill, make_exam
from tests.people import StaffFactory, client_of
from tests.sittings import begin

pytestmark = pytest.mark.django_db
PAGES = ["/coverage/", "/coverage/thin/"]
PERSON = 4  # session, user, own permissions and those of groups


@pytest.fixture
def exam() -> Exam:
    """One question per task: far too few."""
    exam = make_exam(slug="thin", code="THIN")
    fill(exam, per_task=1, kinds=[Kind.CHOICE])
    return exam


@pytest.mark.parametrize("path", PAGES)
def test_only_authors_see_the_coverage(
    exam: Exam, candidate: User, author: User, operator: User, path: str
) -> None:
    statuses = [
        client_of(user).get(path).status_code
        for user in (candidate, StaffFactory.create(), author, operator)
    ]
    assert statuses == [403, 403, 200, 200]
    assert Client().get(path)["Location"].startswith("/accounts/login/")


def test_an_exam_that_is_not_there_has_no_coverage(author: User) -> None:
    assert client_of(author).get("/coverage/nothing/").status_code == 404


def test_the_coverage_counts_what_may_be_drawn(exam: Exam) -> None:
    NoteSection.objects.create(exam=exam, anchor="unused", title="Unused", position=2)
    found = coverage(supplies(Exam.objects.filter(pk=exam.pk))[0])
    by_title = {table.title: table for table in found.tables}
    domains = by_title["By domain"].rows
    assert [(row.count, row.percent, row.target) for row in domains] == [
        (3, 25, f"{weight} %") for weight in (28, 26, 22, 24)
    ]
    assert {row.doubt for row in by_title["By task"].rows} == {"too few"}
    assert [row.count for row in by_title["By kind"].rows] == [12, 0, 0, 0]
    assert [row.count for row in by_title["By difficulty"].rows] == [0, 12, 0]
    sections = [(row.label, row.count, row.doubt) for row in by_title["By note section"].rows]
    assert sections == [("Glue", 12, ""), ("Unused", 0, "too few")]
    assert found.doubts == 13


def test_the_page_says_what_is_missing(exam: Exam, author: User) -> None:
    page = client_of(author).get("/coverage/thin/").content.decode()
    assert "The bank cannot supply a full form." in page
    assert "15 missing" in page
    assert "1.1 Task 1: 1 question (at least 16 wanted)" in page


def test_the_admin_leads_to_the_coverage(exam: Exam, author: User) -> None:
    for path in ("/admin/", "/admin/questions/question/"):
        assert 'href="/coverage/"' in client_of(author).get(path).content.decode()
    assert "/coverage/" not in client_of(StaffFactory.create()).get("/admin/").content.decode()


@pytest.mark.parametrize("per_task", [1, 30])
def test_the_coverage_costs_the_same_statements_however_large_the_bank(
    author: User, exam: Exam, per_task: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill(exam, per_task=per_task)
    make_exam(slug="another")
    web = client_of(author)
    with django_assert_num_queries(PERSON + 4):
        web.get("/coverage/")
    with django_assert_num_queries(PERSON + 4 + 5):
        web.get("/coverage/thin/")


# ---- What candidates see -----------------------------------------------------------------------


def test_a_start_that_the_bank_cannot_supply_is_not_offered(exam: Exam, candidate: User) -> None:
    web = client_of(candidate)
    page = web.get("/exams/thin/").content.decode()
    assert "This exam cannot start yet." in page
    assert "Domain 1: 3 of 18 questions (15 missing)" in page
    assert "Start the exam" not in page
    assert "domain 1 has 3 of 18" in web.get("/").content.decode()
    refused = web.post("/exams/thin/")
    assert refused.status_code == 409
    assert "Domain 1: 3 of 18 questions (15 missing)" in refused.content.decode()
    assert not Attempt.objects.exists()


def test_a_running_exam_goes_on_whatever_becomes_of_the_bank(exam: Exam, candidate: User) -> None:
    fill(exam, per_task=7)
    attempt = begin(candidate, exam)
    exam.questions.update(published=None)
    page = client_of(candidate).get("/exams/thin/").content.decode()
    assert f"/attempts/{attempt.pk}/" in page
    assert "cannot start" not in page


def test_a_start_that_the_bank_can_supply_is_offered(exam: Exam, candidate: User) -> None:
    fill(exam, per_task=7)
    web = client_of(candidate)
    assert "Start the exam" in web.get("/exams/thin/").content.decode()
    assert "Too few questions" not in web.get("/").content.decode()
