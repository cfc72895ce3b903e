"""Content files: an exam's folder read into checked objects, and written back. Pure: no Django.

A folder is ``exam.yaml``, ``notes/NN-anchor.md``, ``images/``,
``questions/<section>/<slug>.yaml`` and ``blind-check.csv``. Reading is strict and whole: every
problem of every file is collected, in words an author understands.
"""

import difflib
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
)
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from questions import blind_checks, diagrams, rendering
from questions.blind_checks import BlindCheck
from questions.kinds import Kind

FILE_LIMIT = 200_000
TEMPTATION_LIMIT = 60
PASSAGE_LIMIT = 300
TITLE_LIMIT = 200
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_ANCHOR = re.compile(r"[\w-]{1,200}\Z")  # whatever a heading of the notes may turn into
_NOTE_FILE = re.compile(r"(\d{1,4})-([\w-]+)\.md\Z")
# What splits lines or cannot be stored: every control character but tab and line feed.
_UNWELCOME = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a content file, for its author to mend."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message}"


class InvalidContent(ValueError):
    """The content may not be loaded; ``problems`` says all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


# ---- The fields --------------------------------------------------------------------------------


def _prose(text: str) -> str:
    """``text`` without the line break that a block scalar ends in."""
    if not text.strip():
        raise ValueError("is empty")
    _refuse_unwelcome(text)
    return text.strip("\n").rstrip()


def _line(text: str) -> str:
    if "\n" in text:
        raise ValueError("must be one line")
    return _prose(text).strip()


def _refuse_unwelcome(text: str) -> None:
    if found := _UNWELCOME.search(text):
        raise ValueError(f"contains the invisible character U+{ord(found[0]):04X}; remove it")


def _markdown(text: str) -> str:
    try:
        rendering.check(text, limit=rendering.QUESTION_LIMIT)
    except rendering.UnrenderableText as problem:
        raise ValueError(str(problem)) from None
    return _prose(text)


def _slug(text: str) -> str:
    if not _SLUG.match(text) or len(text) > 100:
        raise ValueError(f"{text!r} is no name: use small letters, digits and hyphens")
    return text


def _anchor(text: str) -> str:
    if not _ANCHOR.match(text):
        raise ValueError(f"{text!r} is not the anchor of a note section")
    return text


def _option_id(text: str) -> str:
    if not re.match(r"[a-z0-9-]{1,20}\Z", text):
        raise ValueError(f"{text!r} is no option id: use a letter such as a")
    return text


def _code(text: str) -> str:
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9.-]{0,9}\Z", text):
        raise ValueError(f"{text!r} is no code: use a short one such as 1.2")
    return text


def _address(text: str) -> str:
    if not re.match(r"https://[A-Za-z0-9.-]+\.[a-z]{2,}(/[!-~]*)?\Z", text) or len(text) > 500:
        raise ValueError(f"{text!r} is not the address of a page (https://…)")
    return text


def _difficulty(value: int) -> int:
    if value not in (1, 2, 3):
        raise ValueError("must be 1 (recall), 2 (apply) or 3 (analyse)")
    return value


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if repeated := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{repeated[0]!r} stands twice")
    return values


def _by_name(values: dict[str, T]) -> dict[str, T]:
    return dict(sorted(values.items()))


def _at_most(limit: int) -> AfterValidator:
    def refuse_longer(text: str) -> str:
        if len(text) > limit:
            raise ValueError(f"has {len(text)} characters; at most {limit} are allowed")
        return text

    return AfterValidator(refuse_longer)


def _some(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise ValueError("is an empty list")
    return values


Line = Annotated[str, AfterValidator(_line)]
Prose = Annotated[str, AfterValidator(_prose)]
Markdown = Annotated[str, AfterValidator(_markdown)]
Slug = Annotated[str, AfterValidator(_slug)]
Anchor = Annotated[str, AfterValidator(_anchor)]
OptionId = Annotated[str, AfterValidator(_option_id)]
Code = Annotated[str, AfterValidator(_code)]
Address = Annotated[str, AfterValidator(_address)]
Difficulty = Annotated[int, AfterValidator(_difficulty)]
KindName = Annotated[Kind, Field(strict=False)]
# YAML makes lists; a frozen object holds tuples.
Several = Annotated[tuple[T, ...], Field(strict=False)]
Some = Annotated[tuple[T, ...], Field(strict=False), AfterValidator(_some)]
Slugs = Annotated[tuple[Slug, ...], Field(strict=False), AfterValidator(_distinct)]
Anchors = Annotated[
    tuple[Anchor, ...], Field(strict=False), AfterValidator(_distinct), AfterValidator(_some)
]
ByExam = Annotated[dict[Slug, Code], AfterValidator(_by_name)]
Codes = Annotated[tuple[Code, ...], Field(strict=False), AfterValidator(_distinct)]
SomeCodes = Annotated[Codes, AfterValidator(_some)]
SkillsByExam = Annotated[dict[Slug, SomeCodes], AfterValidator(_by_name)]
Temptation = Annotated[Line, _at_most(TEMPTATION_LIMIT)]
Quotation = Annotated[Line, _at_most(PASSAGE_LIMIT)]
Passages = Annotated[dict[Anchor, Quotation], AfterValidator(_by_name)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TitledReference(_Strict):
    """A page that supports a question, and what it calls itself."""

    url: Address
    title: Annotated[Line, _at_most(TITLE_LIMIT)]


# The tags tell pydantic which of two shapes was meant; ``_in_words`` leaves them out.
_PLAIN, _TITLED = "plain reference", "titled reference"


def _shape_of_reference(given: object) -> str:
    return _TITLED if isinstance(given, Mapping | TitledReference) else _PLAIN


Reference = Annotated[
    Annotated[Address, Tag(_PLAIN)] | Annotated[TitledReference, Tag(_TITLED)],
    Discriminator(_shape_of_reference),
]


class OptionContent(_Strict):
    """One option as written; ``correct`` is used by choice and response only.

    ``tempts`` names what the option tempts with, such as a service that it is confused with.
    """

    id: OptionId
    correct: bool = False
    text: Markdown
    rationale: Markdown
    tempts: Temptation = ""


class PromptContent(_Strict):
    """One prompt of a matching question and the option that belongs to it."""

    text: Markdown
    match: OptionId


class QuestionContent(_Strict):
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
        texts = {option.id: option.text for option in self.options}
        key = [texts[option] for option in self.key if option in texts]
        judged = {
            "kind": self.kind.value,
            "stem": self.stem,
            "prompts": [prompt.text for prompt in self.prompts],
            "options": sorted(texts.values()),
            "key": key if self.kind.is_sequence else sorted(key),
        }
        digest = hashlib.sha256(json.dumps(judged).encode())
        return digest.hexdigest()[: blind_checks.DIGEST_LENGTH]


class SkillContent(_Strict):
    code: Code
    title: Line


class TaskContent(_Strict):
    code: Code
    title: Line
    skills: Several[SkillContent] = ()


class DomainContent(_Strict):
    code: Code
    title: Line
    weight: int
    tasks: Some[TaskContent]


class ExamStatus(_Strict):
    """Where an exam stands with its provider: whether, in what and when it can be booked.

    ``since`` and ``until`` are the first and the last day on which it can be sat.
    """

    label: Annotated[Line, _at_most(40)]
    bookable: bool
    languages: Annotated[Several[Line], AfterValidator(_distinct)] = ()
    since: date | None = None
    until: date | None = None
    note: Prose = ""

    def is_bookable(self, *, today: date) -> bool:
        """Whether somebody can book it now: it may begin later, but must not be over."""
        return self.bookable and (self.until is None or today <= self.until)


class ExamContent(_Strict):
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


class SectionFront(_Strict):
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


# ---- Reading -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """One pass over a folder: collects the problems instead of stopping at the first."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def report(self, file: str, field_name: str, message: str) -> None:
        self.problems.append(Problem(file, field_name, message))

    def text(self, path: Path) -> str | None:
        file = self.name(path)
        try:
            raw = path.read_bytes()
            text = raw.decode()
        except (OSError, UnicodeDecodeError) as problem:
            self.report(file, "file", f"cannot be read: {problem}")
            return None
        if len(raw) > FILE_LIMIT:
            self.report(file, "file", f"has {len(raw):,} bytes; at most {FILE_LIMIT:,} are allowed")
            return None
        return text.replace("\r\n", "\n")

    def name(self, path: Path) -> str:
        return str(PurePosixPath(path.relative_to(self.folder)))


