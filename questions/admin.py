"""The bank in the admin: questions, notes and their images, exams with their blueprint."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import (
    Count,
    F,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Left
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from questions import bank, editing, export, filters
from questions.admin_forms import (
    DomainFormSet,
    ExamForm,
    ImageForm,
    LabelledFormSet,
    NoteForm,
    note_html,
)
from questions.models import Domain, Exam, NoteImage, NoteSection, Question, QuestionVersion, Task

EXCERPT = 160  # characters of a stem that the list loads
_HEAVY = [
    f"published__{name}"
    for name in (
        *("stem", "stem_html", "options", "prompts", "rationales", "lint", "references"),
        *("reference_titles", "skills"),
    )
]


def _column(label: str, name: str) -> Callable[[Question], str]:
    """A column of the list that shows a field of the published version."""

    @admin.display(description=label, ordering=f"published__{name}")
    def column(question: Question) -> str:
        value: Any = question.published
        for part in name.split("__"):
            value = getattr(value, part, "")
        return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)

    return column


@admin.register(Question)
class QuestionAdmin(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """The list of questions; the pages behind it are in ``questions.editing``."""

    list_display = [
        *("slug", "stem", _column("Kind", "kind"), _column("Task", "task__code")),
        *(_column("Level", "difficulty"), _column("Version", "number"), "uses"),
        *(_column("Source", "source"), _column("Verified", "verified")),
        *(_column("Changed", "created_at"), "state"),
    ]
    list_display_links = ["slug"]
    list_filter = [
        *(filters.StateFilter, filters.WarningFilter, filters.ExamFilter, filters.DomainFilter),
        *(filters.TaskFilter, "published__kind", "published__difficulty", filters.NoteFilter),
    ]
    search_fields = ["slug", "published__stem", "option_texts"]
    search_help_text = "Words of the name, the stem or the options."
    ordering = ["slug"]
    list_per_page = 50
    actions = ["export_files", "check_selected", "retire", "bring_back"]
    change_list_template = "admin/questions/change_list.html"

    # ---- The list ----

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        versions = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by()
        uses = versions.values("question").annotate(uses=Count("responses")).values("uses")
        questions: QuerySet[Question] = super().get_queryset(request)
        return (
            questions.select_related("published__task")
            .defer(*_HEAVY)
            .annotate(
                excerpt=Left("published__stem", EXCERPT),
                use_count=Coalesce(Subquery(uses, output_field=IntegerField()), 0),
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Question], search_term: str
    ) -> tuple[QuerySet[Question], bool]:
        texts = Func(F("published__options"), Value("$[*].text"), function="jsonb_path_query_array")
        searched = queryset.annotate(option_texts=Cast(texts, TextField()))
        return super().get_search_results(request, searched, search_term)

    @admin.display(ordering="published__stem")
    def stem(self, question: Question) -> str:
        return Truncator(question.excerpt).words(14)  # type: ignore[attr-defined]

    @admin.display(ordering="retired_at")
    def state(self, question: Question) -> str:
        if question.retired_at:
            return "retired"
        return "published" if question.published else "never published"

    @admin.display(ordering="use_count", description="Used")
    def uses(self, question: Question) -> int:
        return question.use_count  # type: ignore[attr-defined, no-any-return]

    # ---- Actions ----

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Deleting many at once would not say which of them attempts refer to.
        return {
            name: a for name, a in super().get_actions(request).items() if name != "delete_selected"
        }

    @admin.action(description="Download as content files", permissions=["view"])
    def export_files(self, request: HttpRequest, queryset: QuerySet[Question]) -> FileResponse:
        texts = export.question_files(Question.objects.filter(pk__in=queryset.values("pk")))
        if len(texts) == 1:
            ((place, text),) = texts.items()
            return _download(PurePosixPath(place).name, text.encode())
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for place, text in texts.items():
                archive.writestr(place, text)
        return _download("questions.zip", packed.getvalue())

    @admin.action(description="Check by the rules of question writing", permissions=["view"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Question]) -> HttpResponse:
        return editing.show_check(request, only=set(queryset.values_list("pk", flat=True)))

    @admin.action(description="Retire", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        done = [editing.set_use(request, q, site=self, retired=True) for q in queryset]
        self.message_user(request, f"{sum(done)} retired.", messages.SUCCESS)

    @admin.action(description="Bring back", permissions=["change"])
    def bring_back(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        done = [editing.set_use(request, q, site=self, retired=False) for q in queryset]
        self.message_user(request, f"{sum(done)} brought back.", messages.SUCCESS)

    # ---- The pages ----

    def get_urls(self) -> list[URLPattern]:
        names, version = "questions_question", self._page(editing.version)
        pages = [
            path("add/preview/", self._page(editing.preview), name=f"{names}_try"),
            path("check/", self._page(editing.check), name=f"{names}_check"),
            path("<int:pk>/preview/", self._page(editing.preview), name=f"{names}_preview"),
            path("<int:pk>/use/", self._page(editing.use), name=f"{names}_use"),
            path("<int:pk>/versions/<int:number>/", version, name=f"{names}_version"),
        ]
        return [*pages, *super().get_urls()]

    def _page(self, view: Any) -> Any:
        return self.admin_site.admin_view(partial(view, site=self))

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return editing.add(request, site=self)

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return editing.edit(request, object_id, site=self)

    def delete_view(self, request: Any, object_id: str, extra_context: Any = None) -> HttpResponse:
        return editing.delete(request, object_id, site=self)


def _download(name: str, data: bytes) -> FileResponse:
    return FileResponse(io.BytesIO(data), as_attachment=True, filename=name)


# ---- Notes -------------------------------------------------------------------------------------


@admin.register(NoteSection)
class NoteSectionAdmin(ModelAdmin):  # type: ignore[type-arg]
    """The study notes. Sections that left the notes stay for their questions, unchanged."""

    form = NoteForm
    list_display = ["title", "exam", "position", "added", "has_status", "draws", "removed_at"]
    list_filter = ["exam", "added", filters.StatusFilter, filters.RemovedFilter]
    search_fields = ["title", "anchor", "body"]
    list_select_related = ["exam"]
    list_per_page = 100
    ordering = ["exam", "position"]
    fields = [
        *("exam", "anchor", "position", "title", "body", "status", "added", "tasks"),
        *("references", "was"),
    ]
    change_form_template = "admin/questions/note_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[NoteSection]:
        published = Question.objects.filter(published__notes=OuterRef("pk"), retired_at=None)
        count = published.order_by().values("published__notes").annotate(n=Count("pk")).values("n")
        draws = Coalesce(Subquery(count, output_field=IntegerField()), 0)
        sections: QuerySet[NoteSection] = super().get_queryset(request)
        return sections.defer("html", "search").annotate(draw_count=draws)

    @admin.display(boolean=True, ordering="status")
    def has_status(self, section: NoteSection) -> bool:
        return bool(section.status)

    @admin.display(ordering="draw_count", description="questions")
    def draws(self, section: NoteSection) -> int:
        return section.draw_count  # type: ignore[attr-defined, no-any-return]

    def has_change_permission(self, request: HttpRequest, obj: NoteSection | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.removed_at)

    def get_readonly_fields(
        self, request: HttpRequest, obj: NoteSection | None = None
    ) -> list[str]:
        return ["exam", "anchor"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: NoteSection, form: NoteForm, change: Any
    ) -> None:
        bank.save_section(obj.exam, form.section)
        obj.pk = NoteSection.objects.get(exam=obj.exam, anchor=obj.anchor).pk

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(partial(note_preview, site=self))
        name = "questions_notesection_preview"
        return [path("<int:pk>/preview/", preview, name=name), *super().get_urls()]


@require_POST
def note_preview(request: HttpRequest, pk: int, *, site: ModelAdmin[NoteSection]) -> HttpResponse:
    """The section in the form as candidates will see it."""
    section = get_object_or_404(NoteSection.objects.select_related("exam"), pk=pk)
    if not site.has_change_permission(request, section):
        raise PermissionDenied
    html = note_html(request.POST.get("body", ""), bank.pictures(section.exam))
    context = {"title": request.POST.get("title", ""), "html": html}
    return render(request, "admin/questions/note_preview.html", context)


@admin.register(NoteImage)
class NoteImageAdmin(ModelAdmin):  # type: ignore[type-arg]
    """The pictures of the notes; an upload is checked and re-encoded as a loaded file is."""

    form = ImageForm
    fields = ["exam", "name", "upload", "picture"]
    list_display = ["name", "exam", "width", "height"]
    list_filter = ["exam", filters.MissingFilter]
    list_select_related = ["exam"]
    search_fields = ["name"]

    @admin.display(description="Picture held")
    def picture(self, image: NoteImage) -> str:
        if not image.file:
            return "none"
        size = (image.file.url, image.width, image.height)
        return format_html('<img src="{}" alt="" width="{}" height="{}">', *size)

    def get_readonly_fields(self, request: HttpRequest, obj: NoteImage | None = None) -> list[str]:
        return ["exam", "name", "picture"] if obj else ["picture"]

    def save_model(
        self, request: HttpRequest, obj: NoteImage, form: ImageForm, change: Any
    ) -> None:
        obj.pk = bank.store_image(obj.exam, obj.name, form.cleaned_data["upload"]).pk


# ---- Exams -------------------------------------------------------------------------------------


class DomainInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Domain
    extra = 0
    formset = DomainFormSet
    show_change_link = True


class TaskInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Task
    formset = LabelledFormSet
    extra = 0


@admin.register(Exam)
class ExamAdmin(ModelAdmin):  # type: ignore[type-arg]
    form = ExamForm
    list_display = ["code", "title", "items", "scored_items", "minutes", "pass_mark"]
    search_fields = ["code", "title"]
    fields = [*ExamForm.Meta.fields]
    inlines = [DomainInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Exam | None = None) -> list[str]:
        return ["slug"] if obj else []  # addresses and content folders are made of it


@admin.register(Domain)
class DomainAdmin(ModelAdmin):  # type: ignore[type-arg]
    """A domain's tasks; its weight is changed beside the others', where they add up to 100."""

    list_display = ["code", "title", "exam", "weight"]
    list_filter = ["exam"]
    list_select_related = ["exam"]
    search_fields = ["title", "tasks__title"]
    readonly_fields = ["exam", "weight"]
    inlines = [TaskInline]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
