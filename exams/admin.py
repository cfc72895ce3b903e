"""For operators: outages, running attempts, and what arrived too late. Nothing here is edited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from exams.engine import outages
from exams.models import AnswerEvent, Attempt, Extension, Outage


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Rows to look at: other code writes them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OutageForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Outage
        fields = ["started_at", "ended_at", "reason"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        start, end = (self.cleaned_data.get(name) for name in ("started_at", "ended_at"))
        if start and end:
            try:
                self.found = outages.preview(started_at=start, ended_at=end, now=timezone.now())
            except outages.ImpossibleOutage as problem:
                raise forms.ValidationError(str(problem)) from problem
        return cleaned


class ExtensionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    model = Extension
    extra = 0
    fields = ["attempt", "deadline_before", "deadline_after"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Outage)
class OutageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Adding one extends the attempts that ran in it; it is never changed afterwards."""

    form = OutageForm
    list_display = ["started_at", "ended_at", "reason", "recorded_by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [ExtensionInline] if obj else []

    def save_model(self, request: HttpRequest, obj: Outage, form: Any, change: Any) -> None:
        by = request.user if isinstance(request.user, User) else None
        recorded = outages.record(
            started_at=obj.started_at,
            ended_at=obj.ended_at,
            reason=obj.reason,
            by=by,
            now=timezone.now(),
        )
        obj.pk = recorded.pk
        extended = recorded.extensions.count()
        messages.info(request, f"{extended} running attempts were extended.")
        if form.found.ended:
            lost = ", ".join(str(attempt.pk) for attempt in form.found.ended)
            messages.warning(request, f"Ran out within the outage, and stay closed: {lost}")


class StillOpen(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Running")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.open() if self.value() == "open" else queryset


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    """Every candidate's deadline as it stands, extensions in it."""

    list_display = ["user", "exam", "mode", "started_at", "deadline", "extra_time", "closed_at"]
    list_filter = [StillOpen, "exam", "mode", "extra_time"]
    list_select_related = ["user", "exam"]
    search_fields = ["id", "user__email"]
    # What candidates noted for themselves is theirs.
    exclude = ["recipe"]


@admin.register(AnswerEvent)
class AnswerEventAdmin(ReadOnly):
    """The journal: what was saved, and what was refused and why."""

    list_display = ["received_at", "attempt", "position", "epoch", "rev", "answer", "outcome"]
    list_filter = ["outcome", "received_at"]
    list_select_related = ["attempt"]
    search_fields = ["attempt__id", "attempt__user__email"]
    show_full_result_count = False