def read_folder(folder: Path) -> Content:
    """The content of an exam folder. Raises InvalidContent with all problems of all files."""
    reading = _Reading(folder)
    exam = _read_exam(reading)
    sections = tuple(_read_sections(reading))
    questions = tuple(_read_questions(reading))
    drawings = dict(_read_drawings(reading))
    checks = _read_checks(reading)
    if reading.problems or exam is None:
        raise InvalidContent(sorted(reading.problems))
    return Content(
        exam=exam,
        sections=sections,
        questions=questions,
        images=folder / "images",
        digest=folder_digest(folder),
        drawings=drawings,
        checks=checks,
    )


def read_exam(folder: Path) -> ExamContent:
    """``exam.yaml`` of a folder alone. Raises InvalidContent."""
    reading = _Reading(folder)
    exam = _read_exam(reading)
    if exam is None:
        raise InvalidContent(reading.problems)
    return exam


def folder_digest(folder: Path) -> str:
    """SHA-256, in hex, of the names and bytes of every content file in ``folder``."""
    digest = hashlib.sha256()
    for path in content_files(folder):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def content_files(folder: Path) -> list[Path]:
    """Every file of ``folder`` that is read as content, in a fixed order."""
    single = [folder / "exam.yaml", folder / blind_checks.FILE]
    present = [path for path in single if path.is_file()]
    return present + _files(folder, "notes", "images", "questions")


