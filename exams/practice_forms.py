"""What a candidate may choose for a custom exam or for study."""

from __future__ import annotations

from typing import Any

from django import forms

from exams.drawing import Wanted
from exams.models import Mode
from exams.recipes import MOST_ITEMS, MOST_MINUTES, Recipe, Source
from questions.kinds import Kind
from questions.models import Exam, NoteSection, Task

ITEMS = 10
KIND_LABELS = {
    Kind.CHOICE: "Choose one",
    Kind.RESPONSE: "Choose several",
    Kind.ORDERING: "Put in order",
    Kind.MATCHING: "Match",
}
SOURCES = [source for source in Source if source is not Source.DUE]


class PracticeForm(forms.Form):
    """Bound to one exam, whose domains, tasks, sections and kinds it offers."""

    mode = forms.ChoiceField(
        choices=[
            (Mode.STUDY, "Study: each answer is explained when you check it"),
            (Mode.CUSTOM, "Custom exam: against the clock, explained at the end"),
        ],
        widget=forms.RadioSelect,
        initial=Mode.STUDY,
        label="How",
    )
    items = forms.IntegerField(
        min_value=1, max_value=MOST_ITEMS, initial=ITEMS, label="Number of questions"
    )
    minutes = forms.IntegerField(
        min_value=1,
        max_value=MOST_MINUTES,
        required=False,
        help_text="Empty: study is untimed, an exam runs at the pace of the real one.",
    )
    source = forms.ChoiceField(
        choices=[(source.value, source.label.capitalize()) for source in SOURCES],
        initial=Source.ALL.value,
        widget=forms.RadioSelect,
        label="Drawn from",
    )
    domains = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    task = forms.ChoiceField(required=False)
    section = forms.ChoiceField(required=False, label="Section of the notes")
    kinds = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    difficulties = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        choices=[(1, "Recall"), (2, "Apply"), (3, "Analyse")],
        label="Difficulty",
    )

    def __init__(self, *args: Any, exam: Exam, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exam = exam
        tasks = Task.objects.filter(domain__exam=exam).order_by("domain__code", "code")
        sections = NoteSection.objects.filter(exam=exam, removed_at=None).order_by("position")
        choices = {
            "domains": [(d.code, f"{d.code}. {d.title}") for d in exam.domains.all()],
            "task": [("", "Any"), *((task.code, str(task)) for task in tasks)],
            "section": [("", "Any"), *sections.values_list("anchor", "title")],
            "kinds": [(kind, KIND_LABELS[Kind(kind)]) for kind in exam.kinds],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]  # all are choices

    def wanted(self) -> Wanted:
        """What the valid form asks for."""
        given = self.cleaned_data
        mode = Mode(given["mode"])
        minutes = given["minutes"]
        if mode is Mode.CUSTOM and minutes is None:
            minutes = max(round(given["items"] * self.exam.minutes / self.exam.items), 1)
        recipe = Recipe(
            items=given["items"],
            minutes=minutes,
            source=Source(given["source"]),
            domains=tuple(given["domains"]),
            tasks=(given["task"],) if given["task"] else (),
            section=given["section"],
            kinds=tuple(given["kinds"]),
            difficulties=tuple(given["difficulties"]),
        )
        return Wanted(mode=mode, recipe=recipe, section=self._section(given["section"]))

    def _section(self, anchor: str) -> NoteSection | None:
        return NoteSection.objects.get(exam=self.exam, anchor=anchor) if anchor else None
