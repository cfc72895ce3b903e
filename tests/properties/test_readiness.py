"""What holds for every candidate's answers and every exam."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from exams.engine.scoring import Scale
from results.readiness import (
    ExamFormat,
    FirstAnswer,
    Readiness,
    Span,
    chance,
    estimate,
    readiness,
)
from results.readiness_changes import Change, what_changed

ROUNDING = 1e-7  # overall abilities that the answers rule out are passed over at 1e-9
SOME = settings(max_examples=40)

exams = st.builds(
    ExamFormat,
    weights=st.fixed_dictionaries({domain: st.integers(1, 60) for domain in "ABC"}),
    scored_items=st.integers(3, 60),
    scale=st.builds(Scale, st.just(100), st.just(1000), st.integers(300, 900)),
)
several = st.lists(
    st.builds(
        FirstAnswer,
        question=st.integers(0, 10_000),
        domain=st.sampled_from("ABC"),
        task=st.sampled_from(["1", "2"]),
        right=st.booleans(),
        age_days=st.floats(0, 400),
        difficulty=st.none() | st.floats(-4, 4),
    ),
    max_size=80,
    unique_by=lambda answer: answer.question,
)


def spans(answers: list[FirstAnswer], exam: ExamFormat) -> list[Span]:
    found = estimate(answers, exam)
    return [found.chance, found.score, *found.domains.values()]


def none_is_lower(worse: list[FirstAnswer], better: list[FirstAnswer], exam: ExamFormat) -> bool:
    return all(
        after >= before - ROUNDING * 900
        for low, high in zip(spans(worse, exam), spans(better, exam), strict=True)
        for before, after in [(low.value, high.value), (low.low, high.low), (low.high, high.high)]
    )


@SOME
@given(exams, several, st.data())
def test_an_answer_that_turns_right_never_lowers_a_figure(
    exam: ExamFormat, answers: list[FirstAnswer], data: st.DataObject
) -> None:
    turned = data.draw(st.sets(st.sampled_from(range(80)), max_size=5))
    better = [replace(a, right=a.right or place in turned) for place, a in enumerate(answers)]
    assert chance(better, exam) >= chance(answers, exam) - ROUNDING
    assert none_is_lower(answers, better, exam)


@SOME
@given(exams, several, several)
def test_more_right_answers_never_lower_a_figure(
    exam: ExamFormat, answers: list[FirstAnswer], more: list[FirstAnswer]
) -> None:
    right = [replace(answer, right=True) for answer in more]
    assert chance([*answers, *right], exam) >= chance(answers, exam) - ROUNDING
    assert none_is_lower(answers, [*answers, *right], exam)


@SOME
@given(exams, several, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(
    exam: ExamFormat, answers: list[FirstAnswer], random: object
) -> None:
    shuffled = list(answers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert readiness(shuffled, exam) == readiness(answers, exam)


@SOME
@given(exams, several)
def test_figures_are_bounded_and_lie_in_their_intervals(
    exam: ExamFormat, answers: list[FirstAnswer]
) -> None:
    found = estimate(answers, exam)
    for span, least, most in [
        (found.chance, 0, 1),
        (found.score, 100, 1000),
        *((share, 0, 1) for share in found.domains.values()),
    ]:
        assert least <= span.low <= span.value <= span.high <= most


@SOME
@given(exams, several)
def test_there_is_an_estimate_exactly_when_nothing_is_missing(
    exam: ExamFormat, answers: list[FirstAnswer]
) -> None:
    found = readiness(answers, exam)
    assert (found.estimate is None) == bool(found.missing)
    assert all(short.answers > 0 for short in found.missing)
    assert readiness([*answers, *filling(found)], exam).missing == ()


def filling(found: Readiness) -> list[FirstAnswer]:
    """Fresh answers, as many as it says are missing."""
    return [
        FirstAnswer(-number - 1000 * ord(short.domain), short.domain, "1", right=True, age_days=0)
        for short in found.missing
        for number in range(short.answers)
    ]


@SOME
@given(exams, st.lists(st.integers(3, 9), min_size=3, max_size=3), st.integers(1, 3))
def test_intervals_narrow_with_evidence(exam: ExamFormat, rights: list[int], times: int) -> None:
    """The same shares right, from 4 times as many answers."""

    def widths(repeats: int) -> list[float]:
        answers = [
            FirstAnswer(0, domain, "1", number < right, 0)
            for domain, right in zip("ABC", rights, strict=True)
            for number in range(10)
        ]
        found = estimate(answers * repeats, exam)
        return [span.high - span.low for span in (found.score, *found.domains.values())]

    little, much = widths(times), widths(times * 4)
    assert all(after < before for before, after in zip(little, much, strict=True))


@SOME
@given(exams, several)
def test_the_same_answers_give_the_same_figures(
    exam: ExamFormat, answers: list[FirstAnswer]
) -> None:
    assert readiness(answers, exam) == readiness(list(answers), replace(exam))


@settings(max_examples=20)
@given(exams, several, several)
def test_causes_add_up_and_right_answers_never_count_against(
    exam: ExamFormat, before: list[FirstAnswer], after: list[FirstAnswer]
) -> None:
    moved = what_changed(before, after, exam)
    total = sum(cause.points for cause in moved.causes)
    assert abs(total - (moved.after - moved.before)) < ROUNDING
    for cause in moved.causes:
        if cause.change is Change.NEW:
            assert cause.points >= -ROUNDING if cause.right else cause.points <= ROUNDING