def _files(folder: Path, *parts: str) -> list[Path]:
    """All files in these parts of ``folder``, hidden ones left out, in a fixed order."""
    found = [path for part in parts for path in (folder / part).rglob("*") if path.is_file()]
    return sorted(path for path in found if not path.name.startswith("."))


def _read_exam(reading: _Reading) -> ExamContent | None:
    path = reading.folder / "exam.yaml"
    text = reading.text(path)
    if text is None:
        return None
    exam, problems = parse(ExamContent, text, file="exam.yaml")
    problems += list(blueprint_problems(exam)) if exam else []
    reading.problems += problems
    return None if problems else exam


def blueprint_problems(exam: ExamContent) -> Iterator[Problem]:
    """Figures of an exam that contradict each other."""

    def problem(field_name: str, message: str) -> Problem:
        return Problem("exam.yaml", field_name, message)

    if (total := sum(domain.weight for domain in exam.domains)) != 100:
        yield problem("domains", f"weights add up to {total}, not 100")
    if not 0 < exam.scored_items <= exam.items:
        yield problem("scored_items", f"must be between 1 and items ({exam.items})")
    if exam.minutes < 1:
        yield problem("minutes", "must be at least 1")
    if not 0 <= exam.scale_min < exam.pass_mark <= exam.scale_max:
        yield problem("pass_mark", "must lie above scale_min and not above scale_max")
    for code in _repeated([domain.code for domain in exam.domains]):
        yield problem("domains", f"domain {code} stands twice")
    for code in _repeated(exam.task_codes):
        yield problem("domains", f"task {code} stands twice")
    for code in _repeated([code for codes in exam.skill_codes.values() for code in codes]):
        yield problem("domains", f"skill {code} stands twice")
    status = exam.status
    if status and status.since and status.until and status.since > status.until:
        yield problem("status.until", f"must not be before since ({status.since})")


