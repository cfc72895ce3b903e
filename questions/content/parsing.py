"""One content file read into a checked object. Pure: no Django."""

import re
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from questions import rendering
from questions.content.fields import refuse_unwelcome
from questions.content.problems import Problem
from questions.content.schema import Section, SectionFront, Strict
from questions.content.words import in_words, yaml_problem

M = TypeVar("M", bound=Strict)
_FRONT = re.compile(r"---\n(.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"\s*# +(\S[^\n]*)(?:\n|\Z)")


def parse(model: type[M], text: str, *, file: str) -> tuple[M | None, list[Problem]]:
    """``text`` (YAML) as a ``model``, or None and the problems in the author's words."""
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as problem:
        return None, [yaml_problem(file, problem)]
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
        return None, [in_words(file, model, error) for error in problem.errors()]


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
        refuse_unwelcome(title + body)
        rendering.check(body, limit=rendering.NOTE_LIMIT)
    except ValueError as problem:
        found.append(Problem(file, title[:60], str(problem)))
    return found
