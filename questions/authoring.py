"""A question as an author types it: forms with rows, read leniently, checked by the bank's rules.

Everything typed comes back as it was typed, right or wrong. The forms refuse nothing themselves:
``check`` asks the rules of content files (``content``, ``lint``) and puts what they say beside
the fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.html import escape
from pydantic import TypeAdapter, ValidationError

from questions import bank, lint, rendering
from questions import content as files
from questions.content import OptionContent, PromptContent, QuestionContent
from questions.differences import reference_line
from questions.kinds import Kind, letter_of
from questions.models import KIND_CHOICES, Exam, QuestionVersion, Task

ROWS_LIMIT = 20
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROW_FIELDS = {
    "options": ("id", "correct", "text", "rationale", "tempts"),
    "prompts": ("text", "match"),
}
# A new question starts with a few empty rows; those left empty are no part of it.
_NEW_ROWS = {"options": 6, "prompts": 4}
ANSWER = "lint-"  # before the name of a rule: the field with the reason that answers it

Choices = Sequence[tuple[str, Any]]


# ---- The forms ---------------------------------------------------------------------------------


def _typed(label: str, widget: forms.Widget, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, strip=False, widget=widget, help_text=help_text
    )


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "cols": None})


class HeadForm(forms.Form):
    """All of a question but its rows."""

    use_required_attribute = False

    slug = _typed("Name", forms.TextInput(), "Small letters, digits and hyphens; it never changes.")
    based_on = _typed("", forms.HiddenInput())
    kind = _typed("Kind", forms.Select())
    task = _typed("Task", forms.Select())
    also = _typed(
        "Also in",
        _area(2),
        "Tasks of other exams that it serves too, one per line, such as: other-exam 1.2",
    )
    difficulty = _typed("Difficulty", forms.Select())
    verified = _typed("Verified on", forms.DateInput(attrs={"type": "date"}))
    stem = _typed("Stem", _area(8), "Markdown, one sentence per line. The question comes last.")
    note = _typed("Main note section", forms.Select(), "The one the question belongs to.")
    notes = forms.MultipleChoiceField(
        label="Further note sections",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    skills = _typed(
        "Skills", _area(2), "Of these tasks, one exam per line, such as: other-exam 1.2.1 1.2.4"
    )
    passages = _typed(
        "Passages",
        _area(2),
        "Words of a note section that it draws on, one section per line, such as: "
        "its-anchor The words as they stand there",
    )
    references = _typed(
        "References",
        _area(3),
        "Addresses (https://…), one per line; after the address, the title of the page.",
    )
    enemies = _typed(
        "Enemies", _area(2), "Names of questions that give this one away, one per line."
    )

    def __init__(self, choices: ExamChoices, data: QueryDict) -> None:
        super().__init__(data)
        blank = [("", "Choose…")]
        self.fields["kind"].widget.choices = choices.kinds
        self.fields["task"].widget.choices = [*blank, *choices.tasks]
        levels = QuestionVersion._meta.get_field("difficulty").choices
        self.fields["difficulty"].widget.choices = [*blank, *(levels or ())]
        self.fields["note"].widget.choices = [*blank, *choices.sections]
        chosen = data.getlist("notes")
        # The chosen ones first and in their order: browsers send them back in the order shown.
        self.fields["notes"].choices = sorted(  # type: ignore[attr-defined]
            choices.sections,
            key=lambda choice: (
                chosen.index(choice[0]) if choice[0] in chosen else len(chosen),
                choice[1].lower(),
            ),
        )


class OptionForm(forms.Form):
    """One option; its id stays with it wherever it is moved."""

    use_required_attribute = False

    id = _typed("", forms.HiddenInput())
    correct = forms.BooleanField(label="Correct", required=False)
    text = _typed("Text", _area(2))
    rationale = _typed("Rationale", _area(2))
    tempts = _typed(
        "Tempts with", forms.TextInput(), "What it names or is confused with, in a few words."
    )


class PromptForm(forms.Form):
    """One prompt of a matching question and the option that belongs to it."""

    use_required_attribute = False

    text = _typed("Prompt", _area(2))
    match = _typed("Right option", forms.Select())

    def __init__(self, *args: Any, options: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["match"].widget.choices = [("", "Choose…"), *options]


OptionRows = formset_factory(OptionForm, extra=0, absolute_max=ROWS_LIMIT, max_num=ROWS_LIMIT)
PromptRows = formset_factory(PromptForm, extra=0, absolute_max=ROWS_LIMIT, max_num=ROWS_LIMIT)


@dataclass(frozen=True, slots=True)
class ExamChoices:
    """What a question of an exam may choose from (three queries)."""

    kinds: Choices
    tasks: Choices
    sections: Choices

    @classmethod
    def of(cls, exam: Exam) -> ExamChoices:
        tasks: dict[str, list[tuple[str, str]]] = {}
        rows = Task.objects.filter(domain__exam=exam).select_related("domain")
        for task in rows.order_by("domain__code", "code"):
            tasks.setdefault(str(task.domain), []).append((task.code, str(task)))
        sections = exam.note_sections.values_list("anchor", "title", "removed_at")
        return cls(
            kinds=[choice for choice in KIND_CHOICES if choice[0] in exam.kinds],
            tasks=list(tasks.items()),
            sections=[
                (anchor, f"{title} (removed)" if removed else title)
                for anchor, title, removed in sections.order_by("title")
            ],
        )


# ---- What is typed -----------------------------------------------------------------------------


def blank() -> QueryDict:
    """The form of a new question."""
    data = QueryDict(mutable=True)
    data["kind"] = Kind.CHOICE.value
    for name, count in _NEW_ROWS.items():
        _set_rows(data, name, [{} for _ in range(count)])
    return data


def typed(written: Mapping[str, Any], *, based_on: int | None = None) -> QueryDict:
    """The form that says what ``written`` (the fields of a file) says."""
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
    """What is typed after one change to its rows, such as ``options:add`` or ``prompts:2:up``."""
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


# ---- The whole sheet ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """One line of the summary above the form: what is wrong, and where to mend it."""

    place: str
    message: str
    target: str


@dataclass(slots=True)
class Warned:
    """A rule that warns, or whose answer is kept: its messages, and the reason that answers it."""

    rule: str
    reason: str = ""
    messages: list[str] = field(default_factory=list)

    @property
    def is_answerable(self) -> bool:
        return lint.is_answerable(self.rule) or bool(self.reason)

    @property
    def is_open(self) -> bool:
        return bool(self.messages) and not self.reason

    @property
    def name(self) -> str:
        return ANSWER + self.rule


class Sheet:
    """The forms of one question, bound to what was typed."""

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
        self.option_forms = _filled(self.options, "text", "rationale", "correct", "tempts")
        self.prompt_forms = _filled(self.prompts, "text", "match")
        # Read before problems are added: Django forgets the value of a field that has one.
        self.written = self._written()
        self.option_errors: list[str] = []
        self.prompt_errors: list[str] = []
        self.shortcomings: list[Shortcoming] = []
        self.warned = {rule: Warned(rule, reason) for rule, reason in self.answers.items()}

    @property
    def based_on(self) -> int | None:
        number = self.head["based_on"].value() or ""
        return int(number) if number.isdecimal() else None

    @property
    def open_warnings(self) -> int:
        return sum(warned.is_open for warned in self.warned.values())

    def _written(self) -> dict[str, Any]:
        """The fields of the file that this form stands for; what is empty is left out."""
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
            "prompts": [_prompt(form) for form in self.prompt_forms if kind == Kind.MATCHING],
            "options": [_option(form, kind=kind) for form in self.option_forms],
            "references": [*_references(head["references"])],
            "verified": _date(head["verified"]),
            "enemies": re.split(r"[\s,]+", head["enemies"].strip(" ,\r\n")),
            "lint": self.answers,
        }
        return {name: value for name, value in fields.items() if value not in ("", [], [""], {})}

    def check(self) -> QuestionContent | None:
        """The content typed, or None; what the rules say of it is put beside the fields."""
        if self.is_new:
            self._check_slug()
        content, problems = files.checked(QuestionContent, self.written, file=self.slug)
        for problem in problems:
            self.refuse(problem.field, problem.message)
        self._lint(content or _unchecked(self.written), {problem.field for problem in problems})
        return None if self.shortcomings else content

    def _check_slug(self) -> None:
        try:
            TypeAdapter(files.Slug).validate_python(self.slug)
        except ValidationError as problem:
            self.refuse("slug", str(problem.errors()[0]["ctx"]["error"]))
        if self.exam.questions.filter(slug=self.slug).exists():
            self.refuse("slug", "is the name of another question")

    def _lint(self, content: QuestionContent | None, known: set[str]) -> None:
        """What lint says; on malformed content (``known`` fields) its errors only."""
        if content is None:
            return
        unanswered = content if known else content.model_copy(update={"lint": {}})
        for finding in bank.check(self.exam, files.Question(self.slug, unanswered)):
            if finding.is_error and not _is_about(finding.field, known):
                self.refuse(finding.field, finding.message)
            elif not finding.is_error and not known:
                place, _ = self._place(finding.field)
                warned = self.warned.setdefault(finding.rule, Warned(finding.rule))
                warned.messages.append(f"{place} {finding.message}.")
        for rule in self.answers:
            if not lint.is_answerable(rule):
                self.refuse(f"lint.{rule}", "cannot be answered")

    def refuse(self, name: str, message: str) -> None:
        """Put an error beside the field that content files call ``name``."""
        place, target = self._place(name)
        message = re.sub(r"(options|prompts)\[\d+\]", lambda row: self._place(row[0])[0], message)
        self.shortcomings.append(Shortcoming(place, message, target))
        self._show(name, _sentence(message))

    def _show(self, name: str, message: str) -> None:
        """Add ``message`` to the errors of a form's field, or of a set of rows."""
        part, index, inner = _split(name)
        forms_of = {"options": self.option_forms, "prompts": self.prompt_forms}.get(part)
        if forms_of is not None and index is not None:
            row = forms_of[index]
            row.add_error(inner if inner in row.fields and inner != "id" else "text", message)
        elif part == "options":
            self.option_errors.append(message)
        elif part == "prompts":
            self.prompt_errors.append(message)
        elif part in self.head.fields or part == "notes":
            self.head.add_error("note" if part == "notes" else part, message)

    def _place(self, name: str) -> tuple[str, str]:
        """The label of a field and the id of its control."""
        part, index, inner = _split(name)
        if part == "options" and index is not None:
            form = self.option_forms[index]
            inner = inner if inner in ("rationale", "tempts") else "text"
            return f"Option {form['id'].value()}, {inner}", form[inner].id_for_label
        if part == "prompts" and index is not None:
            form = self.prompt_forms[index]
            inner = "match" if inner == "match" else "text"
            return f"Prompt {index + 1}, {inner}", form[inner].id_for_label
        if part == "lint":
            return f"The answer to {inner}", f"{ANSWER}{inner}"
        if part == "notes":
            part = "note"
        if part in self.head.fields:
            return str(self.head[part].label), self.head[part].id_for_label
        return part.capitalize() or "The question", part or "sheet"


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:] + ("" if message[-1:] in ".?!" else ".")


