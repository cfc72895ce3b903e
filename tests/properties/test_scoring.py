"""What holds for every set of marks and every scale."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from exams.engine.scoring import Mark, Scale, score, tally, tally_by_domain

marks = st.lists(
    st.builds(
        Mark, domain=st.sampled_from(["1", "2", "3"]), scored=st.booleans(), correct=st.booleans()
    ),
    max_size=80,
)
MLA = Scale(minimum=100, maximum=1000, pass_mark=720)


@given(marks)
def test_a_score_stays_on_its_scale(some: list[Mark]) -> None:
    assert 100 <= score(some, MLA).scaled <= 1000


@given(marks, st.integers(0, 79))
def test_one_more_right_answer_never_lowers_the_score(some: list[Mark], index: int) -> None:
    better = [
        replace(mark, correct=True) if place == index else mark for place, mark in enumerate(some)
    ]
    assert score(better, MLA).scaled >= score(some, MLA).scaled


@given(marks)
def test_unscored_marks_never_matter(some: list[Mark]) -> None:
    flipped = [mark if mark.scored else replace(mark, correct=not mark.correct) for mark in some]
    assert score(flipped, MLA) == score(some, MLA)


@given(marks)
def test_domains_add_up_to_the_whole(some: list[Mark]) -> None:
    parts = tally_by_domain(some).values()
    assert sum(part.correct for part in parts) == tally(some).correct
    assert sum(part.items for part in parts) == tally(some).items
