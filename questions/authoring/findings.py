"""Errors and warnings of a typed question, each with its place in the form."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from questions import bank, lint
from questions import content as files
from questions.authoring.form_data import ANSWER
from questions.authoring.typed_question import Control, TypedQuestion
from questions.content import OptionContent, Problem, PromptContent, QuestionContent
from questions.kinds import Kind


@dataclass(frozen=True, slots=True)
class FormError:
    """Why a question cannot be published, and the control in which to correct it."""

    control: Control
    message: str

    @property
    def sentence(self) -> str:
        """The message as a sentence, to show beside its control."""
        end = "" if self.message[-1:] in ".?!" else "."
        return self.message[:1].upper() + self.message[1:] + end


@dataclass(frozen=True, slots=True)
class FormWarning:
    """A rule that warns, or that the author has answered: its messages, and the author's reason."""

    rule: str
    reason: str = ""
    messages: tuple[str, ...] = ()

    @property
    def is_answerable(self) -> bool:
        return lint.is_answerable(self.rule) or bool(self.reason)

    @property
    def is_open(self) -> bool:
        return bool(self.messages) and not self.reason

    @property
    def name(self) -> str:
        """The name of the control that holds the reason."""
        return ANSWER + self.rule


@dataclass(frozen=True, slots=True)
class FormFindings:
    """All errors and warnings of a typed question.

    ``content`` is what may be published. It is None when there are errors or nothing was checked.
    """

    warnings: tuple[FormWarning, ...]
    errors: tuple[FormError, ...] = ()
    content: QuestionContent | None = None

    @property
    def open_warnings(self) -> int:
        return sum(warning.is_open for warning in self.warnings)

    def beside(self, name: str) -> list[str]:
        """The errors to show beside the control of this name."""
        return [error.sentence for error in self.errors if name and error.control.name == name]

    def with_problems(self, typed: TypedQuestion, problems: Iterable[Problem]) -> FormFindings:
        """These findings, and the problems for which the bank refused the question."""
        refused = [_error(typed, problem.field, problem.message) for problem in problems]
        return replace(self, errors=(*self.errors, *refused), content=None)


def not_checked(typed: TypedQuestion) -> FormFindings:
    """No errors; only the answers to warnings, which are part of the form."""
    return FormFindings(_warnings(typed, ()))


def check(typed: TypedQuestion) -> FormFindings:
    """What the rules would say if ``typed`` were published now (a constant number of queries)."""
    content, problems = files.checked(QuestionContent, typed.written, file=typed.slug)
    malformed = {problem.field for problem in problems}
    findings = _lint(typed, content, malformed)
    errors = [
        *_slug_errors(typed),
        *(_error(typed, problem.field, problem.message) for problem in problems),
        *(
            _error(typed, finding.field, finding.message)
            for finding in findings
            if finding.is_error
        ),
        *_answers_to_errors(typed),
    ]
    return FormFindings(
        warnings=_warnings(typed, [finding for finding in findings if not finding.is_error]),
        errors=tuple(errors),
        content=None if errors else content,
    )


def _slug_errors(typed: TypedQuestion) -> Iterator[FormError]:
    if not typed.is_new:
        return
    try:
        TypeAdapter(files.Slug).validate_python(typed.slug)
    except ValidationError as problem:
        yield _error(typed, "slug", str(problem.errors()[0]["ctx"]["error"]))
    if typed.exam.questions.filter(slug=typed.slug).exists():
        yield _error(typed, "slug", "is the name of another question")


def _lint(
    typed: TypedQuestion, content: QuestionContent | None, malformed: set[str]
) -> list[lint.Finding]:
    """What lint says; of malformed content, its errors about fields that are not ``malformed``."""
    readable = content or _unchecked(typed.written)
    if readable is None:
        return []
    # Without its answers, so that answered warnings are found as well.
    question = files.Question(typed.slug, readable.model_copy(update={"lint": {}}))
    findings = bank.check(typed.exam, question)
    if content:
        return findings
    return [f for f in findings if f.is_error and not _is_about(f.field, malformed)]


def _is_about(name: str, malformed: Iterable[str]) -> bool:
    """Whether a field, or a part or the whole of it, is among the ``malformed``."""
    return any(name.startswith(other) or other.startswith(name) for other in malformed)


def _unchecked(written: Mapping[str, Any]) -> QuestionContent | None:
    """Malformed content as far as the rules of lint can read it; None without a known kind."""
    if written.get("kind") not in list(Kind):
        return None
    return QuestionContent.model_construct(
        kind=Kind(written["kind"]),
        task=written.get("task", ""),
        also=written.get("also", {}),
        skills=written.get("skills", {}),
        notes=tuple(written.get("notes", [""])),
        difficulty=1,
        stem=written.get("stem", ""),
        prompts=tuple(PromptContent.model_construct(**p) for p in written.get("prompts", ())),
        options=tuple(OptionContent.model_construct(**o) for o in written.get("options", ())),
        references=(),
        verified=date.min,
        enemies=tuple(written.get("enemies", ())),
        lint={},
    )


def _answers_to_errors(typed: TypedQuestion) -> list[FormError]:
    unanswerable = [rule for rule in typed.answers if not lint.is_answerable(rule)]
    return [_error(typed, f"lint.{rule}", "cannot be answered") for rule in unanswerable]


def _error(typed: TypedQuestion, name: str, message: str) -> FormError:
    """An error in what content files call ``name``; the message names rows as the form does."""

    def label(row: re.Match[str]) -> str:
        return typed.control(row[0]).label

    return FormError(typed.control(name), re.sub(r"(options|prompts)\[\d+\]", label, message))


def _warnings(typed: TypedQuestion, findings: Sequence[lint.Finding]) -> tuple[FormWarning, ...]:
    """One for every answered rule, then one for every other rule that warns."""
    messages = defaultdict(list)
    for finding in findings:
        label = typed.control(finding.field).label
        messages[finding.rule].append(f"{label} {finding.message}.")
    rules = dict.fromkeys([*typed.answers, *messages])
    return tuple(
        FormWarning(rule, typed.answers.get(rule, ""), tuple(messages.get(rule, ())))
        for rule in rules
    )
