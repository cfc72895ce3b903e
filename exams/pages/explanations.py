"""A question with its key and every rationale: for study and for reports, never before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exams.engine.secrecy import NotExplainedYet, explainable, refuse_in_exams
from exams.models import Attempt, Response
from questions.kinds import Kind, letter_of, padded
from questions.models import NoteSection, QuestionVersion


@dataclass(frozen=True, slots=True)
class ExplainedOption:
    """An option explained: what was chosen, what was right, and why.

    ``place``: for ordering, its right place; ``chosen_place``: where the candidate put it.
    """

    letter: str
    html: str
    rationale_html: str
    in_key: bool
    chosen: bool
    place: int | None = None
    chosen_place: int | None = None

    @property
    def verdict(self) -> str:
        if self.place is not None:
            return "right" if self.place == self.chosen_place else "wrong"
        if self.in_key:
            return "right" if self.chosen else "missed"
        return "wrong" if self.chosen else "left"


@dataclass(frozen=True, slots=True)
class ExplainedPrompt:
    html: str
    right_letter: str
    right_html: str
    chosen_letter: str
    chosen_html: str

    @property
    def is_right(self) -> bool:
        return self.right_letter == self.chosen_letter


@dataclass(frozen=True, slots=True)
class ExplainedQuestion:
    response: Response
    kind: Kind
    options: tuple[ExplainedOption, ...]
    prompts: tuple[ExplainedPrompt, ...]
    notes: tuple[NoteSection, ...]

    @property
    def version(self) -> QuestionVersion:
        return self.response.version

    @property
    def picked_right(self) -> int:
        return sum(option.verdict == "right" for option in self.options)

    @property
    def picked_wrong(self) -> int:
        return sum(option.verdict == "wrong" for option in self.options)


def load_explained_question(attempt: Attempt, position: int) -> ExplainedQuestion:
    """One question with its key and every rationale, for its candidate.

    Raises Response.DoesNotExist when the attempt has no such question, and NotExplainedYet unless
    the attempt is closed or the answer was checked, and while an exam that the candidate has open
    asks the question, whichever attempt explained it before.
    """
    refuse_in_exams(attempt)
    response = explainable(attempt, position)
    if not attempt.is_closed and response.revealed_at is None:
        raise NotExplainedYet("Check your answer first.")
    version = response.version
    letters = {
        option: letter_of(place) for place, option in enumerate(response.option_order, start=1)
    }
    return ExplainedQuestion(
        response=response,
        kind=Kind(version.kind),
        options=_in_right_order(_explained_options(response, letters)),
        prompts=_explained_prompts(response, letters),
        notes=tuple(version.notes.select_related("exam").order_by("versionnote__position")),
    )


def _explained_options(response: Response, letters: dict[str, str]) -> tuple[ExplainedOption, ...]:
    version = response.version
    html_of = {option["id"]: option["html"] for option in version.options}
    ordering = version.kind == Kind.ORDERING
    return tuple(
        ExplainedOption(
            letter=letter,
            html=html_of[option],
            rationale_html=version.rationales[option]["html"],
            in_key=option in version.key,
            chosen=option in response.answer,
            place=_place(version.key, option) if ordering else None,
            chosen_place=_place(response.answer, option) if ordering else None,
        )
        for option, letter in letters.items()
    )


def _in_right_order(options: tuple[ExplainedOption, ...]) -> tuple[ExplainedOption, ...]:
    """Ordering questions are explained in the order of the key, others as they were shown."""
    return tuple(sorted(options, key=lambda option: option.place or 0))


def _place(sequence: Sequence[str], option: str) -> int | None:
    return sequence.index(option) + 1 if option in sequence else None


def _explained_prompts(response: Response, letters: dict[str, str]) -> tuple[ExplainedPrompt, ...]:
    version = response.version
    html_of = {option["id"]: option["html"] for option in version.options}
    answer = padded(response.answer, len(version.prompts))
    return tuple(
        ExplainedPrompt(
            html=prompt["html"],
            right_letter=letters[right],
            right_html=html_of[right],
            chosen_letter=letters.get(chosen, ""),
            chosen_html=html_of.get(chosen, ""),
        )
        for prompt, right, chosen in zip(version.prompts, version.key, answer, strict=False)
    )
