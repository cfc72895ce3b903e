"""Fixed forms: the same questions for everybody. The one writer of them."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from random import Random

from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from accounts.models import User
from exams.drawing import Place, with_options
from exams.models import FixedForm, FormQuestion
from exams.selection import Candidate, Pick, draw
from exams.supply import Drawable, blueprint, drawable
from questions.models import Exam


class FormProblem(Exception):
    """What was asked for is not possible; the message is fit to show to an author."""


class NotADraft(FormProblem):
    """A published form never changes; make another one."""


class NameTaken(FormProblem):
    """The exam has a form of this name."""


class NothingElse(FormProblem):
    """The bank has no other question that may stand in a place."""


class Outdated(FormProblem):
    """The bank, or the draft itself, has changed since the author looked."""


@transaction.atomic
def draft(
    *,
    exam: Exam,
    title: str,
    minutes: int,
    by: User | None,
    now: datetime,
    slug: str = "",
    seed: int | None = None,
) -> FixedForm:
    """Draw a form by the exam's blueprint; nobody can sit it before it is published.

    Without a ``slug`` it is made of the title. Raises NameTaken, and selection.BankTooSmall when
    the blueprint cannot be supplied.
    """
    slug = slug or slugify(title)[:60]
    if not slug or FixedForm.objects.filter(exam=exam, slug=slug).exists():
        raise NameTaken(f"{exam.code} has a form of this name already. Choose another one.")
    form = FixedForm.objects.create(
        exam=exam,
        slug=slug,
        title=title,
        minutes=minutes,
        seed=secrets.randbits(63) if seed is None else seed,
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
def replace(form: FixedForm, position: int) -> None:
    """Put another question of the same task in one place of a draft.

    Raises NotADraft, NothingElse, and FormQuestion.DoesNotExist for a place it has not.
    """
    current = _locked_draft(form)
    place = current.questions.select_related("task", "version").get(position=position)
    rng = secrets.SystemRandom()
    others = _others(current, place)
    if not others:
        raise NothingElse(
            f"The bank has no other question of task {place.task.code} for place {position}."
        )
    chosen = rng.choice(others)
    (new,) = with_options([Pick(chosen.name, scored=place.scored)], [chosen], rng)
    place.delete()
    _question(current, position, new).save()


def _others(form: FixedForm, place: FormQuestion) -> list[Drawable]:
    """Questions of the task of ``place`` that could stand there: not asked, no enemies."""
    pool = drawable(form.exam)
    asked = set(form.questions.values_list("version__question", flat=True))
    rest = [q for q in pool if q.question_id in asked and q.version_id != place.version_id]
    names, barred = {q.name for q in rest}, frozenset[str]().union(*(q.enemy_names for q in rest))
    return [
        question
        for question in pool
        if question.task_id == place.task_id
        and question.question_id not in asked
        and question.name not in barred
        and names.isdisjoint(question.enemy_names)
    ]


@transaction.atomic
def publish(form: FixedForm, *, now: datetime, seen: str) -> None:
    """Offer a draft to candidates, for good; ``seen`` is its fingerprint as the author saw it.

    Raises NotADraft, and Outdated when the draft is another one by now or asks what the bank
    would not ask any more.
    """
    current = _locked_draft(form)
    if fingerprint(current) != seen:
        raise Outdated("The draft has changed since you looked at it. Look again, then publish.")
    if places := outdated_places(current):
        named = ", ".join(str(place) for place in places)
        raise Outdated(f"Retired or rewritten since it was drawn: place {named}. Replace these.")
    current.published_at = now
    current.save(update_fields=["published_at"])


def fingerprint(form: FixedForm) -> str:
    """Changes with every question of ``form``, and with their places."""
    rows = form.questions.order_by("position").values_list("position", "version", "scored")
    return sha256(repr(list(rows)).encode()).hexdigest()[:16]


def outdated_places(form: FixedForm) -> list[int]:
    """Places whose question was retired, or has a newer version, since a draft was drawn."""
    current = form.questions.filter(
        version__question__published=F("version"), version__question__retired_at=None
    )
    stale = form.questions.exclude(pk__in=current.values("pk")).order_by("position")
    return list(stale.values_list("position", flat=True))


@transaction.atomic
def discard(form: FixedForm) -> None:
    """Throw a draft away. Raises NotADraft."""
    _locked_draft(form).delete()


def retire(form: FixedForm, *, now: datetime) -> None:
    """Take a form away from new attempts; those that run, and results, stay."""
    FixedForm.objects.offered().filter(pk=form.pk).update(retired_at=now)


def _locked_draft(form: FixedForm) -> FixedForm:
    current = (
        FixedForm.objects.select_related("exam")
        .select_for_update(of=("self",))
        .filter(pk=form.pk)
        .first()
    )
    if current is None:
        raise NotADraft("This draft was thrown away.")
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
