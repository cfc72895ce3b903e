"""What a test committed is gone before the next one, and what migrations made is not."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.utils import timezone

from exams.models import FixedForm
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.people import AuthorFactory
from tests.sittings import answer, begin, right_places

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = {ContentType, Permission}


def test_all_rows_go_although_constraints_and_triggers_protect_them() -> None:
    author = AuthorFactory.create()
    exam = make_exam(items=4, scored_items=4)
    fill(exam, per_task=2, kinds=[Kind.CHOICE])
    attempt = begin(author, exam)
    answer(attempt, 1, right_places(attempt.responses.get(position=1)))
    now = timezone.now()
    # A trigger keeps published forms from being deleted.
    FixedForm.objects.create(
        exam=exam, slug="a", title="A", minutes=10, seed=1, created_at=now, published_at=now
    )
    made = {model: model._default_manager.count() for model in apps.get_models()}
    call_command("flush", interactive=False, verbosity=0)
    left = {model: model._default_manager.count() for model in apps.get_models()}
    assert sum(made.values()) > 50 + sum(made[model] for model in KEPT)
    assert left == {model: made[model] if model in KEPT else 0 for model in made}
