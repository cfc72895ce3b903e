"""A real question with its explanation, for visitors who have not tried anything yet."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.functions import Length

from questions.kinds import Kind, letter_of
from questions.models import Exam, Question, QuestionVersion

LONGEST_STEM = 420
"""Characters; longer ones would fill the page."""


@dataclass(frozen=True, slots=True)
class SampleOption:
    letter: str
    html: str
    rationale_html: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Sample:
    version: QuestionVersion
    options: tuple[SampleOption, ...]


def sample_question(exam: Exam) -> Sample | None:
    """The first short single-choice question of ``exam``; always the same while the bank is."""
    question = (
        Question.objects.filter(exam=exam, retired_at=None, published__kind=Kind.CHOICE)
        .alias(stem_length=Length("published__stem"))
        .filter(stem_length__lte=LONGEST_STEM)
        .select_related("published__task")
        .order_by("pk")
        .first()
    )
    if question is None or question.published is None:
        return None
    version = question.published
    options = tuple(
        SampleOption(
            letter=letter_of(place),
            html=option["html"],
            rationale_html=version.rationales[option["id"]]["html"],
            is_right=option["id"] in version.key,
        )
        for place, option in enumerate(version.options, start=1)
    )
    return Sample(version, options)