def _split(name: str) -> tuple[str, int | None, str]:
    """``options[2].text`` as ("options", 2, "text")."""
    part, index, inner = re.match(r"(\w*)(?:\[(\d+)\])?\.?(.*)", name).groups()  # type: ignore[union-attr]
    return part, int(index) if index else None, inner


def _is_about(name: str, known: Iterable[str]) -> bool:
    """Whether a field, or a part or the whole of it, is among the ``known``."""
    return any(name.startswith(other) or other.startswith(name) for other in known)


def _option_choices(options: BaseFormSet[Any]) -> Choices:
    rows = [(form["id"].value() or "", form["text"].value() or "") for form in options]
    return [(option, f"{option}: {' '.join(text.split())[:60]}") for option, text in rows if option]


def _filled(rows: BaseFormSet[Any], *parts: str) -> list[forms.Form]:
    """The rows in which anything was typed."""
    return [form for form in rows if any(form[part].value() for part in parts)]


def _option(form: forms.Form, *, kind: str) -> dict[str, Any]:
    row = form.cleaned_data
    is_marked = kind not in (Kind.ORDERING, Kind.MATCHING)  # their key is not in the check boxes
    return {
        "id": row["id"],
        "correct": row["correct"] and is_marked,
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


def _unchecked(written: Mapping[str, Any]) -> QuestionContent | None:
    """Malformed content, so far as the rules of lint can read it."""
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


# ---- The preview -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option as candidates see it, with what they see after the exam."""

    place: str
    letter: str
    html: str
    rationale_html: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    number: int
    html: str
    right_letter: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A question as candidates will see it; what is missing shows as missing."""

    kind: str
    stem_html: str
    options: tuple[ShownOption, ...]
    prompts: tuple[ShownPrompt, ...]
    wanted: int

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Preview:
        options = written.get("options", ())
        letters = {row["id"]: letter_of(place) for place, row in enumerate(options, start=1)}
        return cls(
            kind=written.get("kind", Kind.CHOICE),
            stem_html=_html(written.get("stem", ""), rendering.render),
            options=tuple(_shown(row, place) for place, row in enumerate(options, start=1)),
            prompts=tuple(
                ShownPrompt(
                    number=number,
                    html=_html(row["text"], rendering.render_inline),
                    right_letter=letters.get(row["match"], "?"),
                )
                for number, row in enumerate(written.get("prompts", ()), start=1)
            ),
            wanted=sum(row["correct"] for row in options) or 1,
        )

    @property
    def template(self) -> str:
        kind = self.kind if self.kind in (Kind.ORDERING, Kind.MATCHING) else "choice"
        return f"exams/_{kind}.html"

    @property
    def places(self) -> list[tuple[int, str]]:
        """For ordering: each place of the sequence, with nothing there yet."""
        return [(number, "") for number in range(1, len(self.options) + 1)]


def _shown(row: Mapping[str, Any], place: int) -> ShownOption:
    return ShownOption(
        place=str(place),
        letter=letter_of(place),
        html=_html(row["text"], rendering.render_inline),
        rationale_html=_html(row["rationale"], rendering.render),
        is_right=row["correct"],
    )


def _html(text: str, render: Callable[[str], str]) -> str:
    try:
        return render(text)
    except rendering.UnrenderableText as problem:
        return escape(f"(cannot be shown: {problem})")
