"""The Django forms of a question: its fields, and the rows of options and prompts.

They accept everything. What was typed is checked by the rules of content files (``findings``), and
the template shows the errors beside the fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import formset_factory
from django.http import QueryDict

from questions.models import KIND_CHOICES, Exam, QuestionVersion, Task

ROWS_LIMIT = 20

Choices = Sequence[tuple[str, Any]]


def _typed(label: str, widget: forms.Widget, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, strip=False, widget=widget, help_text=help_text
    )


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "cols": None})


class HeadForm(forms.Form):
    """All fields of a question except its rows."""

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
    """One option; it keeps its id when it is moved."""

    use_required_attribute = False

    id = _typed("", forms.HiddenInput())
    correct = forms.BooleanField(label="Correct", required=False)
    text = _typed("Text", _area(2))
    rationale = _typed("Rationale", _area(2))
    tempts = _typed(
        "Tempts with", forms.TextInput(), "What it names or is confused with, in a few words."
    )


class PromptForm(forms.Form):
    """One prompt of a matching question and the option that matches it."""

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
    """The choices that an exam offers to its questions (three queries)."""

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
