"""How long it takes to choose what is asked, from a bank of 100,000 questions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User
    from exams.models import Attempt

QUESTIONS, PAST = 100_000, 10_000
OTHERS = 5
"""Other candidates with as long a past, so that plans are those of a table that is shared."""
PROMISED_MS = 50
MOST_ROWS = 2 * PAST
"""Of the bank that one step of a plan may read: by the candidate's past, not by the bank's size."""
ROUNDS, ITEMS = 7, 20
SOURCES = ("missed", "weakest", "flagged", "unseen", "due", "all", "mock")
FOLDER = Path(__file__).parent


def measure(say: Callable[[str], None]) -> list[str]:
    """Fill the database, choose by each source some times; what took or read too much."""
    user = _fill()
    say(f"\nChoosing {ITEMS} of {QUESTIONS} questions, with {PAST} past responses: ms (median)")
    took = {source: _median_ms(user, source) for source in SOURCES}
    say("  ".join(f"{source} {ms:.0f}" for source, ms in took.items()))
    read = {source: _most_rows_read(user, source) for source in SOURCES}
    say(
        "most rows of the bank read by a step: "
        + "  ".join(f"{name} {n}" for name, n in read.items())
    )
    slow = [f"drawing: {source}" for source, ms in took.items() if ms > PROMISED_MS]
    return slow + [f"plan of {source}" for source, rows in read.items() if rows > MOST_ROWS]


def _fill() -> User:
    from django.db import connection

    from accounts.models import User
    from exams.models import Response

    users = [
        User.objects.create(email=f"drills{number}@example.org") for number in range(OTHERS + 1)
    ]
    values = {"questions": QUESTIONS, "attempts": PAST // 50}
    with connection.cursor() as cursor:
        _run(cursor, "huge_bank.sql", values)
        for user in users:
            _run(cursor, "long_past.sql", values | {"user": user.pk})
        cursor.execute("VACUUM ANALYZE")
    if Response.objects.filter(attempt__user=users[0]).count() != PAST:
        raise RuntimeError("The past of the candidate is not as long as it should be.")
    return users[0]


def _run(cursor: Any, script: str, values: dict[str, int]) -> None:
    for statement in (FOLDER / script).read_text().split(";\n"):
        if statement.strip():
            cursor.execute(statement, values)


def _attempt(user: User, source: str, seed: int) -> Attempt:
    from exams.models import Attempt, Mode
    from exams.recipes import Recipe, Source
    from questions.models import Exam

    exam = Exam.objects.get(slug="huge")
    if source == "mock":
        return Attempt(user=user, exam=exam, mode=Mode.MOCK, seed=seed)
    recipe = Recipe(items=ITEMS, source=Source(source)).as_json()
    return Attempt(user=user, exam=exam, mode=Mode.STUDY, recipe=recipe, seed=seed)


def _median_ms(user: User, source: str) -> float:
    from django.utils import timezone

    from exams.assembly.assemble import assemble

    seconds = []
    for seed in range(ROUNDS):
        attempt = _attempt(user, source, seed)
        since = time.perf_counter()
        places = assemble(attempt, now=timezone.now())
        seconds.append(time.perf_counter() - since)
        if len(places) != (attempt.exam.items if source == "mock" else ITEMS):
            raise RuntimeError(f"{source} chose {len(places)} questions")
    return median(seconds) * 1000


# ---- Plans -------------------------------------------------------------------------------------


def _most_rows_read(user: User, source: str) -> int:
    """Over all statements of a choice: the rows of the bank that the hungriest step looked at."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from exams.assembly.assemble import assemble

    attempt = _attempt(user, source, seed=0)
    with CaptureQueriesContext(connection) as captured:
        assemble(attempt, now=timezone.now())
    most = 0
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"].replace("%", "%%"), ())
            (plans,) = cursor.fetchone()
            plan = json.loads(plans) if isinstance(plans, str) else plans
            most = max(most, *(_rows_read(step) for step in _steps(plan[0]["Plan"])))
    return most


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _steps(part)


def _rows_read(step: dict[str, Any]) -> int:
    if not step.get("Relation Name", "").startswith("questions_"):
        return 0
    rows = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    return int(rows * step["Actual Loops"])
