"""Optional fields in the form of a question: tasks of other exams, skills, passages and others."""

from dataclasses import replace

import pytest
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from questions import authoring, bank, export
from questions.content import Content
from questions.models import Question
from tests.authored import (
    content,
    exam_content,
    exam_with_skills,
    question,
    question_with_all_fields,
)
from tests.people import client_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def served() -> Question:
    """A question that serves a task of another exam too."""
    twin = exam_content().model_copy(update={"slug": "twin", "code": "TWIN"})
    bank.load_all([content(question(also={"twin": "1.2"})), Content(twin, (), ())], now=NOW)
    return Question.objects.get()


def form_of(question: Question) -> QueryDict:
    assert question.published
    return authoring.typed(export.written(question.published), based_on=question.published.number)


def post(author: User, question: Question, data: QueryDict) -> tuple[int, str]:
    url = f"/admin/questions/question/{question.pk}/change/"
    fields = {name: data.getlist(name) for name in data}
    response = client_of(author).post(url, fields | {"do": "publish"})
    return response.status_code, response.content.decode()


def test_an_edit_keeps_the_tasks_of_other_exams(served: Question, author: User) -> None:
    page = client_of(author).get(f"/admin/questions/question/{served.pk}/change/")
    assert ">\ntwin 1.2</textarea>" in page.content.decode()
    data = form_of(served)
    data["difficulty"] = "3"
    assert post(author, served, data)[0] == 302
    served.refresh_from_db()
    assert served.published
    assert (served.published.number, served.published.difficulty) == (2, 3)
    assert [task.code for task in served.published.also.all()] == ["1.2"]


def test_an_edit_keeps_every_optional_field(author: User) -> None:
    whole = replace(content(question_with_all_fields()), exam=exam_with_skills())
    bank.load(whole, now=NOW)
    row = Question.objects.get()
    page = client_of(author).get(f"/admin/questions/question/{row.pk}/change/").content.decode()
    for shown in (
        ">\nmla-c01 1.1.2 1.1.1</textarea>",
        ">\nglue All about glue.</textarea>",
        "https://docs.aws.amazon.com/athena/ What is: Athena?</textarea>",
        'value="nightly copies"',
    ):
        assert shown in page
    data = form_of(row)
    data["difficulty"] = "3"
    assert post(author, row, data)[0] == 302
    row.refresh_from_db()
    assert row.published
    expected = question_with_all_fields(difficulty=3).content
    assert export.question_content(row.published) == expected


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("nowhere 1.2", "Is no other exam."),
        ("twin 9.9", "That exam has no task 9.9."),
        ("twin", "is no code"),
        ("Twin! 1.1", "is no name"),
    ],
)
def test_what_is_no_task_of_another_exam_is_told_beside_the_field(
    served: Question, author: User, typed: str, message: str
) -> None:
    data = form_of(served)
    data["also"] = typed
    status, page = post(author, served, data)
    assert status == 422
    assert message in page
    assert served.versions.count() == 1
