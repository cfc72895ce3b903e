"""A question as an author typed it: its forms, and the fields of a question file in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms import BaseFormSet
from django.http import QueryDict

from questions.authoring.form_data import ANSWER
from questions.authoring.forms import Choices, ExamChoices, HeadForm, OptionRows, PromptRows
from questions.kinds import Kind
from questions.models import Exam


@dataclass(frozen=True, slots=True)
class Control:
    """Where the form shows a field of a content file.

    ``name`` is its name in the posted data; empty if no errors are shown beside it. ``target`` is
    the id of the element to link to.
    """

    label: str
    target: str
    name: str = ""


class TypedQuestion:
    """The forms of one question, bound to what was typed. It does not change afterwards.

    Typed text is shown again as it was typed, right or wrong.
    """

    def __init__(self, exam: Exam, data: QueryDict, *, slug: str = "") -> None:
        self.exam = exam
        self.slug = slug or data.get("slug", "").strip()
        self.is_new = not slug
        self.head = HeadForm(ExamChoices.of(exam), data)
        self.options = OptionRows(data, prefix="options")
        self.prompts = PromptRows(
            data, prefix="prompts", form_kwargs={"options": _option_choices(self.options)}
        )
        for part in (self.head, self.options, self.prompts):
            part.is_valid()
        self.answers = {
            key.removeprefix(ANSWER): text.strip()
            for key, text in data.items()
            if key.startswith(ANSWER) and isinstance(text, str) and text.strip()
        }
        self._filled_options = _filled(self.options, "text", "rationale", "correct", "tempts")
        self._filled_prompts = _filled(self.prompts, "text", "match")
        self.written = self._written()

    @property
    def based_on(self) -> int | None:
        """The number of the version that the edit started from."""
        number = self.head["based_on"].value() or ""
        return int(number) if number.isdecimal() else None

    def _written(self) -> dict[str, Any]:
        """The fields of the question file; empty ones are left out."""
        head = self.head.cleaned_data
        kind = head["kind"]
        anchors = [head["note"], *self.head.data.getlist("notes")]  # type: ignore[attr-defined]
        fields = {
            "kind": kind,
            "task": head["task"],
            "also": _by_first_word(head["also"]),
            "skills": {e: c.split() for e, c in _by_first_word(head["skills"]).items()},
            "passages": _by_first_word(head["passages"]),
            "notes": list(dict.fromkeys(filter(None, anchors))),
            "difficulty": _number(head["difficulty"]),
            "stem": _lf(head["stem"]),
            "prompts": [_prompt(form) for form in self._filled_prompts if kind == Kind.MATCHING],
            "options": [_option(form, kind=kind) for form in self._filled_options],
            "references": [*_references(head["references"])],
            "verified": _date(head["verified"]),
            "enemies": re.split(r"[\s,]+", head["enemies"].strip(" ,\r\n")),
            "lint": self.answers,
        }
        return {name: value for name, value in fields.items() if value not in ("", [], [""], {})}

    def control(self, name: str) -> Control:
        """The control for what content files call ``name``, such as ``options[2].text``."""
        part, index, inner = _split(name)
        if part == "options" and index is not None:
            form = self._filled_options[index]
            inner = inner if inner in ("rationale", "tempts") else "text"
            return _control(form[inner], f"Option {form['id'].value()}, {inner}")
        if part == "prompts" and index is not None:
            form = self._filled_prompts[index]
            inner = "match" if inner == "match" else "text"
            return _control(form[inner], f"Prompt {index + 1}, {inner}")
        if part == "lint":
            return Control(f"The answer to {inner}", ANSWER + inner)
        if part in ("options", "prompts"):
            return Control(part.capitalize(), part, part)
        part = "note" if part == "notes" else part
        if part in self.head.fields:
            return _control(self.head[part], str(self.head[part].label))
        return Control(part.capitalize() or "The question", part or "sheet")


def _control(field: forms.BoundField, label: str) -> Control:
    return Control(label, field.id_for_label, field.html_name)


def _split(name: str) -> tuple[str, int | None, str]:
    """``options[2].text`` as ("options", 2, "text")."""
    part, index, inner = re.match(r"(\w*)(?:\[(\d+)\])?\.?(.*)", name).groups()  # type: ignore[union-attr]
    return part, int(index) if index else None, inner


def _option_choices(options: BaseFormSet[Any]) -> Choices:
    rows = [(form["id"].value() or "", form["text"].value() or "") for form in options]
    return [(option, f"{option}: {' '.join(text.split())[:60]}") for option, text in rows if option]


def _filled(rows: BaseFormSet[Any], *parts: str) -> list[forms.Form]:
    """The rows that are not empty."""
    return [form for form in rows if any(form[part].value() for part in parts)]


def _option(form: forms.Form, *, kind: str) -> dict[str, Any]:
    row = form.cleaned_data
    has_check_boxes = kind not in (Kind.ORDERING, Kind.MATCHING)  # their key is elsewhere
    return {
        "id": row["id"],
        "correct": row["correct"] and has_check_boxes,
        "text": _lf(row["text"]),
        "rationale": _lf(row["rationale"]),
        **({"tempts": row["tempts"]} if row["tempts"].strip() else {}),
    }


def _prompt(form: forms.Form) -> dict[str, Any]:
    return {"text": _lf(form.cleaned_data["text"]), "match": form.cleaned_data["match"]}


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _by_first_word(text: str) -> dict[str, str]:
    """What stands on each line, by the line's first word."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return {first: " ".join(rest).strip() for first, *rest in lines}


def _references(text: str) -> Iterator[str | dict[str, str]]:
    """The address on each line with the title behind it, or several addresses."""
    for line in filter(None, map(str.strip, text.splitlines())):
        address, *title = line.split(maxsplit=1)
        if title and "://" not in title[0].split()[0]:
            yield {"url": address, "title": title[0]}
        else:
            yield from line.split()


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
