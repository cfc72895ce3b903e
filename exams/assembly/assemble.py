"""Which questions an attempt asks, in which order, with which order of options. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from exams.assembly.pool import Drawn, Plan, draw_from
from exams.assembly.scope import Scope, weakness_shares
from exams.assembly.selection import (
    Blueprint,
    Pick,
    draw,
    draw_by_shares,
    draw_up_to,
    shuffled,
)
from exams.assembly.supply import Drawable, blueprint
from exams.models import Attempt, FixedForm, Mode
from exams.recipes import ANYTHING, Recipe, Source
from questions.models import Exam, NoteSection, QuestionVersion

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
    recipe = Recipe.from_json(attempt.recipe)
    scope = Scope(
        attempt.exam,
        attempt.user,
        recipe,
        attempt.section,
        attempt.seed,
        now,
        is_drill=not is_by_blueprint(Mode(attempt.mode), recipe),
    )
    if scope.is_drill:
        return _with_options(draw_from(scope, _drill_plan(scope)))
    return assemble_by_blueprint(scope, blueprint_of(attempt, recipe))


def assemble_by_blueprint(scope: Scope, blueprint: Blueprint) -> list[AssembledItem]:
    """The questions of one form by ``blueprint``, in order. Raises selection.BankTooSmall."""
    plan = Plan(
        items=blueprint.scored + blueprint.unscored,
        shares=_even_shares(scope, blueprint.counts),
        draw=lambda pool, rng: draw(pool, blueprint, rng),
        newest=_even_shares(scope, blueprint.unscored_counts) if blueprint.unscored else {},
    )
    return _with_options(draw_from(scope, plan))


def _even_shares(scope: Scope, counts: Mapping[str, int]) -> dict[int, int]:
    """What each task gives of the count of its domain, by the task's id; rounded up."""
    tasks_of = Counter(task.domain for task in scope.tasks.values())
    return {
        pk: -(-counts[task.domain] // tasks_of[task.domain]) for pk, task in scope.tasks.items()
    }


def _drill_plan(scope: Scope) -> Plan:
    items, tasks = scope.recipe.items, scope.tasks
    if scope.recipe.source is not Source.WEAKEST:
        shares = dict.fromkeys(tasks, -(-items // max(1, len(tasks))))
        return Plan(items, shares, lambda pool, rng: draw_up_to(items, pool, rng))
    due = weakness_shares(scope)
    by_code = {tasks[task].code: share for task, share in due.items()}
    return Plan(items, due, lambda pool, rng: draw_by_shares(by_code, pool, rng), are_due=True)


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


def _with_options(drawn: Drawn) -> list[AssembledItem]:
    return with_options(drawn.picks, drawn.pool.questions, drawn.rng)


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
