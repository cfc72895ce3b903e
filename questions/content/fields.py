"""The kinds of value that content files hold, and when one is refused. Pure: no Django."""

import re
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field

from questions import rendering
from questions.kinds import Kind

TEMPTATION_LIMIT = 60
PASSAGE_LIMIT = 300
TITLE_LIMIT = 200
LABEL_LIMIT = 40
SLUG_LIMIT = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_ANCHOR = re.compile(r"[\w-]{1,200}\Z")  # whatever a heading of the notes may turn into
# What splits lines or cannot be stored: every control character but tab and line feed.
_UNWELCOME = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")

T = TypeVar("T")


def _prose(text: str) -> str:
    """``text`` without the line break that a block scalar ends in."""
    if not text.strip():
        raise ValueError("is empty")
    refuse_unwelcome(text)
    return text.strip("\n").rstrip()


def _line(text: str) -> str:
    if "\n" in text:
        raise ValueError("must be one line")
    return _prose(text).strip()


def refuse_unwelcome(text: str) -> None:
    """Raise ValueError if ``text`` has a character that splits lines or cannot be stored."""
    if found := _UNWELCOME.search(text):
        raise ValueError(f"contains the invisible character U+{ord(found[0]):04X}; remove it")


def _markdown(text: str) -> str:
    try:
        rendering.check(text, limit=rendering.QUESTION_LIMIT)
    except rendering.UnrenderableText as problem:
        raise ValueError(str(problem)) from None
    return _prose(text)


def is_slug(text: str) -> bool:
    """Whether ``text`` may name an exam or a question."""
    return bool(_SLUG.match(text)) and len(text) <= SLUG_LIMIT


def _slug(text: str) -> str:
    if not is_slug(text):
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
PageTitle = Annotated[Line, _at_most(TITLE_LIMIT)]
StatusLabel = Annotated[Line, _at_most(LABEL_LIMIT)]
# YAML makes lists; a frozen object holds tuples.
Several = Annotated[tuple[T, ...], Field(strict=False)]
Some = Annotated[tuple[T, ...], Field(strict=False), AfterValidator(_some)]
Slugs = Annotated[tuple[Slug, ...], Field(strict=False), AfterValidator(_distinct)]
Anchors = Annotated[
    tuple[Anchor, ...], Field(strict=False), AfterValidator(_distinct), AfterValidator(_some)
]
DistinctLines = Annotated[tuple[Line, ...], Field(strict=False), AfterValidator(_distinct)]
ByExam = Annotated[dict[Slug, Code], AfterValidator(_by_name)]
Codes = Annotated[tuple[Code, ...], Field(strict=False), AfterValidator(_distinct)]
SomeCodes = Annotated[Codes, AfterValidator(_some)]
SkillsByExam = Annotated[dict[Slug, SomeCodes], AfterValidator(_by_name)]
Temptation = Annotated[Line, _at_most(TEMPTATION_LIMIT)]
Quotation = Annotated[Line, _at_most(PASSAGE_LIMIT)]
Passages = Annotated[dict[Anchor, Quotation], AfterValidator(_by_name)]