def _repeated(values: Sequence[str]) -> list[str]:
    return sorted({value for value in values if values.count(value) > 1})


def _read_sections(reading: _Reading) -> Iterator[Section]:
    anchors: dict[str, str] = {}
    for path in _files(reading.folder, "notes"):
        file = reading.name(path)
        named = _NOTE_FILE.match(path.name)
        if not named:
            reading.report(file, "file", "is not named like 07-anchor.md")
            continue
        if (first := anchors.setdefault(named[2], file)) != file:
            reading.report(file, "file", f"has the same anchor as {first}")
        if (text := reading.text(path)) is not None:
            section, problems = parse_section(text, position=int(named[1]), file=file)
            reading.problems += problems
            if section:
                yield section


def _read_questions(reading: _Reading) -> Iterator[Question]:
    slugs: dict[str, str] = {}
    for path in _files(reading.folder, "questions"):
        file = reading.name(path)
        if path.suffix != ".yaml" or not _SLUG.match(path.stem) or len(path.stem) > 100:
            reading.report(file, "file", "is not named like short-slug.yaml")
            continue
        if (first := slugs.setdefault(path.stem, file)) != file:
            reading.report(file, "file", f"has the same slug as {first}")
        if (text := reading.text(path)) is not None:
            content, problems = parse(QuestionContent, text, file=file)
            reading.problems += problems
            if content:
                yield Question(path.stem, content, file)


def _read_drawings(reading: _Reading) -> Iterator[tuple[str, str]]:
    for path in _files(reading.folder, "images"):
        file = reading.name(path)
        if path.suffix.lower() != ".svg":
            continue
        if path.parent.name != "images" or not diagrams.NAME.match(path.name):
            reading.report(file, "file", "is not named like images/short-name.svg")
            continue
        if (source := reading.text(path)) is not None:
            found = diagrams.problems(source)
            reading.problems += [Problem(file, where, message) for where, message in found]
            yield path.name, source


def _read_checks(reading: _Reading) -> tuple[BlindCheck, ...]:
    path = reading.folder / blind_checks.FILE
    text = reading.text(path) if path.exists() else None
    if text is None:
        return ()
    checks, found = blind_checks.parse(text)
    reading.problems += [Problem(blind_checks.FILE, where, message) for where, message in found]
    return checks


# ---- One file ----------------------------------------------------------------------------------

