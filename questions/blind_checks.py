"""The record of blind checks: who answers a question without its key, and comes to the same?

Pure: no Django. An exam's folder keeps the record in ``blind-check.csv``, one row per question,
with a digest of the text that was checked: a change after the check shows. Whether the very first
answer agreed with the key is never rewritten by later checks.
"""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

FILE = "blind-check.csv"
DIGEST_LENGTH = 16
Verdict = Literal["ok", "unclear", "ambiguous", "wrong"]
VERDICTS: tuple[str, ...] = get_args(Verdict)


def _yes_or_no(text: object) -> object:
    return {"yes": True, "no": False}.get(str(text), text)


def _day(text: object) -> object:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{text!r} is no date such as 2026-11-23") from None


class BlindCheck(BaseModel):
    """One row: the last check of a question, and how the first one went.

    ``digest`` is of the text that the last check saw ("" if it was not kept), ``verdict`` what it
    said of it; ``changed`` says what checks found and what was changed for it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    slug: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,100}$")]
    digest: Annotated[str, Field(pattern=rf"^([0-9a-f]{{{DIGEST_LENGTH}}})?$")]
    checked_on: Annotated[date, BeforeValidator(_day)]
    first_answer_agreed: Annotated[bool, BeforeValidator(_yes_or_no)]
    verdict: Verdict
    changed: str


COLUMNS = tuple(BlindCheck.model_fields)


# What is wrong in the file: where, and why.
Found = list[tuple[str, str]]


# ---- The file ----------------------------------------------------------------------------------


def parse(text: str) -> tuple[tuple[BlindCheck, ...], Found]:
    """The rows of the file, and what is wrong with it."""
    reader = csv.DictReader(io.StringIO(text), strict=True)
    rows: list[BlindCheck] = []
    problems: Found = []
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            return (), [("line 1", f"must be {','.join(COLUMNS)}")]
        for cells in reader:
            row, wrong = _row(cells, f"line {reader.line_num}")
            problems += wrong
            rows += [row] if row else []
    except csv.Error as problem:
        return (), [(f"line {reader.line_num + 1}", f"is no CSV: {problem}")]
    problems += _order_problems([row.slug for row in rows])
    return tuple(rows), problems


def _row(cells: Mapping[str, str], place: str) -> tuple[BlindCheck | None, Found]:
    if None in cells or None in cells.values():
        return None, [(place, f"does not have {len(COLUMNS)} columns")]
    try:
        return BlindCheck.model_validate(dict(cells)), []
    except ValidationError as problem:
        columns = [str(error["loc"][0]) for error in problem.errors()]
    return None, [(f"{place}, {column}", _in_words(column, cells)) for column in columns]


_WANTED = {
    "slug": "the name of a question",
    "digest": f"empty or {DIGEST_LENGTH} digits of a digest",
    "checked_on": "a date such as 2026-11-23",
    "first_answer_agreed": "yes or no",
    "verdict": f"one of {', '.join(VERDICTS)}",
}


def _in_words(column: str, cells: Mapping[str, str]) -> str:
    return f"must be {_WANTED.get(column, 'a text')}, but was read as {cells[column][:40]!r}"


def _order_problems(slugs: Sequence[str]) -> Iterator[tuple[str, str]]:
    for before, after in itertools.pairwise(slugs):
        if before == after:
            yield after, "stands twice"
        elif before > after:
            yield after, f"stands after {before}; sort the rows by slug"


def dump(checks: Iterable[BlindCheck]) -> str:
    """The text of the file with these rows, sorted."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in sorted(checks, key=lambda row: row.slug):
        agreed = "yes" if row.first_answer_agreed else "no"
        day = row.checked_on.isoformat()
        writer.writerow([row.slug, row.digest, day, agreed, row.verdict, row.changed])
    return stream.getvalue()


# ---- Reading the record ------------------------------------------------------------------------


def doubts(digest: str, check: BlindCheck | None) -> Iterator[str]:
    """Why a question whose judged texts have ``digest`` does not count as checked."""
    if check is None:
        yield "was never answered blind"
        return
    if not check.digest:
        yield "was answered blind, but in which form was not recorded"
    elif check.digest != digest:
        yield "was changed after its blind check"
    elif check.verdict != "ok":
        yield f"was found {check.verdict} by its blind check and stands unchanged since"


@dataclass(frozen=True, slots=True)
class Summary:
    """How a bank stands: ``agreed`` first answers, ``current`` checks that passed its text."""

    questions: int
    checked: int
    agreed: int
    current: int

    def __str__(self) -> str:
        return (
            f"blind checks: {self.checked} of {self.questions} questions were answered without "
            f"the key, {self.agreed} of these {self.checked} as keyed at the first answer; "
            f"{self.current} passed in their present form"
        )


def summary(digests: Mapping[str, str], checks: Iterable[BlindCheck]) -> Summary:
    """Counts over the questions with these ``digests``; other rows do not count."""
    rows = {row.slug: row for row in checks if row.slug in digests}
    return Summary(
        questions=len(digests),
        checked=len(rows),
        agreed=sum(row.first_answer_agreed for row in rows.values()),
        current=sum(not list(doubts(digest, rows.get(slug))) for slug, digest in digests.items()),
    )
