"""A question as candidates will see it, made from the fields of its file or form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape

from questions import rendering
from questions.kinds import Kind, letter_of


@dataclass(frozen=True, slots=True)
class PreviewOption:
    """An option as candidates see it, with the rationale that they see after the exam."""

    place: str
    letter: str
    html: str
    rationale_html: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class PreviewPrompt:
    number: int
    html: str
    right_letter: str


@dataclass(frozen=True, slots=True)
class QuestionPreview:
    """A question as candidates will see it; it may be unfinished."""

    kind: str
    stem_html: str
    options: tuple[PreviewOption, ...]
    prompts: tuple[PreviewPrompt, ...]
    wanted: int

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> QuestionPreview:
        options = written.get("options", ())
        letters = {row["id"]: letter_of(place) for place, row in enumerate(options, start=1)}
        return cls(
            kind=written.get("kind", Kind.CHOICE),
            stem_html=_html(written.get("stem", ""), rendering.render),
            options=tuple(_shown(row, place) for place, row in enumerate(options, start=1)),
            prompts=tuple(
                PreviewPrompt(
                    number=number,
                    html=_html(row["text"], rendering.render_inline),
                    right_letter=letters.get(row["match"], "?"),
                )
                for number, row in enumerate(written.get("prompts", ()), start=1)
            ),
            wanted=sum(row["correct"] for row in options) or 1,
        )

    @property
    def template(self) -> str:
        kind = self.kind if self.kind in (Kind.ORDERING, Kind.MATCHING) else "choice"
        return f"exams/_{kind}.html"

    @property
    def places(self) -> list[tuple[int, str]]:
        """For ordering: the places of the sequence, all of them empty."""
        return [(number, "") for number in range(1, len(self.options) + 1)]


def _shown(row: Mapping[str, Any], place: int) -> PreviewOption:
    return PreviewOption(
        place=str(place),
        letter=letter_of(place),
        html=_html(row["text"], rendering.render_inline),
        rationale_html=_html(row["rationale"], rendering.render),
        is_right=row["correct"],
    )


def _html(text: str, render: Callable[[str], str]) -> str:
    try:
        return render(text)
    except rendering.UnrenderableText as problem:
        return escape(f"(cannot be shown: {problem})")
