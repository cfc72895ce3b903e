"""Whether attempts were closed once, and with the score that their journal gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from tests.chaos.site import database, execute


def count_closings() -> None:
    """Let the database note every write of an attempt that is closed: there must be one each."""
    execute(
        "CREATE TABLE chaos_closing (attempt uuid NOT NULL)",
        "CREATE FUNCTION chaos_note_closing() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO chaos_closing VALUES (NEW.id); RETURN NEW; END'",
        "CREATE TRIGGER chaos_closing AFTER UPDATE ON exams_attempt FOR EACH ROW "
        "WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION chaos_note_closing()",
    )


def wrong_closings(attempts: Sequence[str]) -> list[str]:
    """What is wrong with attempts that must be closed by now; nothing when all is well."""
    with database():
        return list(_wrong_closings([UUID(attempt) for attempt in attempts]))


def _wrong_closings(attempts: Sequence[UUID]) -> Iterator[str]:
    from django.db import connection

    from exams.engine.audit import audit
    from exams.models import Attempt

    with connection.cursor() as cursor:
        cursor.execute("SELECT attempt FROM chaos_closing")
        times = Counter(attempt for (attempt,) in cursor)
    closed = Attempt.objects.closed().select_related("exam", "fixed_form").in_bulk(attempts)
    for attempt in attempts:
        if attempt not in closed:
            yield f"{attempt} is not closed"
        else:
            if times[attempt] != 1:
                yield f"{attempt} was closed {times[attempt]} times"
            yield from map(str, audit(closed[attempt]))


def closed_count(attempts: Sequence[str]) -> int:
    from exams.models import Attempt

    with database():
        return Attempt.objects.filter(pk__in=attempts).closed().count()
