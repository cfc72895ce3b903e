"""Django forms: the search in notes, and those of the admin for notes, images and exams.

The latter apply the rules of content files. The forms of a question are in ``authoring``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.models import BaseInlineFormSet
from django.utils.html import escape

from questions import content as files
from questions import export, images, rendering
from questions.content import ExamContent, Section, SectionFront
from questions.models import KIND_CHOICES, Exam, NoteImage, NoteSection, Task

TAKEN_MEANWHILE = (
    "Somebody changed this section while you wrote. Your text is below, as you wrote it; saving "
    "again replaces theirs."
)


class SearchForm(forms.Form):
    """What to look for in the notes."""

    q = forms.CharField(max_length=200, required=False)


class _Lines(forms.Field):
    """A list of words, typed one per line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return (value or "").split()


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A note section; when it is valid, ``section`` is its content."""

    references = _Lines(required=False, help_text="Addresses (https://…), one per line.")
    was = forms.CharField(widget=forms.HiddenInput, required=False)
    section: Section

    class Meta:
        model = NoteSection
        fields = [
            *("exam", "anchor", "position", "title", "body", "status", "added", "tasks"),
            "references",
        ]
        widgets = {
            "body": forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField"}),
            "status": forms.Textarea(attrs={"rows": 2}),
            "tasks": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tasks = Task.objects.select_related("domain").order_by("domain__exam", "code")
        if self.instance.pk:
            tasks = tasks.filter(domain__exam=self.instance.exam)
            self.initial["was"] = export.section_content(self.instance).digest
        if "tasks" in self.fields:  # people who may only view have no fields
            self.fields["tasks"].queryset = tasks  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The fields, checked by the rules of a note file."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and cleaned.get("was") != self.initial["was"]:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["was"] = self.initial["was"]  # type: ignore[index]
            self.add_error(None, TAKEN_MEANWHILE)
        front = self._front(cleaned)
        title, body = cleaned.get("title", ""), _normal(cleaned.get("body", ""))
        for problem in files.text_problems("", title, body):
            self.add_error("body", problem.message)
        anchor = self.instance.anchor or cleaned.get("anchor", "")
        if front:
            self.section = Section(anchor, title, body, front, cleaned.get("position", 0))
        return cleaned

    def _front(self, cleaned: Mapping[str, Any]) -> SectionFront | None:
        exam = self.instance.exam if self.instance.pk else cleaned.get("exam")
        tasks = cleaned.get("tasks") or []
        if any(task.domain.exam_id != getattr(exam, "pk", None) for task in tasks):
            self.add_error("tasks", "One of these tasks is of another exam.")
        fields = {
            "tasks": sorted(task.code for task in tasks),
            "added": cleaned.get("added", False),
            "references": cleaned.get("references", []),
            **({"status": cleaned["status"]} if cleaned.get("status") else {}),
        }
        front, problems = files.checked(SectionFront, fields, file="")
        for problem in problems:
            self.add_error(problem.field.split("[")[0], problem.message)
        return front


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n").rstrip()


def note_html(body: str, pictures: Mapping[str, rendering.Picture]) -> str:
    """The HTML of a note section, or the reason why it cannot be shown."""
    try:
        return rendering.render_note(_normal(body), pictures)
    except rendering.UnrenderableText as problem:
        return f"<p>{escape(problem)}</p>"


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]
    """A picture of the notes; the uploaded file must be one that browsers can show."""

    upload = forms.FileField(label="New file", help_text=", ".join(images.FORMATS))

    class Meta:
        model = NoteImage
        fields = ["exam", "name"]

    def clean(self) -> None:
        """Refuse names of drawings: those come from the content folder."""
        super().clean()
        if (self.instance.name or self.cleaned_data.get("name", "")).endswith(".svg"):
            self.add_error("upload", "Drawings (.svg) come from the content folder only.")

    def clean_upload(self) -> bytes:
        """The bytes of the file, if they are a picture."""
        upload: UploadedFile[bytes] = self.cleaned_data["upload"]
        if (upload.size or 0) > images.BYTES_LIMIT:
            raise ValidationError(f"Has {upload.size:,} bytes; {images.BYTES_LIMIT:,} are allowed.")
        source: bytes = upload.read()
        try:
            images.to_webp(source)
        except images.UnusableImage as problem:
            raise ValidationError(f"The file {problem}.") from None
        return source


class ExamForm(forms.ModelForm):  # type: ignore[type-arg]
    """The format of an exam."""

    kinds = forms.MultipleChoiceField(choices=KIND_CHOICES, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Exam
        fields = [
            *("slug", "code", "title", "items", "scored_items", "minutes"),
            *("scale_min", "scale_max", "pass_mark", "kinds", "notice"),
        ]
        widgets = {"notice": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        """The fields, checked by the rules of an exam.yaml."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            exam = ExamContent.model_construct(**cleaned, domains=())
            for problem in files.blueprint_problems(exam):
                if problem.field in self.fields:
                    self.add_error(problem.field, problem.message)
        return cleaned


class LabelledFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows whose fields have labels: a screen reader does not read a column's heading as one."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            field.widget.attrs["aria-label"] = field.label or name.capitalize()


class DomainFormSet(LabelledFormSet):
    """The domains of an exam; their weights add up to 100."""

    def clean(self) -> None:
        """Refuse weights that do not add up to 100."""
        super().clean()
        kept = [form for form in self.forms if not form.cleaned_data.get("DELETE")]
        total = sum(form.cleaned_data.get("weight") or 0 for form in kept)
        if total != 100 and not any(self.errors):
            raise ValidationError(f"The weights add up to {total}, not 100.")


class TaskFormSet(LabelledFormSet):
    """The tasks of a domain; a code is used once in the whole exam."""

    def clean(self) -> None:
        """Refuse a code that a task of another domain has; the error is beside the repeated row."""
        super().clean()
        others = Task.objects.filter(domain__exam=self.instance.exam).exclude(domain=self.instance)
        taken = dict(others.values_list("code", "domain__code"))
        for form in self.forms:
            code = form.cleaned_data.get("code")
            if code in taken and not form.cleaned_data.get("DELETE"):
                form.add_error("code", f"Domain {taken[code]} has a task {code} already.")