M = TypeVar("M", bound=_Strict)
_FRONT = re.compile(r"---\n(.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"\s*# +(\S[^\n]*)(?:\n|\Z)")


def parse(model: type[M], text: str, *, file: str) -> tuple[M | None, list[Problem]]:
    """``text`` (YAML) as a ``model``, or None and the problems in the author's words."""
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as problem:
        return None, [_yaml_problem(file, problem)]
    except RecursionError:
        return None, [Problem(file, "yaml", "is nested too deeply")]
    except ValueError as problem:  # such as a date in the thirteenth month
        return None, [Problem(file, "yaml", f"has a value that cannot be read: {problem}")]
    return checked(model, data, file=file)


def checked(model: type[M], data: object, *, file: str) -> tuple[M | None, list[Problem]]:
    """``data`` (as YAML would give it) as a ``model``, or None and the problems."""
    try:
        return model.model_validate(data), []
    except ValidationError as problem:
        return None, [_in_words(file, model, error) for error in problem.errors()]


def parse_section(text: str, *, position: int, file: str) -> tuple[Section | None, list[Problem]]:
    """A note file as a Section, or None and the problems in the author's words."""
    matched = _FRONT.match(text)
    if not matched:
        return None, [Problem(file, "front matter", "is missing: start with a line of ---")]
    front, problems = parse(SectionFront, matched[1] or "{}", file=file)
    titled = _TITLE.match(text, matched.end())
    if not titled:
        problems.append(Problem(file, "title", "is missing: start the text with # Title"))
    else:
        problems += text_problems(file, titled[1], text[titled.end() :])
    if front is None or not titled or problems:
        return None, problems
    anchor = PurePosixPath(file).stem.split("-", 1)[1]
    body = text[titled.end() :].strip("\n").rstrip()
    return Section(anchor, titled[1].strip(), body, front, position, file), []


def text_problems(file: str, title: str, body: str) -> list[Problem]:
    """What keeps a note section from being stored; ``body`` may be empty."""
    found = []
    if len(title) > 200:
        found.append(Problem(file, f"{title[:40]}…", "the heading has more than 200 characters"))
    try:
        _refuse_unwelcome(title + body)
        rendering.check(body, limit=rendering.NOTE_LIMIT)
    except ValueError as problem:
        found.append(Problem(file, title[:60], str(problem)))
    return found


def _yaml_problem(file: str, problem: YAMLError) -> Problem:
    if not isinstance(problem, MarkedYAMLError):
        return Problem(file, "yaml", " ".join(str(problem).split()))
    mark = problem.problem_mark
    place = f"line {mark.line + 1}" if mark else "yaml"
    said = str(problem.problem or problem.context or "cannot be read")
    twice = re.search(r'duplicate key "(.*?)"', said)
    if isinstance(problem, DuplicateKeyError) and twice:
        return Problem(file, twice[1], f"stands twice ({place})")
    return Problem(file, place, f"is not YAML: {said}")


def _in_words(file: str, model: type[BaseModel], error: Mapping[str, Any]) -> Problem:
    where = ""
    for part in error["loc"]:
        if part in (_PLAIN, _TITLED):
            continue
        where += f"[{part}]" if isinstance(part, int) else f".{part}"
    return Problem(file, where.lstrip(".") or "file", _message(model, error))


def _message(model: type[BaseModel], error: Mapping[str, Any]) -> str:
    kind, given = error["type"], error["input"]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown_field(model, error["loc"])
    if given is None:
        return "is empty"
    if error["loc"] and not isinstance(error["loc"][-1], str | int):
        return "is not the name of a field"
    if kind == "enum":
        return f"{given!r} is unknown; it must be {error['ctx']['expected'].replace(chr(39), '')}"
    return f"must be {_WANTED.get(kind, 'of another kind')}, but was read as {_said(given)}" + (
        "; write it in quotes" if kind == "string_type" and not _is_nested(given) else ""
    )


_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "date_type": "a date such as 2026-11-23 without quotes",
    "date_from_datetime_inexact": "a date without a time of day",
    "tuple_type": "a list",
    "dict_type": "fields with values",
    "model_type": "fields with values",
    "model_attributes_type": "fields with values",
}


def _is_nested(given: object) -> bool:
    return isinstance(given, Mapping | list)


def _said(given: object) -> str:
    if isinstance(given, bool):
        return f"the value {str(given).lower()}"
    if isinstance(given, int | float):
        return f"the number {given}"
    if isinstance(given, str):
        return f"the text {given[:40]!r}"
    if _is_nested(given):
        return "fields with values" if isinstance(given, Mapping) else "a list"
    return f"{type(given).__name__} {given}"


def _unknown_field(model: type[BaseModel], loc: Sequence[str | int]) -> str:
    parts = (model, OptionContent, PromptContent, TitledReference, ExamStatus, TaskContent)
    known = {name for part in parts for name in part.model_fields}
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return "is not a field here" + (f"; do you mean {near[0]}?" if near else "")


# ---- Writing -----------------------------------------------------------------------------------

# A writer has no state between documents, but one that failed may: each dump makes its own.


def _writer() -> YAML:
    yaml = YAML()
    yaml.width = 1_000_000  # prose breaks where its author broke it
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dump(data: Mapping[str, Any]) -> str:
    stream = io.StringIO()
    _writer().dump(data, stream)
    return stream.getvalue()


