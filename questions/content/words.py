"""What a reader of YAML or a schema finds wrong, in the words of authors. Pure: no Django."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from questions.content.problems import Problem
from questions.content.schema import (
    PLAIN_REFERENCE,
    TITLED_REFERENCE,
    ExamStatus,
    OptionContent,
    PromptContent,
    TaskContent,
    TitledReference,
)


def yaml_problem(file: str, problem: YAMLError) -> Problem:
    """Why a file cannot be read as YAML, and where."""
    if not isinstance(problem, MarkedYAMLError):
        return Problem(file, "yaml", " ".join(str(problem).split()))
    mark = problem.problem_mark
    place = f"line {mark.line + 1}" if mark else "yaml"
    said = str(problem.problem or problem.context or "cannot be read")
    twice = re.search(r'duplicate key "(.*?)"', said)
    if isinstance(problem, DuplicateKeyError) and twice:
        return Problem(file, twice[1], f"stands twice ({place})")
    return Problem(file, place, f"is not YAML: {said}")


def in_words(file: str, model: type[BaseModel], error: Mapping[str, Any]) -> Problem:
    """What ``error`` (of a ValidationError) means for whoever wrote the file."""
    where = ""
    for part in error["loc"]:
        if part in (PLAIN_REFERENCE, TITLED_REFERENCE):
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
