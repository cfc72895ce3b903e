"""Made-up candidates, and whether the chance of passing that they are told comes true."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from statistics import mean
from xml.etree import ElementTree as ET

import pytest
from django.core.management import call_command

from exams.engine.scoring import Tally
from results.readiness import TUNED, chance_of_passing
from results.simulation import (
    FORMAT,
    MOCK_ITEMS,
    WORLDS,
    Baseline,
    Bin,
    Preparation,
    Told,
    World,
    brier,
    brier_of_baselines,
    calibration,
    last_mock_share,
    miscalibration,
    prepare,
    prepare_many,
    raw_share,
    tell,
    wilson,
)

ROOT = Path(__file__).parents[2]
TYPICAL = WORLDS[0]


# ---- Figures by hand ---------------------------------------------------------------------------


def test_briers_score_is_the_mean_squared_distance() -> None:
    # 0.2^2 + 0.3^2 + 0 over 3
    told = [Told(0.8, passed=True), Told(0.3, passed=False), Told(1, passed=True)]
    assert brier(told) == pytest.approx(0.13 / 3)


def test_people_are_grouped_by_what_they_were_told() -> None:
    told = [Told(0.72, passed=True), Told(0.78, passed=False), Told(1, passed=True)]
    assert calibration(told) == [
        Bin(0.7, 0.8, 2, 0.75, 0.5, *wilson(1, 2)),
        Bin(0.9, 1.0, 1, 1.0, 1.0, *wilson(1, 1)),
    ]


def test_being_off_is_weighed_by_people() -> None:
    bins = [Bin(0, 0.5, 30, 0.2, 0.3, 0, 1), Bin(0.5, 1, 10, 0.9, 0.7, 0, 1)]
    assert miscalibration(bins) == pytest.approx((30 * 0.1 + 10 * 0.2) / 40)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Worked out from (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.96.
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0, 0.2775),
        (10, 10, 0.7225, 1),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilsons_interval(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_a_baseline_finds_the_odds_behind_two_figures() -> None:
    """At 0 one of four passes, at 1 three of four: logits of -log 3 and log 3."""
    figures = [0.0] * 400 + [1.0] * 400
    passed = [True] * 100 + [False] * 300 + [True] * 300 + [False] * 100
    found = Baseline.fitted(figures, passed)
    assert found.intercept == pytest.approx(-math.log(3), abs=1e-3)
    assert found.slope == pytest.approx(2 * math.log(3), abs=1e-3)
    assert found.chance(1) == pytest.approx(0.75, abs=1e-3)


# ---- Candidates --------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_candidate() -> None:
    assert prepare(TYPICAL, "one") == prepare(TYPICAL, "one")
    assert prepare(TYPICAL, "one") != prepare(TYPICAL, "two")


def test_a_mock_follows_the_blueprint() -> None:
    only_one = replace(TYPICAL, sessions=(1, 1))
    candidate = prepare(only_one, "mock")
    asked = Counter(answer.domain for answer in candidate.first)
    assert asked == {"1": 18, "2": 17, "3": 14, "4": 16}
    assert candidate.last_mock.items == FORMAT.scored_items
    assert candidate.asked == Tally(sum(a.right for a in candidate.first), MOCK_ITEMS)


def test_a_question_is_a_first_answer_once() -> None:
    candidate = prepare(replace(TYPICAL, sessions=(30, 30)), "long")
    questions = [answer.question for answer in candidate.first]
    assert len(questions) == len(set(questions)) < candidate.asked.items


def population(**changes: float) -> list[Preparation]:
    world = replace(World("changed", sessions=(12, 12), drills=0.5), **changes)  # type: ignore[arg-type]
    return prepare_many([world], 60, "same people")


def test_who_learns_does_better_and_who_forgets_loses_it_again() -> None:
    def share(**changes: float) -> float:
        return mean(one.share for one in population(**changes))

    learned = share(learning=0.02, forgetting_days=1000)
    assert learned > share(learning=0.02, forgetting_days=4) > share(learning=0)


def test_seen_questions_flatter_who_remembers_them() -> None:
    """The share right among all answers rises; among first answers it does not."""

    def shares(recall: float) -> tuple[float, float]:
        people = population(recall=recall, learning=0)
        right = [a.right for one in people for a in one.first]
        return mean(raw_share(one) for one in people), mean(right)

    (raw, first), (flattered, still) = shares(0), shares(1)
    assert flattered > raw + 0.03
    assert still == pytest.approx(first, abs=0.02)


def test_a_guess_is_right_as_often_as_the_world_says() -> None:
    lost = population(ability_mean=-30, guessing=0.25, recall=0)
    assert mean(one.share for one in lost) == pytest.approx(0.25, abs=0.001)
    assert mean(raw_share(one) for one in lost) == pytest.approx(0.25, abs=0.01)
    assert not any(one.passed for one in lost)


# ---- Does what they are told come true? --------------------------------------------------------


@pytest.fixture(scope="module")
def candidates() -> list[Preparation]:
    return prepare_many(WORLDS, 60, "test")


@pytest.fixture(scope="module")
def told(candidates: list[Preparation]) -> list[Told]:
    return tell(candidates)


def is_calibrated(told: list[Told]) -> bool:
    return miscalibration(calibration(told, bins=5)) < 0.06


def test_of_those_told_a_chance_about_so_many_pass(told: list[Told]) -> None:
    assert len(told) > 400
    assert is_calibrated(told)


def test_of_those_told_about_three_in_four_about_three_in_four_pass(told: list[Told]) -> None:
    """The wider band of this small population; the documents have the narrow one for a large."""
    some = [one.passed for one in told if 0.65 <= one.chance < 0.85]
    assert len(some) >= 30
    assert 0.65 <= mean(some) <= 0.85


def test_readiness_tells_more_than_the_baselines(
    candidates: list[Preparation], told: list[Told]
) -> None:
    others = brier_of_baselines(candidates, prepare_many(WORLDS, 60, "others"))
    assert brier(told) < 0.95 * others["raw share right"]
    assert brier(told) < 0.75 * others["last mock's score"]
    assert others["abilities known exactly"] < brier(told)


@pytest.mark.parametrize("figure", [last_mock_share, raw_share])
def test_a_figure_taken_at_its_face_is_found_out(
    figure: Callable[[Preparation], float], candidates: list[Preparation]
) -> None:
    """So the tests above can fail: seen questions flatter."""
    naive = [
        Told(chance_of_passing(figure(one), FORMAT.scored_items, FORMAT.needed), one.passed)
        for one in candidates
    ]
    assert not is_calibrated(naive)


def test_a_model_that_forgets_within_days_is_found_out(
    candidates: list[Preparation], told: list[Told]
) -> None:
    hasty = tell(candidates, replace(TUNED, half_life_days=2))
    assert brier(hasty) > 1.2 * brier(told)


# ---- The command -------------------------------------------------------------------------------


def test_the_command_prints_the_tables_and_draws_the_plot(tmp_path: Path) -> None:
    out, file = StringIO(), tmp_path / "plot.svg"
    call_command("calibrate_readiness", candidates=4, plot=file, stdout=out)
    text = out.getvalue()
    for row in ("| Told | People |", "| readiness | 0.", "| raw share right | 0.", "| typical | "):
        assert row in text
    root = ET.fromstring(file.read_text())  # noqa: S314  # our own
    bars = [e for e in root.iter() if e.get("class") == "chart-bar"]
    assert len(bars) == sum(line.startswith("| ") and " to " in line for line in text.split("\n"))


def test_the_documents_show_a_plot_that_stands_alone() -> None:
    root = ET.fromstring((ROOT / "docs" / "readiness-calibration.svg").read_text())  # noqa: S314
    assert ".chart-bar" in (root.findtext("{http://www.w3.org/2000/svg}style") or "")
    assert len([e for e in root.iter() if e.get("class") == "chart-bar"]) == 10
