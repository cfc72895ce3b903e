"""The one writer of alarms: opened and cleared by the figures, settled by authors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q

from accounts.models import User
from questions.kinds import Kind
from results.alarm_rules import Evidence, Figures, conspicuous
from results.models import ItemAlarm, ItemStatistics, Settlement
from results.sample_gates import FLAGS_FROM, PEERS_FROM

Found = dict[tuple[int, str], Evidence]
"""What is conspicuous, by version and kind."""

AGAIN = 2
"""An alarm that an author settled comes back when the sample is so many times as large."""


def review(versions: Sequence[int], *, now: datetime) -> None:
    """Open, confirm and clear the alarms of ``versions``, whose statistics were just computed.

    Open alarms of versions that are asked no more end, whoever's they are.
    """
    statistics = _statistics(versions)
    found = _conspicuous(statistics)
    samples = {row.version_id: row.answers for row in statistics}
    known = _confirm_or_clear(versions, found, samples, now=now)
    kept_away = _settled_by_authors(versions, samples)
    ItemAlarm.objects.bulk_create(
        ItemAlarm(version_id=pk, kind=kind, figures=figures, answers=samples[pk], opened_at=now)
        for (pk, kind), figures in found.items()
        if (pk, kind) not in known | kept_away
    )
    _end_of_replaced(now=now)


IS_ASKED = Q(version__question__published=F("version"), version__question__retired_at=None)
"""Of rows with a version: whether that version is what new attempts draw."""


def _statistics(versions: Sequence[int]) -> list[ItemStatistics]:
    """Those of versions that are asked today."""
    rows = ItemStatistics.objects.filter(IS_ASKED, pk__in=versions)
    return list(rows.select_related("version__question"))


def _conspicuous(statistics: Sequence[ItemStatistics]) -> Found:
    typical = _typical_seconds()
    return {
        (row.version_id, kind): evidence
        for row in statistics
        for kind, evidence in conspicuous(_figures(row, typical)).items()
    }


def _confirm_or_clear(
    versions: Sequence[int], found: Found, samples: Mapping[int, int], *, now: datetime
) -> set[tuple[int, str]]:
    """Bring the open alarms of ``versions`` up to date; returns which there are."""
    alarms = list(
        ItemAlarm.objects.filter(IS_ASKED, version__in=versions, settled_at=None)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    for alarm in alarms:
        if evidence := found.get((alarm.version_id, alarm.kind)):
            alarm.figures, alarm.answers = evidence, samples[alarm.version_id]
        else:
            alarm.settled_at, alarm.settlement = now, Settlement.CLEARED
    fields = ["figures", "answers", "settled_at", "settlement"]
    ItemAlarm.objects.bulk_update(alarms, fields)
    return {(alarm.version_id, alarm.kind) for alarm in alarms}


def _settled_by_authors(
    versions: Sequence[int], samples: Mapping[int, int]
) -> set[tuple[int, str]]:
    """What authors have settled on nearly the evidence that there is now."""
    settled = ItemAlarm.objects.filter(version__in=versions, settlement=Settlement.AUTHOR)
    return {
        (version, kind)
        for version, kind, answers in settled.values_list("version", "kind", "answers")
        if samples.get(version, 0) < AGAIN * answers
    }


def _end_of_replaced(*, now: datetime) -> None:
    replaced = ItemAlarm.objects.filter(~IS_ASKED, settled_at=None).values("pk")
    ItemAlarm.objects.filter(pk__in=replaced).update(settled_at=now, settlement=Settlement.REPLACED)


_TYPICAL = """
SELECT q.exam_id, v.kind, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.median_seconds)
  FROM results_itemstatistics s
  JOIN questions_questionversion v ON v.id = s.version_id
  JOIN questions_question q ON q.id = v.question_id
 WHERE s.timed >= %(timed)s
 GROUP BY q.exam_id, v.kind HAVING count(*) >= %(peers)s
"""


def _typical_seconds() -> dict[tuple[int, str], float]:
    """The median of the median times, by exam and kind; only where enough are known."""
    with connection.cursor() as cursor:
        cursor.execute(_TYPICAL, {"timed": FLAGS_FROM, "peers": PEERS_FROM})
        return {(exam, kind): seconds for exam, kind, seconds in cursor.fetchall()}


def _figures(row: ItemStatistics, typical: Mapping[tuple[int, str], float]) -> Figures:
    version = row.version
    kind = Kind(version.kind)
    return Figures(
        kind=kind,
        key=version.key,
        options=len(version.options),
        answers=row.answers,
        facility=row.facility,
        rests=row.rests,
        discrimination=row.discrimination,
        takers=None if kind.is_sequence else _takers_of_distractors(row),
        top_answer=row.top_answer,
        top_agreed=row.top_agreed,
        top_size=row.top_size,
        timed=row.timed,
        median_seconds=row.median_seconds,
        typical_seconds=typical.get((version.question.exam_id, version.kind)),
    )


def _takers_of_distractors(row: ItemStatistics) -> dict[str, int]:
    counts = {choice["ids"][0]: choice["count"] for choice in row.choices}
    return {option: count for option, count in counts.items() if option not in row.version.key}


# ---- By authors --------------------------------------------------------------------------------


class NotOpen(Exception):
    """The alarm was settled meanwhile."""


@transaction.atomic
def settle(alarm_id: int, *, by: User, reason: str, now: datetime) -> ItemAlarm:
    """End an open alarm with the author's reason.

    Raises ItemAlarm.DoesNotExist, and NotOpen when it was settled before.
    """
    alarm = ItemAlarm.objects.select_for_update(no_key=True).get(pk=alarm_id)
    if alarm.settled_at is not None:
        raise NotOpen
    alarm.settled_at, alarm.settled_by, alarm.reason = now, by, reason
    alarm.settlement = Settlement.AUTHOR
    alarm.save(update_fields=["settled_at", "settled_by", "reason", "settlement"])
    return alarm
