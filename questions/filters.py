"""What the list of questions can be narrowed to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from questions import checking
from questions.models import Domain, Exam, NoteImage, NoteSection, Question, Task

Choices = list[tuple[str, str]]


class _Filter(admin.SimpleListFilter):
    """A filter whose choice becomes one condition on the questions."""

    template = "admin/questions/filter.html"
    condition: str

    def queryset(self, request: HttpRequest, questions: QuerySet[Question]) -> QuerySet[Question]:
        value = self.value()
        if value is None or value not in {choice for choice, _ in self.lookup_choices}:
            return questions
        return questions.filter(**{self.condition: value})


class StateFilter(admin.SimpleListFilter):
    """Whether new attempts draw the question."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("published", "Published"), ("retired", "Retired"), ("draft", "Never published")]

    def queryset(self, request: HttpRequest, questions: QuerySet[Question]) -> QuerySet[Question]:
        match self.value():
            case "published":
                return questions.filter(retired_at=None, published__isnull=False)
            case "retired":
                return questions.filter(retired_at__isnull=False)
            case "draft":
                return questions.filter(published=None)
        return questions


class ExamFilter(_Filter):
    title = "exam"
    parameter_name = "exam"
    condition = "exam__slug"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return list(Exam.objects.order_by("code").values_list("slug", "code"))


class DomainFilter(_Filter):
    title = "domain"
    parameter_name = "domain"
    condition = "published__task__domain"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        domains = Domain.objects.select_related("exam")
        return [(str(domain.pk), f"{domain.exam.code}: {domain}") for domain in domains]


class TaskFilter(_Filter):
    title = "task"
    parameter_name = "task"
    condition = "published__task"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        tasks = Task.objects.select_related("domain__exam").order_by("domain__exam__code", "code")
        return [(str(task.pk), f"{task.domain.exam.code}: {task}") for task in tasks]


class NoteFilter(_Filter):
    title = "note section"
    parameter_name = "note"
    condition = "published__notes"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        sections = NoteSection.objects.order_by("title").values_list("pk", "title")
        return [(str(pk), title) for pk, title in sections]


class WarningFilter(admin.SimpleListFilter):
    """Questions of which lint has something to say; checked when asked for."""

    title = "check"
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("found", "Errors or open warnings"), ("clean", "Nothing found")]

    def queryset(self, request: HttpRequest, questions: QuerySet[Question]) -> QuerySet[Question]:
        if self.value() not in ("found", "clean"):
            return questions
        found = checking.questions_with_findings()
        narrowed = questions.filter if self.value() == "found" else questions.exclude
        return narrowed(pk__in=found)


class StatusFilter(admin.SimpleListFilter):
    """Note sections by whether something is said of their service's future."""

    title = "service status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("noted", "Noted"), ("none", "None")]

    def queryset(
        self, request: HttpRequest, sections: QuerySet[NoteSection]
    ) -> QuerySet[NoteSection]:
        if self.value() == "noted":
            return sections.exclude(status="")
        return sections.filter(status="") if self.value() == "none" else sections


class RemovedFilter(admin.SimpleListFilter):
    """Note sections by whether they still stand in the notes."""

    title = "removed"
    parameter_name = "removed"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("no", "No"), ("yes", "Yes, kept for questions")]

    def queryset(
        self, request: HttpRequest, sections: QuerySet[NoteSection]
    ) -> QuerySet[NoteSection]:
        if self.value() not in ("no", "yes"):
            return sections
        return sections.filter(removed_at__isnull=self.value() == "no")


class MissingFilter(admin.SimpleListFilter):
    """Images by whether there is a file."""

    title = "file"
    parameter_name = "file"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("held", "Held"), ("missing", "Missing")]

    def queryset(self, request: HttpRequest, images: QuerySet[NoteImage]) -> QuerySet[NoteImage]:
        if self.value() == "missing":
            return images.filter(file="", svg="")
        return images.exclude(file="", svg="") if self.value() == "held" else images
