"""Records of checks that people made of questions, kept as CSV in an exam's folder.

Pure: no Django. Each row names a question and has a digest of the text that was checked, so that
a change after the check shows. What a check found is in further columns (``blind_checks``,
``options_only``).
"""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

DIGEST_LENGTH = 16

# What is wrong in the file: where, and why.
Found = list[tuple[str, str]]


def _yes_or_no(text: object) -> object:
    return {"yes": True, "no": False}.get(str(text), text)


def _day(text: object) -> object:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{text!r} is no date such as 2026-11-23") from None


YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Day = Annotated[date, BeforeValidator(_day)]
Digest = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{DIGEST_LENGTH}}}$")]
DigestIfKept = Annotated[str, Field(pattern=rf"^([0-9a-f]{{{DIGEST_LENGTH}}})?$")]


class CheckRow(BaseModel):
    """What the rows of all records begin with."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    slug: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,100}$")]
    digest: DigestIfKept
    checked_on: Day


R = TypeVar("R", bound=CheckRow)
_WANTED = {
    "slug": "the name of a question",
    "digest": f"{DIGEST_LENGTH} digits of a digest",
    "checked_on": "a date such as 2026-11-23",
}


@dataclass(frozen=True)
class Record(Generic[R]):
    """One kind of record: its file, its rows, and in words what their columns take.

    ``is_repeated``: whether a question may have several rows, which then stand by their days.
    """

    file: str
    row: type[R]
    wanted: Mapping[str, str]
    is_repeated: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.row.model_fields)

    def parse(self, text: str) -> tuple[tuple[R, ...], Found]:
        """The rows of the file, and what is wrong with it."""
        reader = csv.DictReader(io.StringIO(text), strict=True)
        rows: list[R] = []
        problems: Found = []
        try:
            if tuple(reader.fieldnames or ()) != self.columns:
                return (), [("line 1", f"must be {','.join(self.columns)}")]
            for cells in reader:
                row, wrong = self._read(cells, f"line {reader.line_num}")
                problems += wrong
                rows += [row] if row else []
        except csv.Error as problem:
            return (), [(f"line {reader.line_num + 1}", f"is no CSV: {problem}")]
        problems += self._order_problems(rows)
        return tuple(rows), problems

    def dump(self, rows: Iterable[R]) -> str:
        """The text of the file with these rows, sorted."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.sorted(rows):
            writer.writerow([_cell(getattr(row, column)) for column in self.columns])
        return stream.getvalue()

    def sorted(self, rows: Iterable[R]) -> tuple[R, ...]:
        """``rows`` as they stand in the file: by question, and by day where it has several."""
        return tuple(sorted(rows, key=self._place))

    def _place(self, row: R) -> tuple[str, date]:
        return row.slug, row.checked_on if self.is_repeated else date.min

    def _read(self, cells: Mapping[str, str], place: str) -> tuple[R | None, Found]:
        if None in cells or None in cells.values():
            return None, [(place, f"does not have {len(self.columns)} columns")]
        try:
            return self.row.model_validate(dict(cells)), []
        except ValidationError as problem:
            columns = [str(error["loc"][0]) for error in problem.errors()]
        return None, [(f"{place}, {column}", self._in_words(column, cells)) for column in columns]

    def _in_words(self, column: str, cells: Mapping[str, str]) -> str:
        wanted = self.wanted.get(column) or _WANTED.get(column, "a text")
        return f"must be {wanted}, but was read as {cells[column][:40]!r}"

    def _order_problems(self, rows: Sequence[R]) -> Iterator[tuple[str, str]]:
        for before, after in itertools.pairwise(rows):
            if before.slug == after.slug and not self.is_repeated:
                yield after.slug, "stands twice"
            elif before.slug > after.slug:
                yield after.slug, f"stands after {before.slug}; sort the rows by slug"
            elif self._place(before) > self._place(after):
                yield after.slug, f"has {after.checked_on} after {before.checked_on}; sort by day"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)
