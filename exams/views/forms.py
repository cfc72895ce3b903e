"""Django forms: a candidate's choices for a custom exam or study, an author's for a fixed form."""

from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.models import Attempt, Mode
from exams.recipes import MOST_ITEMS, MOST_MINUTES, Recipe, Source
from questions.kinds import Kind
from questions.models import Exam, NoteSection, Task

ITEMS = {Mode.STUDY: 10, Mode.CUSTOM: 20}
"""How many questions are proposed."""
KIND_LABELS = {
    Kind.CHOICE: _("Multiple choice"),
    Kind.RESPONSE: _("Multiple response"),
    Kind.ORDERING: _("Ordering"),
    Kind.MATCHING: _("Matching"),
}
SOURCES = [source for source in Source if source is not Source.DUE]
MINUTES_HELP = {
    Mode.STUDY: _("Leave empty for no limit."),
    Mode.CUSTOM: _("At the pace of the real exam unless you change it."),
}


class PracticeForm(forms.Form):
    """For one mode of one exam, whose domains, tasks, sections and kinds it offers."""

    items = forms.IntegerField(min_value=1, max_value=MOST_ITEMS, label=_("Number of questions"))
    minutes = forms.IntegerField(min_value=1, max_value=MOST_MINUTES, required=False)
    source = forms.ChoiceField(
        choices=[(source.value, source.label.capitalize()) for source in SOURCES],
        widget=forms.RadioSelect,
        label=_("Questions from"),
    )
    domains = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    tasks = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    section = forms.ChoiceField(required=False, label=_("Note section"))
    kinds = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("Question type")
    )
    difficulties = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (1, _("Recall")),
            (2, _("Apply")),
            (3, _("Analyze")),
        ],
        label=_("Difficulty"),
    )
    attempt = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, given: QueryDict, *, user: User, exam: Exam, mode: Mode) -> None:
        super().__init__(given)
        self.user, self.exam, self.mode = user, exam, mode
        tasks = Task.objects.filter(domain__exam=exam).select_related("domain")
        self._tasks = list(tasks.order_by("domain__code", "code"))
        sections = NoteSection.objects.filter(exam=exam, removed_at=None).order_by("position")
        domains = {task.domain.code: task.domain for task in self._tasks}
        choices = {
            "domains": [(code, f"{code}. {domain.title}") for code, domain in domains.items()],
            "tasks": [(task.code, str(task)) for task in self._tasks],
            "section": [("", "Any"), *sections.values_list("anchor", "title")],
            "kinds": [(kind, KIND_LABELS[Kind(kind)]) for kind in exam.kinds],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]  # all are choices
        self.fields["minutes"].help_text = MINUTES_HELP[mode]

    @classmethod
    def proposed(cls, given: QueryDict, *, user: User, exam: Exam, mode: Mode) -> PracticeForm:
        """Filled in as proposed, except for what a link gives."""
        filled = given.copy()
        filled.setdefault("items", str(ITEMS[mode]))
        filled.setdefault("source", Source.ALL.value)
        items = str(filled["items"])
        if mode is Mode.CUSTOM and items.isdecimal() and len(items) < 4:
            filled.setdefault("minutes", str(pace(exam, int(items))))
        return cls(filled, user=user, exam=exam, mode=mode)

    @property
    def is_narrowed(self) -> bool:
        """Whether one of the rarer conditions is chosen, or refused."""
        names = ("tasks", "section", "kinds", "difficulties")
        return any(self[name].data or self[name].errors for name in names)

    @property
    def single_attempt(self) -> Attempt | None:
        """The own closed attempt whose misses are practised, when a link named one."""
        self.full_clean()
        one: Attempt | None = self.cleaned_data.get("attempt")
        return one

    def clean_attempt(self) -> Attempt | None:
        attempt_id = self.cleaned_data["attempt"]
        if attempt_id is None:
            return None
        own = Attempt.objects.of(self.user).closed().filter(exam=self.exam, pk=attempt_id).first()
        if own is None:
            raise forms.ValidationError("This attempt is not one of yours at this exam.")
        return own

    def wanted(self, *, at_most: int | None = None) -> Wanted:
        """What the valid form asks for, with ``at_most`` so many questions."""
        given = self.cleaned_data
        items = given["items"] if at_most is None else min(at_most, given["items"])
        domains, tasks = self._subjects()
        one = given["attempt"] if given["source"] == Source.MISSED else None
        recipe = Recipe(
            items=items,
            minutes=self._minutes(items),
            source=Source(given["source"]),
            domains=domains,
            tasks=tasks,
            section=given["section"],
            kinds=tuple(given["kinds"]),
            difficulties=tuple(given["difficulties"]),
            attempt=str(one.pk) if one else "",
        )
        return Wanted(mode=self.mode, recipe=recipe, section=self._section(given["section"]))

    def _minutes(self, items: int) -> int | None:
        minutes: int | None = self.cleaned_data["minutes"]
        if self.mode is not Mode.CUSTOM:
            return minutes
        # Nobody who asks for fewer questions wants the time that was proposed for more.
        proposed = minutes in (None, pace(self.exam, self.cleaned_data["items"]))
        return pace(self.exam, items) if proposed else minutes

    def _subjects(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Codes of domains and of tasks: chosen tasks narrow their own domain, and no other."""
        domains, tasks = self.cleaned_data["domains"], self.cleaned_data["tasks"]
        if not domains or not tasks:
            return tuple(domains), tuple(tasks)
        narrowed = {task.domain.code for task in self._tasks if task.code in tasks}
        whole = set(domains) - narrowed
        return (), tuple(
            task.code for task in self._tasks if task.code in tasks or task.domain.code in whole
        )

    def _section(self, anchor: str) -> NoteSection | None:
        return NoteSection.objects.get(exam=self.exam, anchor=anchor) if anchor else None


def pace(exam: Exam, items: int) -> int:
    """The minutes in which ``items`` questions are asked at the pace of the exam."""
    return min(max(int(items * exam.minutes / exam.items + 0.5), 1), MOST_MINUTES)


class NewFixedForm(forms.Form):
    """What a fixed form is called, how long it lasts and how it is drawn."""

    exam = forms.ModelChoiceField(Exam.objects.order_by("code"), to_field_name="slug")
    title = forms.CharField(max_length=100)
    slug = forms.SlugField(
        max_length=60,
        required=False,
        label="Name in the address",
        help_text="Empty: made of the title.",
    )
    minutes = forms.IntegerField(
        min_value=1, max_value=MOST_MINUTES, required=False, help_text="Empty: as long as the exam."
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        help_text="The same seed draws the same questions from the same bank. Empty: by chance.",
    )
