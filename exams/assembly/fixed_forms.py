"""Fixed forms: the same questions for everybody. The one writer of them."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from accounts.models import User
from exams.assembly.assemble import AssembledItem, assemble_by_blueprint, with_options
from exams.assembly.scope import Scope
from exams.assembly.selection import Pick
from exams.assembly.supply import Drawable, blueprint, drawable
from exams.models import FixedForm, FixedFormItem
from questions.models import Exam


class FixedFormProblem(Exception):
    """What was asked for is not possible; the message is fit to show to an author."""


class NotADraft(FixedFormProblem):
    """A published form never changes; make another one."""


class NotOffered(FixedFormProblem):
    """Candidates cannot start this fixed form: it is a draft, or was retired."""


class NameTaken(FixedFormProblem):
    """The exam has a fixed form of this name."""


class NothingElse(FixedFormProblem):
    """The bank has no other question that may stand at this position."""


class Outdated(FixedFormProblem):
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
    """Draw a fixed form by the exam's blueprint; nobody can sit it before it is published.

    Without a ``slug`` it is made of the title. Raises NameTaken, and selection.BankTooSmall when
    the blueprint cannot be supplied.
    """
    slug = slug or _slug_of(exam, title)
    # A draft of the same name that is made at this moment waits, and then sees this one.
    Exam.objects.select_for_update(no_key=True).get(pk=exam.pk)
    if FixedForm.objects.filter(exam=exam, slug=slug).exists():
        raise NameTaken(f"{exam.code} has a fixed form of this name already. Choose another one.")
    fixed_form = FixedForm.objects.create(
        exam=exam,
        slug=slug,
        title=title,
        minutes=minutes,
        seed=secrets.randbits(63) if seed is None else seed,
        created_at=now,
        created_by=by,
    )
    _fill(fixed_form)
    return fixed_form


def _slug_of(exam: Exam, title: str) -> str:
    """A name for the address; a number where the title has no letter that an address may have."""
    return slugify(title)[:60] or f"form-{FixedForm.objects.filter(exam=exam).count() + 1}"


@transaction.atomic
def redraw(fixed_form: FixedForm) -> None:
    """Draw other questions for a draft. Raises NotADraft."""
    current = _locked_draft(fixed_form)
    current.questions.all().delete()
    current.seed = secrets.randbits(63)
    current.save(update_fields=["seed"])
    _fill(current)


@transaction.atomic
def replace(fixed_form: FixedForm, position: int) -> None:
    """Put another question of the same task at one position of a draft.

    Raises NotADraft, NothingElse, and FixedFormItem.DoesNotExist when there is no such position.
    """
    current = _locked_draft(fixed_form)
    item = current.questions.select_related("task", "version").get(position=position)
    rng = secrets.SystemRandom()
    others = _others(current, item)
    if not others:
        raise NothingElse(
            f"The bank has no other question of task {item.task.code} for position {position}."
        )
    chosen = rng.choice(others)
    (new,) = with_options([Pick(chosen.name, scored=item.scored)], [chosen], rng)
    item.delete()
    _item(current, position, new).save()


def _others(fixed_form: FixedForm, item: FixedFormItem) -> list[Drawable]:
    """Questions of the task of ``item`` that could stand there: not asked, no enemies."""
    pool = drawable(fixed_form.exam)
    asked = set(fixed_form.questions.values_list("version__question", flat=True))
    rest = [q for q in pool if q.question_id in asked and q.version_id != item.version_id]
    names, barred = {q.name for q in rest}, frozenset[str]().union(*(q.enemy_names for q in rest))
    return [
        question
        for question in pool
        if question.task_id == item.task_id
        and question.question_id not in asked
        and question.name not in barred
        and names.isdisjoint(question.enemy_names)
    ]


@transaction.atomic
def publish(fixed_form: FixedForm, *, now: datetime, seen: str) -> None:
    """Offer a draft to candidates, for good; ``seen`` is its fingerprint as the author saw it.

    Raises NotADraft, and Outdated when the draft is another one by now or asks what the bank
    would not ask any more.
    """
    current = _locked_draft(fixed_form)
    if fingerprint(current) != seen:
        raise Outdated("The draft has changed since you looked at it. Look again, then publish.")
    if outdated := outdated_positions(current):
        named = ", ".join(str(position) for position in outdated)
        raise Outdated(f"Retired or rewritten since it was drawn: question {named}. Replace these.")
    current.published_at = now
    current.save(update_fields=["published_at"])


def fingerprint(fixed_form: FixedForm) -> str:
    """Changes with every question of ``fixed_form``, and with their positions."""
    rows = fixed_form.questions.order_by("position").values_list("position", "version", "scored")
    return sha256(repr(list(rows)).encode()).hexdigest()[:16]


def outdated_positions(fixed_form: FixedForm) -> list[int]:
    """Positions whose question was retired, or has a newer version, since a draft was drawn."""
    current = fixed_form.questions.filter(
        version__question__published=F("version"), version__question__retired_at=None
    )
    stale = fixed_form.questions.exclude(pk__in=current.values("pk")).order_by("position")
    return list(stale.values_list("position", flat=True))


@transaction.atomic
def discard(fixed_form: FixedForm) -> None:
    """Throw a draft away. Raises NotADraft."""
    _locked_draft(fixed_form).delete()


def retire(fixed_form: FixedForm, *, now: datetime) -> None:
    """Take a fixed form away from new attempts; those that run, and results, stay.

    Raises NotOffered when candidates cannot start it anyway.
    """
    if not FixedForm.objects.offered().filter(pk=fixed_form.pk).update(retired_at=now):
        raise NotOffered("Only a published fixed form can be retired; this one is not offered.")


def _locked_draft(fixed_form: FixedForm) -> FixedForm:
    current = (
        FixedForm.objects.select_related("exam")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=fixed_form.pk)
        .first()
    )
    if current is None:
        raise NotADraft("This draft was thrown away.")
    if current.published_at is not None:
        raise NotADraft("This form is published and never changes. Make another one.")
    return current


def _fill(fixed_form: FixedForm) -> None:
    scope = Scope(fixed_form.exam, seed=fixed_form.seed, is_drill=False)
    items = assemble_by_blueprint(scope, blueprint(fixed_form.exam))
    FixedFormItem.objects.bulk_create(
        _item(fixed_form, position, item) for position, item in enumerate(items, start=1)
    )


def _item(fixed_form: FixedForm, position: int, item: AssembledItem) -> FixedFormItem:
    return FixedFormItem(
        fixed_form=fixed_form,
        position=position,
        version_id=item.version_id,
        task_id=item.task_id,
        scored=item.scored,
        option_order=item.option_order,
    )
