"""Which questions an attempt asks, in which order, with which order of options. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db.models import Count, Q

from accounts.models import User
from exams.assembly.drills import SPARE, Drill, drill_pool
from exams.assembly.probing import have_many, is_bank_large, newest, probe
from exams.assembly.selection import (
    Blueprint,
    Pick,
    PoolItem,
    draw,
    draw_by_shares,
    draw_up_to,
    shuffled,
)
from exams.assembly.supply import Drawable, among_ids, blueprint, drawable, in_ids
from exams.models import Attempt, FixedForm, Mode, Response
from exams.recipes import ANYTHING, Recipe, Source
from questions.models import Exam, NoteSection, QuestionVersion, Task

STANDARD_MODES = (Mode.MOCK, Mode.HALF, Mode.FIXED_FORM)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a candidate asks for; ``recipe`` is for custom exams, study and reviews only."""

    mode: Mode = Mode.MOCK
    recipe: Recipe = ANYTHING
    section: NoteSection | None = None
    fixed_form: FixedForm | None = None

    @property
    def effective_recipe(self) -> Recipe:
        """That by which is drawn: mocks and forms never adapt, whatever is asked."""
        return ANYTHING if self.mode in STANDARD_MODES else self.recipe


@dataclass(frozen=True, slots=True)
class AssembledItem:
    """One question as assembled for an attempt or a fixed form, with its options in their order."""

    question_id: int
    version_id: int
    task_id: int
    scored: bool
    option_order: list[str]


def assemble(attempt: Attempt, *, now: datetime) -> list[AssembledItem]:
    """The questions of ``attempt``, which is not saved yet, in order; none where no question fits.

    Raises selection.BankTooSmall when an exam by blueprint cannot be supplied.
    """
    if attempt.fixed_form is not None:
        return _of_fixed_form(attempt.fixed_form)
    rng = Random(attempt.seed)  # noqa: S311  # a draw to be repeated by its seed, not a secret
    recipe = Recipe.from_json(attempt.recipe)
    if is_by_blueprint(Mode(attempt.mode), recipe):
        plan = blueprint_of(attempt, recipe)
        pool = _pool(attempt, recipe, plan)
        picks = draw(pool_items(pool, user=attempt.user), plan, rng)
    else:
        drill = Drill(attempt.user, attempt.exam, recipe, attempt.section, now, attempt.seed)
        pool = drill_pool(drill)
        picks = _drill_picks(drill, pool, rng)
    return with_options(picks, pool, rng)


def _pool(attempt: Attempt, recipe: Recipe, plan: Blueprint) -> list[Drawable]:
    """What an exam by ``plan`` is drawn from: the bank, or enough of it where that is large."""
    if is_bank_large():
        some = _some_of_each_task(attempt, recipe, plan)
        there = Counter(question.domain for question in some)
        if some and all(there[domain] >= SPARE * n for domain, n in plan.counts.items()):
            return some
    return drawable(attempt.exam, recipe)


def _some_of_each_task(attempt: Attempt, recipe: Recipe, plan: Blueprint) -> list[Drawable]:
    """Questions that the candidate has not seen: the latest of each task, and some by chance.

    Nothing where so few serve the exam that all can be looked at.
    """
    tasks = Task.objects.filter(domain__exam=attempt.exam, domain__code__in=plan.weights)
    domains = dict(tasks.order_by("pk").values_list("pk", "domain__code"))
    if not have_many(domains):
        return []
    of_domain = Counter(domains.values())
    each = {t: SPARE * -(-plan.counts[d] // of_domain[d]) for t, d in domains.items()}
    found = {*probe(each, attempt.seed), *newest(each)}
    fresh = ~Q(pk__in=Response.objects.filter(attempt__user=attempt.user).values("question"))
    return drawable(attempt.exam, recipe, among=fresh & in_ids(sorted(found)))


def is_by_blueprint(mode: Mode, recipe: Recipe) -> bool:
    """Whether the shares of the exam's domains hold; drills take what there is."""
    return not mode.explains and recipe.source is Source.ALL and not recipe.section


def blueprint_of(attempt: Attempt, recipe: Recipe) -> Blueprint:
    """The blueprint by which an exam of this mode is drawn."""
    whole = blueprint(attempt.exam)
    if attempt.mode == Mode.MOCK:
        return whole
    if attempt.mode == Mode.HALF:
        return whole.halved()
    return Blueprint(weights_of(attempt.exam, recipe), scored=recipe.items, unscored=0)


def weights_of(exam: Exam, recipe: Recipe) -> dict[str, int]:
    """The weights of those domains of ``exam`` in which ``recipe`` leaves a task."""
    domains = exam.domains.order_by("code")
    if recipe.domains:
        domains = domains.filter(code__in=recipe.domains)
    if recipe.tasks:
        domains = domains.filter(tasks__code__in=recipe.tasks).distinct()
    return dict(domains.values_list("code", "weight"))


def _drill_picks(drill: Drill, pool: Sequence[Drawable], rng: Random) -> list[Pick]:
    known = pool_items(pool, user=drill.user)
    if drill.recipe.source is Source.WEAKEST:
        return draw_by_shares(drill.weakness_shares, known, rng)
    return draw_up_to(drill.recipe.items, known, rng)


def pool_items(pool: Sequence[Drawable], *, user: User) -> list[PoolItem]:
    """``pool`` as the pure draw knows it, with how often ``user`` was asked each question."""
    seen = dict(
        Response.objects.filter(
            attempt__user=user, question__in=among_ids([question.question_id for question in pool])
        )
        .order_by()
        .values_list("question_id")
        # Open elsewhere: drawn last of all, since its answer may be shown before this one ends.
        .annotate(times=Count("id") + 1000 * Count("id", filter=Q(attempt__closed_at=None)))
    )
    return [
        PoolItem(
            slug=q.name,
            domain=q.domain,
            task=q.task,
            seen=seen.get(q.question_id, 0),
            enemies=q.enemy_names,
            born=q.created_at.toordinal(),
        )
        for q in pool
    ]


def with_options(
    picks: Sequence[Pick], pool: Iterable[Drawable], rng: Random
) -> list[AssembledItem]:
    """The picked questions with their options in an order of their own."""
    by_name = {question.name: question for question in pool}
    drawn = [by_name[pick.slug] for pick in picks]
    versions = QuestionVersion.objects.filter(pk__in=[question.version_id for question in drawn])
    options = dict(versions.values_list("pk", "options"))
    return [
        AssembledItem(
            question_id=question.question_id,
            version_id=question.version_id,
            task_id=question.task_id,
            scored=pick.scored,
            option_order=shuffled([o["id"] for o in options[question.version_id]], rng),
        )
        for pick, question in zip(picks, drawn, strict=True)
    ]


def _of_fixed_form(fixed_form: FixedForm) -> list[AssembledItem]:
    rows = fixed_form.questions.order_by("position").values_list(
        "version__question", "version", "task", "scored", "option_order"
    )
    return [AssembledItem(*row) for row in rows]
