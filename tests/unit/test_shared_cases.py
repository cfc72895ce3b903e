"""Rules that stand in Python and in JavaScript: here Python, in tests/js/rules.test.js JavaScript.

Both read the same tables in tests/cases, so neither can change alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exams.engine.annotations import merged
from exams.pages.screens import Cell
from exams.templatetags.clock import clock_reading
from exams.views.forms import pace
from questions.kinds import filled, given_twice
from questions.models import Exam

CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = json.loads((CASES / f"{name}.json").read_text())
    assert table
    return table


@pytest.mark.parametrize("case", cases("cells"))
def test_the_state_and_the_words_of_a_cell(case: dict[str, Any]) -> None:
    cell = Cell(
        position=1,
        flagged=case.get("flagged", False),
        filled=case["filled"],
        wanted=case["wanted"],
        noted=case.get("noted", False),
        confidence=case.get("confidence", ""),
        correct=case.get("correct"),
    )
    assert (cell.state, cell.label) == (case["state"], case["label"])


@pytest.mark.parametrize("case", cases("answers"))
def test_an_option_that_stands_twice_fills_one_place(case: dict[str, Any]) -> None:
    assert filled(case["answer"]) == case["filled"]
    assert given_twice(case["answer"]) == case["twice"]


@pytest.mark.parametrize("case", cases("highlights"))
def test_highlights_are_merged(case: dict[str, Any]) -> None:
    spans = [(start, end) for start, end in case["spans"]]
    assert [list(span) for span in merged(spans)] == case["merged"]


@pytest.mark.parametrize("case", cases("clock"))
def test_the_reading_of_the_clock(case: dict[str, Any]) -> None:
    assert clock_reading(case["ms"]) == case["reading"]


@pytest.mark.parametrize("case", cases("pace"))
def test_minutes_are_proposed_at_the_pace_of_the_exam(case: dict[str, Any]) -> None:
    assert pace(Exam(**case["exam"]), case["items"]) == case["minutes"]