def _block(text: str) -> str:
    block: str = LiteralScalarString(text + "\n")
    return block


def _flow(values: Sequence[str]) -> CommentedSeq:
    sequence = CommentedSeq(values)
    sequence.fa.set_flow_style()
    return sequence


def _flow_map(values: Mapping[str, Any]) -> CommentedMap:
    mapping = CommentedMap(values)
    mapping.fa.set_flow_style()
    return mapping


def _quoted(text: str) -> str:
    quoted: str = DoubleQuotedScalarString(text)
    return quoted


def dump_question(content: QuestionContent) -> str:
    """``content`` as the text of its file, in the house style; empty optional fields left out."""
    data: dict[str, Any] = {
        "kind": content.kind.value,
        "task": _quoted(content.task),
        "also": _flow_map({exam: _quoted(task) for exam, task in content.also.items()}),
        "skills": _flow_map({exam: _codes(codes) for exam, codes in content.skills.items()}),
        "notes": _flow(content.notes),
        "passages": dict(content.passages),
        "difficulty": content.difficulty,
        "stem": _block(content.stem),
        "prompts": [{"text": _block(p.text), "match": p.match} for p in content.prompts],
        "options": [_option_data(option) for option in content.options],
        "references": [_reference_data(reference) for reference in content.references],
        "verified": content.verified,
        "enemies": _flow(content.enemies) if content.enemies else None,
        "lint": dict(content.lint),
    }
    return _dump({name: value for name, value in data.items() if value})


def _option_data(option: OptionContent) -> dict[str, Any]:
    correct = {"correct": True} if option.correct else {}
    texts = {"text": _block(option.text), "rationale": _block(option.rationale)}
    tempts = {"tempts": option.tempts} if option.tempts else {}
    return {"id": option.id, **correct, **texts, **tempts}


def _reference_data(reference: str | TitledReference) -> str | dict[str, str]:
    return reference if isinstance(reference, str) else reference.model_dump()


def _codes(codes: Sequence[str]) -> CommentedSeq:
    return _flow([_quoted(code) for code in codes])


def dump_section(section: Section) -> str:
    """``section`` as the text of its note file, in the house style."""
    front = section.front
    data: dict[str, Any] = {
        "tasks": _codes(front.tasks),
        "added": front.added,
        **({"status": _block(front.status)} if front.status else {}),
        "references": list(front.references),
    }
    return f"---\n{_dump(data)}---\n# {section.title}\n\n{section.body}\n"


def dump_exam(exam: ExamContent) -> str:
    """``exam`` as the text of exam.yaml, in the house style."""
    data: dict[str, Any] = exam.model_dump(
        mode="json", exclude={"kinds", "status", "notice", "glossary", "domains"}
    )
    data["kinds"] = _flow([kind.value for kind in exam.kinds])
    if exam.status:
        data["status"] = _status_data(exam.status)
    if exam.notice:
        data["notice"] = _block(exam.notice)
    if exam.glossary:
        data["glossary"] = dict(sorted(exam.glossary.items()))
    data["domains"] = [
        {
            "code": _quoted(domain.code),
            "title": domain.title,
            "weight": domain.weight,
            "tasks": [_task_data(task) for task in domain.tasks],
        }
        for domain in exam.domains
    ]
    return _dump(data)


def _status_data(status: ExamStatus) -> dict[str, Any]:
    data = status.model_dump(exclude_none=True)
    data["languages"] = _flow(status.languages) if status.languages else None
    data["note"] = _block(status.note) if status.note else None
    return {name: value for name, value in data.items() if value is not None}


def _task_data(task: TaskContent) -> dict[str, Any]:
    skills = [{"code": _quoted(skill.code), "title": skill.title} for skill in task.skills]
    return {
        "code": _quoted(task.code),
        "title": task.title,
        **({"skills": skills} if skills else {}),
    }
