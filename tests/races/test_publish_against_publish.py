"""Two authors who publish at the same moment, by real threads on real Postgres."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from questions import bank, export
from questions.bank import NewerVersion
from questions.content import QuestionContent
from questions.kinds import Kind
from questions.models import Question
from tests.bank import fill, make_exam
from tests.races.test_save_against_submit import together

pytestmark = pytest.mark.django_db(transaction=True)

RACES = 20


def publish(question: Question, content: QuestionContent, based_on: int) -> int:
    """The number of the version that was published, or 0 for an author who was told."""
    try:
        return bank.publish_version(question, content, by=None, based_on=based_on).number
    except NewerVersion:
        return 0
    finally:
        connection.close()


def test_of_two_authors_at_once_one_publishes_and_the_other_is_told() -> None:
    exam = make_exam()
    fill(exam, per_task=1, kinds=[Kind.CHOICE])
    question = exam.questions.order_by("pk")[0]
    assert question.published
    written = export.written(question.published)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for race in range(1, RACES + 1):
            edits = [
                QuestionContent.model_validate(written | {"stem": f"What of {race} {author}?"})
                for author in ("one", "two")
            ]
            jobs = [partial(publish, question, edit, race) for edit in edits]
            assert sorted(map(str, together(pool, *jobs))) == ["0", str(race + 1)]
    assert question.versions.count() == RACES + 1
