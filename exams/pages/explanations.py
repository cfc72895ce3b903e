"""A question with its key and every rationale: for study and for reports, never before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exams.engine.secrecy import NotExplainedYet, explainable, refuse_in_exams
from exams.models import Attempt, Response
from questions.kinds import Kind, letter_of, padded
from questions.models import NoteSection, QuestionVersion, VersionNote
from questions.plain import opening, plain_text
from questions.rendering import render_note

QUOTED = 400
"""How many characters are quoted of a section of which the question names no passage."""


@dataclass(frozen=True, slots=True)
class ExplainedOption:
    """An option explained: what was chosen, what was right, and why."""

    letter: str
    html: str
    rationale_html: str
    in_key: bool
    chosen: bool

    @property
    def verdict(self) -> str:
        """Of an option of a set; those of a sequence are right or wrong in their pairs."""
        if self.in_key:
            return "right" if self.chosen else "missed"
        return "wrong" if self.chosen else "left"


@dataclass(frozen=True, slots=True)
class ExplainedPair:
    """What stands at a place of an ordering or at a prompt of a matching: yours, and the right one.

    ``place`` is 0 and ``prompt_html`` the prompt for matching; the reverse for ordering.
    """

    right: ExplainedOption
    yours: ExplainedOption | None
    place: int = 0
    prompt_html: str = ""

    @property
    def is_right(self) -> bool:
        return self.right == self.yours


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """What a note section says that the question draws on."""

    section: NoteSection
    quote: str


@dataclass(frozen=True, slots=True)
class ExplainedQuestion:
    response: Response
    kind: Kind
    options: tuple[ExplainedOption, ...]
    pairs: tuple[ExplainedPair, ...]
    passages: tuple[CitedPassage, ...]

    @property
    def version(self) -> QuestionVersion:
        return self.response.version

    @property
    def answers(self) -> list[ExplainedOption]:
        """The options of the key: of an ordering in their right order, else as they were shown."""
        if self.kind == Kind.ORDERING:
            return [pair.right for pair in self.pairs]
        return [option for option in self.options if option.in_key]

    @property
    def wrong_picks(self) -> list[ExplainedOption]:
        return [option for option in self.options if option.chosen and not option.in_key]

    @property
    def others(self) -> list[ExplainedOption]:
        """Distractors that were rightly left alone."""
        return [option for option in self.options if not option.chosen and not option.in_key]

    @property
    def unused(self) -> list[ExplainedOption]:
        """What is explained last: distractors, those that were chosen too where pairs show them."""
        left = [option for option in self.options if not option.in_key]
        return left if self.pairs else self.others

    @property
    def letters(self) -> str:
        """Of the key, as candidates name its options."""
        return ", ".join(option.letter for option in self.answers)

    @property
    def given_right(self) -> int:
        """How many of what the key names are right: options that were chosen, or pairs."""
        if self.pairs:
            return sum(pair.is_right for pair in self.pairs)
        return sum(option.verdict == "right" for option in self.options)


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
    options = _explained_options(response)
    return ExplainedQuestion(
        response=response,
        kind=Kind(response.version.kind),
        options=tuple(options.values()),
        pairs=_pairs(response, options),
        passages=_passages(response.version),
    )


def _explained_options(response: Response) -> dict[str, ExplainedOption]:
    """Every option by its id, in the order in which they were shown."""
    version = response.version
    html_of = {option["id"]: option["html"] for option in version.options}
    return {
        option: ExplainedOption(
            letter=letter_of(place),
            html=html_of[option],
            rationale_html=version.rationales[option]["html"],
            in_key=option in version.key,
            chosen=option in response.answer,
        )
        for place, option in enumerate(response.option_order, start=1)
    }


def _pairs(response: Response, options: Mapping[str, ExplainedOption]) -> tuple[ExplainedPair, ...]:
    version = response.version
    if not Kind(version.kind).is_sequence:
        return ()
    answer = padded(response.answer, len(version.key))
    prompts = [prompt["html"] for prompt in version.prompts]
    return tuple(
        ExplainedPair(
            right=options[right],
            yours=options.get(yours),
            place=0 if prompts else number,
            prompt_html=prompts[number - 1] if prompts else "",
        )
        for number, (right, yours) in enumerate(zip(version.key, answer, strict=False), start=1)
    )


def _passages(version: QuestionVersion) -> tuple[CitedPassage, ...]:
    links = VersionNote.objects.filter(version=version).select_related("section__exam")
    return tuple(CitedPassage(link.section, _quote(link)) for link in links.order_by("position"))


def _quote(link: VersionNote) -> str:
    """The passage that the question names, as it reads; else how its section begins."""
    if link.passage:
        return plain_text(render_note(link.passage, {}))
    return opening(link.section.html, limit=QUOTED)
