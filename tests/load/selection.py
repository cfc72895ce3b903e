"""How long it takes to choose what a drill asks, from a bank of 100,000 questions."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import User

QUESTIONS, PAST = 100_000, 10_000
PROMISED_MS = {"missed": 50, "weakest": 50}
ROUNDS = 7

SCRIPT = Path(__file__).with_name("huge_bank.sql")


def measure(say: Callable[[str], None]) -> list[str]:
    """Fill the database, choose by each source some times; the sources that took too long."""
    from django.db import connection

    from accounts.models import User
    from exams.models import Response

    user = User.objects.create(email="drills@example.org")
    values = {"user": user.pk, "questions": QUESTIONS, "attempts": PAST // 50}
    with connection.cursor() as cursor:
        for statement in SCRIPT.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    past = Response.objects.filter(attempt__user=user).count()
    say(f"\nChoosing 20 questions of {QUESTIONS}, with {past} past responses: ms (median)")
    took = {source: _median_ms(user, source) for source in _SOURCES}
    say("  ".join(f"{source} {ms:.0f}" for source, ms in took.items()))
    return [f"drill: {source}" for source, most in PROMISED_MS.items() if took[source] > most]


_SOURCES = ("missed", "weakest", "flagged", "unseen", "due", "all")


def _median_ms(user: User, source: str) -> float:
    from django.utils import timezone

    from exams.drawing import places_for
    from exams.models import Attempt, Mode
    from exams.recipes import Recipe, Source
    from questions.models import Exam

    exam = Exam.objects.get(slug="huge")
    recipe = Recipe(items=20, source=Source(source)).as_json()
    seconds = []
    for seed in range(ROUNDS):
        attempt = Attempt(user=user, exam=exam, mode=Mode.STUDY, recipe=recipe, seed=seed)
        since = time.perf_counter()
        places = places_for(attempt, now=timezone.now())
        seconds.append(time.perf_counter() - since)
        if len(places) != 20:
            raise RuntimeError(f"{source} chose {len(places)} questions instead of 20")
    return median(seconds) * 1000
