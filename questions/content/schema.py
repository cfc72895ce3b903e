"""What content files may say, and what is derived from it. Pure: no Django."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from questions.blind_checks import BlindCheck
from questions.check_records import DIGEST_LENGTH
from questions.content.fields import (
    Address,
    Anchors,
    ByExam,
    Code,
    Codes,
    Difficulty,
    DistinctLines,
    KindName,
    Line,
    Markdown,
    OptionId,
    PageTitle,
    Passages,
    Prose,
    Several,
    SkillsByExam,
    Slug,
    Slugs,
    Some,
    StatusLabel,
    Temptation,
)
from questions.kinds import Kind
from questions.options_only import OptionsOnlyCheck


class Strict(BaseModel):
    """What files say, and no field more: a text is no number, a number no text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TitledReference(Strict):
    """A page that supports a question, and what it calls itself."""

    url: Address
    title: PageTitle


# The tags tell pydantic which of two shapes was meant; ``words`` leaves them out.
PLAIN_REFERENCE, TITLED_REFERENCE = "plain reference", "titled reference"


def _shape_of_reference(given: object) -> str:
    return TITLED_REFERENCE if isinstance(given, Mapping | TitledReference) else PLAIN_REFERENCE


Reference = Annotated[
    Annotated[Address, Tag(PLAIN_REFERENCE)] | Annotated[TitledReference, Tag(TITLED_REFERENCE)],
    Discriminator(_shape_of_reference),
]


class OptionContent(Strict):
    """One option as written; ``correct`` is used by choice and response only.

    ``tempts`` names what the option tempts with, such as a service that it is confused with.
    """

    id: OptionId
    correct: bool = False
    text: Markdown
    rationale: Markdown
    tempts: Temptation = ""


class PromptContent(Strict):
    """One prompt of a matching question and the option that belongs to it."""

    text: Markdown
    match: OptionId


class QuestionContent(Strict):
    """All that an author writes of one version of a question."""

    kind: KindName
    task: Code
    also: ByExam = Field(default_factory=dict)  # tasks of other exams, by the exam's slug
    skills: SkillsByExam = Field(default_factory=dict)  # of these tasks, by the exam's slug
    notes: Anchors
    passages: Passages = Field(default_factory=dict)  # words of the notes, by anchor
    difficulty: Difficulty
    stem: Markdown
    prompts: Several[PromptContent] = ()
    options: Some[OptionContent]
    references: Some[Reference]
    verified: date
    enemies: Slugs = ()
    lint: dict[Slug, Line] = Field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """The right answer: ids of options, in the order that their kind gives a meaning to."""
        if self.kind is Kind.ORDERING:
            return tuple(option.id for option in self.options)
        if self.kind is Kind.MATCHING:
            return tuple(prompt.match for prompt in self.prompts)
        return tuple(option.id for option in self.options if option.correct)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the references are."""
        return tuple(r if isinstance(r, str) else r.url for r in self.references)

    @property
    def reference_titles(self) -> tuple[str, ...]:
        """What each page of ``addresses`` calls itself; "" if the author did not say."""
        return tuple("" if isinstance(r, str) else r.title for r in self.references)

    @property
    def digest(self) -> str:
        """SHA-256 of everything an author wrote, in hex."""
        # A field that came later counts where it is used: the digests of before stay right.
        unused: dict[str, Any] = {
            name: True for name in ("also", "skills", "passages") if not getattr(self, name)
        }
        untempting = [place for place, option in enumerate(self.options) if not option.tempts]
        unused["options"] = {place: {"tempts"} for place in untempting}
        return hashlib.sha256(self.model_dump_json(exclude=unused).encode()).hexdigest()

    @property
    def judged_digest(self) -> str:
        """A digest of what a blind checker judges: texts and key, but no rationale and no tag.

        The ids of options, and their order where it is no key, are not seen by a checker.
        """
        prompts = [prompt.text for prompt in self.prompts]
        return _short_digest(
            kind=self.kind.value, stem=self.stem, prompts=prompts, **self._options_and_key()
        )

    @property
    def options_digest(self) -> str:
        """A digest of what an options-only check rests on: the kind, the options and the key."""
        return _short_digest(kind=self.kind.value, **self._options_and_key())

    def _options_and_key(self) -> dict[str, list[str]]:
        texts = {option.id: option.text for option in self.options}
        key = [texts[option] for option in self.key if option in texts]
        return {
            "options": sorted(texts.values()),
            "key": key if self.kind.is_sequence else sorted(key),
        }


def _short_digest(**seen: object) -> str:
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:DIGEST_LENGTH]


class SkillContent(Strict):
    code: Code
    title: Line


class TaskContent(Strict):
    code: Code
    title: Line
    skills: Several[SkillContent] = ()


class DomainContent(Strict):
    code: Code
    title: Line
    weight: int
    tasks: Some[TaskContent]


class ExamStatus(Strict):
    """Where an exam stands with its provider: whether, in what and when it can be booked.

    ``since`` and ``until`` are the first and the last day on which it can be sat.
    """

    label: StatusLabel
    bookable: bool
    languages: DistinctLines = ()
    since: date | None = None
    until: date | None = None
    note: Prose = ""

    def is_bookable(self, *, today: date) -> bool:
        """Whether somebody can book it now: it may begin later, but must not be over."""
        return self.bookable and (self.until is None or today <= self.until)


class ExamContent(Strict):
    """``exam.yaml``: the format of an exam and its blueprint."""

    slug: Slug
    code: Code
    title: Line
    items: int
    scored_items: int
    minutes: int
    scale_min: int
    scale_max: int
    pass_mark: int
    kinds: Some[KindName]
    status: ExamStatus | None = None
    notice: Prose = ""
    glossary: dict[Line, Line] = {}
    domains: Some[DomainContent]

    @property
    def task_codes(self) -> tuple[str, ...]:
        return tuple(task.code for domain in self.domains for task in domain.tasks)

    @property
    def skill_codes(self) -> dict[str, tuple[str, ...]]:
        """The codes of each task's skills, by the task's code."""
        tasks = (task for domain in self.domains for task in domain.tasks)
        return {task.code: tuple(skill.code for skill in task.skills) for task in tasks}


class SectionFront(Strict):
    """The front matter of a note file."""

    tasks: Codes = ()
    added: bool = False
    status: Prose = ""
    references: Several[Address] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One note section as a file has it."""

    anchor: str
    title: str
    body: str
    front: SectionFront
    position: int
    file: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of everything an author wrote, in hex."""
        text = f"{self.position}\n{self.title}\n{self.front.model_dump_json()}\n{self.body}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Question:
    """One question as a file has it."""

    slug: str
    content: QuestionContent
    file: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A whole exam folder, checked file by file (``lint`` checks what joins them)."""

    exam: ExamContent
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]
    images: Path | None = None
    digest: str = ""
    drawings: Mapping[str, str] = field(default_factory=dict)  # the SVG files among the images
    checks: tuple[BlindCheck, ...] = ()
    options_only: tuple[OptionsOnlyCheck, ...] = ()

    @property
    def judged_digests(self) -> dict[str, str]:
        """What blind checks of the questions are held against, by slug."""
        return {q.slug: q.content.judged_digest for q in self.questions}

    @property
    def options_digests(self) -> dict[str, str]:
        """As ``judged_digests`` for options-only checks, of the kinds that are picked from."""
        picked = [q for q in self.questions if not q.content.kind.is_sequence]
        return {q.slug: q.content.options_digest for q in picked}
