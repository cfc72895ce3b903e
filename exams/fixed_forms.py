"""Fixed forms: the same questions for everybody. The one writer of them."""

from __future__ import annotations

import secrets
from datetime import datetime
from random import Random

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from exams.drawing import Place, with_options
from exams.models import FixedForm, FormQuestion
from exams.selection import Candidate, draw
from exams.supply import Drawable, blueprint, drawable
from questions.models import Exam


class NotADraft(Exception):
    """A published form never changes; make another one."""


class NameTaken(Exception):
    """The exam has a form of this name; the message says so."""


@transaction.atomic
def draft(*, exam: Exam, title: str, minutes: int, by: User | None, now: datetime) -> FixedForm:
    """Draw a form by the exam's blueprint; nobody can sit it before it is published.

    Raises NameTaken, and selection.BankTooSmall when the blueprint cannot be supplied.
    """
    slug = slugify(title)[:60]
    if not slug or FixedForm.objects.filter(exam=exam, slug=slug).exists():
        raise NameTaken(f"{exam.code} has a form of this name already. Choose another one.")
    form = FixedForm.objects.create(
        exam=exam,
        slug=slug,
        title=title,
        minutes=minutes,
        seed=secrets.randbits(63),
        created_at=now,
        created_by=by,
    )
    _fill(form)
    return form


@transaction.atomic
def redraw(form: FixedForm) -> None:
    """Draw other questions for a draft. Raises NotADraft."""
    current = _locked_draft(form)
    current.questions.all().delete()
    current.seed = secrets.randbits(63)
    current.save(update_fields=["seed"])
    _fill(current)


@transaction.atomic
def publish(form: FixedForm, *, now: datetime) -> None:
    """Offer a draft to candidates, for good. Raises NotADraft."""
    current = _locked_draft(form)
    current.published_at = now
    current.save(update_fields=["published_at"])


def retire(form: FixedForm, *, now: datetime) -> None:
    """Take a form away from new attempts; those that run, and results, stay."""
    FixedForm.objects.offered().filter(pk=form.pk).update(retired_at=now)


def _locked_draft(form: FixedForm) -> FixedForm:
    current = (
        FixedForm.objects.select_related("exam").select_for_update(of=("self",)).get(pk=form.pk)
    )
    if current.published_at is not None:
        raise NotADraft("This form is published and never changes. Make another one.")
    return current


def _fill(form: FixedForm) -> None:
    rng = Random(form.seed)  # noqa: S311  # a draw to be repeated by its seed, not a secret
    pool = drawable(form.exam)
    picks = draw([_candidate(question) for question in pool], blueprint(form.exam), rng)
    FormQuestion.objects.bulk_create(
        _question(form, position, place)
        for position, place in enumerate(with_options(picks, pool, rng), start=1)
    )


def _candidate(question: Drawable) -> Candidate:
    """A question nobody in particular is asked: seen by none."""
    return Candidate(
        slug=question.name,
        domain=question.domain,
        task=question.task,
        enemies=question.enemy_names,
        born=question.created_at.toordinal(),
    )


def _question(form: FixedForm, position: int, place: Place) -> FormQuestion:
    return FormQuestion(
        form=form,
        position=position,
        version_id=place.version_id,
        task_id=place.task_id,
        scored=place.scored,
        option_order=place.option_order,
    )
