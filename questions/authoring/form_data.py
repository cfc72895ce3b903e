"""The form of a question as posted data: empty, filled from a version, or with its rows changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from questions.authoring.forms import ROWS_LIMIT
from questions.differences import reference_line
from questions.kinds import Kind

ANSWER = "lint-"  # before the name of a rule: the field with the reason that answers it
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROW_FIELDS = {
    "options": ("id", "correct", "text", "rationale", "tempts"),
    "prompts": ("text", "match"),
}
# A new question starts with a few empty rows; rows left empty are not part of it.
_NEW_ROWS = {"options": 6, "prompts": 4}


def blank() -> QueryDict:
    """The form of a new question."""
    data = QueryDict(mutable=True)
    data["kind"] = Kind.CHOICE.value
    for name, count in _NEW_ROWS.items():
        _set_rows(data, name, [{} for _ in range(count)])
    return data


def typed(written: Mapping[str, Any], *, based_on: int | None = None) -> QueryDict:
    """The form filled with ``written``, the fields of a question file."""
    data = QueryDict(mutable=True)
    for name in ("kind", "task", "stem"):
        data[name] = written[name]
    data["based_on"] = str(based_on or "")
    data["also"] = "\n".join(f"{exam} {task}" for exam, task in written["also"].items())
    data["skills"] = "\n".join(
        " ".join([exam, *codes]) for exam, codes in written["skills"].items()
    )
    data["passages"] = "\n".join(
        f"{anchor} {words}" for anchor, words in written["passages"].items()
    )
    data["difficulty"] = str(written["difficulty"])
    data["verified"] = written["verified"].isoformat()
    data["note"] = next(iter(written["notes"]), "")
    data.setlist("notes", written["notes"][1:])
    data["references"] = "\n".join(map(reference_line, written["references"]))
    data["enemies"] = "\n".join(written["enemies"])
    for rule, reason in written["lint"].items():
        data[ANSWER + rule] = reason
    for name in _ROW_FIELDS:
        _set_rows(data, name, written[name])
    return data


def with_row_changed(data: QueryDict, change: str) -> QueryDict:
    """``data`` after one change to its rows, such as ``options:add`` or ``prompts:2:up``."""
    name, _, step = change.partition(":")
    changed = data.copy()
    if name in _ROW_FIELDS:
        rows = _rows(data, name)
        if step == "add":
            rows.append({})
        else:
            _change_row(rows, *step.partition(":")[::2])
        _set_rows(changed, name, rows[:ROWS_LIMIT])
    return changed


def _change_row(rows: list[dict[str, Any]], number: str, step: str) -> None:
    index = int(number) if number.isdecimal() else len(rows)
    target = index + {"up": -1, "down": 1}.get(step, 0)
    if not (0 <= index < len(rows) and 0 <= target < len(rows)):
        return
    row = rows.pop(index)
    if step != "remove":
        rows.insert(target, row)


def _rows(data: QueryDict, name: str) -> list[dict[str, Any]]:
    total = data.get(f"{name}-TOTAL_FORMS", "")
    count = min(int(total), ROWS_LIMIT) if total.isdecimal() else 0
    return [
        {part: data.get(f"{name}-{index}-{part}", "") for part in _ROW_FIELDS[name]}
        for index in range(count)
    ]


def _set_rows(data: QueryDict, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    for key in [key for key in data if re.match(rf"{name}-\d+-", key)]:
        del data[key]
    data[f"{name}-TOTAL_FORMS"] = str(len(rows))
    data[f"{name}-INITIAL_FORMS"] = "0"
    data[f"{name}-MAX_NUM_FORMS"] = str(ROWS_LIMIT)
    used = {row.get("id") for row in rows}
    free = (letter for letter in _LETTERS if letter not in used)
    for index, row in enumerate(rows):
        values = {part: row.get(part) or "" for part in _ROW_FIELDS[name]}
        if "id" in values:
            values["id"] = values["id"] or next(free)
        for part, value in values.items():
            if value:
                data[f"{name}-{index}-{part}"] = "on" if value is True else value
