"""What the authors' pages of item statistics show. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, FloatField, Max, OrderBy, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from questions.kinds import Kind
from questions.models import Question, QuestionVersion
from results.alarm_texts import letters_of, why
from results.item_alarms import IS_ASKED
from results.models import EvidenceChange, FormStatistics, ItemAlarm, ItemStatistics
from results.sample_gates import DISCRIMINATION_FROM, FIGURES_FROM

# ---- Alarms ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm and, in a sentence, what raised it."""

    alarm: ItemAlarm
    why: str


def alarms(*, is_open: bool) -> QuerySet[ItemAlarm]:
    """Open alarms, the oldest first; or settled ones, the last settled first."""
    rows = ItemAlarm.objects.filter(settled_at__isnull=is_open)
    return _with_questions(rows).order_by("opened_at" if is_open else "-settled_at", "pk")


def alarms_of(question: Question) -> list[AlarmRow]:
    """All alarms of a question, open ones first."""
    rows = ItemAlarm.objects.filter(version__question=question)
    latest_first = OrderBy(F("settled_at"), descending=True, nulls_first=True)
    return alarm_rows(_with_questions(rows).order_by(latest_first, "pk"))


def alarm_rows(rows: Iterable[ItemAlarm]) -> list[AlarmRow]:
    return [AlarmRow(alarm, why(alarm)) for alarm in rows]


def _with_questions(rows: QuerySet[ItemAlarm]) -> QuerySet[ItemAlarm]:
    needed = (
        *("number", "options", "key", "question", "question__slug"),
        *("question__exam", "question__exam__code"),
    )
    return rows.select_related("version__question__exam", "settled_by").only(
        *(field.name for field in ItemAlarm._meta.concrete_fields),
        *(f"version__{name}" for name in needed),
        "settled_by__email",
    )


# ---- Statistics of all questions ---------------------------------------------------------------

ORDERS = {
    "facility": _("Hardest first"),
    "discrimination": _("Least discriminating first"),
    "-median_seconds": _("Slowest first"),
    "-exposures": _("Most asked first"),
}
_SAMPLES = {
    "facility": ("answers", FIGURES_FROM),
    "discrimination": ("rests", DISCRIMINATION_FROM),
    "median_seconds": ("timed", FIGURES_FROM),
}


def statistics_of_items(*, order: str, exam: str = "") -> QuerySet[ItemStatistics]:
    """Of the versions that are asked today, in one of ``ORDERS``; of one exam, if it is named.

    Figures from too small a sample come last, for they are not shown.
    """
    rows = ItemStatistics.objects.filter(IS_ASKED).annotate(
        open_alarms=Count("version__alarms", filter=Q(version__alarms__settled_at=None))
    )
    if exam:
        rows = rows.filter(version__question__exam__slug=exam)
    return (
        rows.select_related("version__question__exam")
        .only(
            *(
                field.name
                for field in ItemStatistics._meta.concrete_fields
                if field.name != "choices"
            ),
            *("version__number", "version__kind", "version__question", "version__question__slug"),
            *("version__question__exam", "version__question__exam__code"),
        )
        .order_by(_ordering(order), "version__question__slug")
    )


def _ordering(order: str) -> OrderBy:
    name = order.removeprefix("-")
    shown: F | Case = F(name)
    if name in _SAMPLES:
        sample, enough = _SAMPLES[name]
        shown = Case(When(**{f"{sample}__gte": enough}, then=F(name)), output_field=FloatField())
    return OrderBy(shown, descending=order.startswith("-"), nulls_last=True)


@dataclass(frozen=True, slots=True)
class Freshness:
    """When statistics were computed last, and whether something waits to be."""

    computed_at: datetime | None
    waits: bool


def freshness() -> Freshness:
    latest = ItemStatistics.objects.aggregate(at=Max("computed_at"))["at"]
    return Freshness(latest, EvidenceChange.objects.exists())


def statistics_of_forms() -> QuerySet[FormStatistics]:
    rows = FormStatistics.objects.select_related("fixed_form__exam")
    return rows.order_by("fixed_form__exam__code", "-fixed_form__created_at")


# ---- Statistics of one question ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """An option, or a whole answer, and who gave it. ``share`` and ``rest`` in percent."""

    letters: str
    html: str
    is_right: bool
    count: int
    share: int
    rest: int | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """The statistics of one version of a question."""

    statistics: ItemStatistics
    choices: Sequence[ChoiceRow]

    @property
    def version(self) -> QuestionVersion:
        return self.statistics.version

    @property
    def by_whole_answers(self) -> bool:
        return Kind(self.version.kind).is_sequence


def versions_of(question: Question) -> list[VersionRow]:
    """The versions of ``question`` that candidates were asked, newest first."""
    rows = ItemStatistics.objects.filter(version__question=question).select_related("version")
    return [VersionRow(row, _choices(row)) for row in rows.order_by("-version__number")]


def _choices(row: ItemStatistics) -> list[ChoiceRow]:
    version = row.version
    texts = {option["id"]: option["html"] for option in version.options}
    whole = Kind(version.kind).is_sequence
    return [
        ChoiceRow(
            letters=letters_of(version, choice["ids"]),
            html="" if whole else texts[choice["ids"][0]],
            is_right=choice["ids"] == version.key if whole else choice["ids"][0] in version.key,
            count=choice["count"],
            share=round(100 * choice["count"] / row.answers) if row.answers else 0,
            rest=None if choice["rest"] is None else round(100 * choice["rest"]),
        )
        for choice in row.choices
    ]
