"""Item statistics and alarms, for authors."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.decorators import for_authors
from accounts.http import Request
from exams.views.authors import for_publishers
from questions.models import Exam, Question
from results import item_alarms, item_pages, sample_gates
from results.item_statistics import LATEST
from results.models import ItemAlarm

ROWS_PER_PAGE = 50


class SettlingForm(forms.Form):
    """What an author found or did about an alarm."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "What you found and did. Other authors read it when they meet the question again."
        ),
    )


@never_cache
@require_GET
@for_authors
def alarms(request: Request) -> HttpResponse:
    """Conspicuous questions: those that wait for an author, or those that were settled."""
    is_open = request.GET.get("state") != "settled"
    page = Paginator(item_pages.alarms(is_open=is_open), ROWS_PER_PAGE)
    shown = page.get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "rows": item_pages.alarm_rows(shown.object_list),
        "is_open": is_open,
    }
    return render(request, "results/item_alarms.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@for_authors
@for_publishers
def alarm(request: Request, alarm_id: int) -> HttpResponse:
    """One alarm, and its end by an author's reason."""
    found = get_object_or_404(
        ItemAlarm.objects.select_related("version__question__exam", "settled_by"), pk=alarm_id
    )
    form = SettlingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _settle(request, alarm_id, form.cleaned_data["reason"])
    context = {
        "row": item_pages.alarm_rows([found])[0],
        "form": form,
        "may_settle": request.user.has_perm("questions.add_questionversion"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "results/item_alarm.html", context, status=status)


def _settle(request: Request, alarm_id: int, reason: str) -> HttpResponse:
    try:
        item_alarms.settle(alarm_id, by=request.user, reason=reason, now=timezone.now())
    except item_alarms.NotOpen:
        messages.warning(request, _("This alarm was settled before. Your reason was not saved."))
        return redirect("results:item_alarm", alarm_id)
    messages.success(request, _("Settled."))
    return redirect("results:item_alarms")


@never_cache
@require_GET
@for_authors
def items(request: Request) -> HttpResponse:
    """The statistics of all questions that are asked today."""
    order = request.GET.get("order", "")
    order = order if order in item_pages.ORDERS else "facility"
    exams = list(Exam.objects.order_by("code").values_list("slug", "code"))
    exam = request.GET.get("exam", "")
    exam = exam if exam in dict(exams) else ""
    rows = item_pages.statistics_of_items(order=order, exam=exam)
    context = {
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "orders": item_pages.ORDERS.items(),
        "order": order,
        "exams": exams,
        "exam": exam,
        "freshness": item_pages.freshness(),
        "gates": sample_gates,
    }
    return render(request, "results/items.html", context)


@never_cache
@require_GET
@for_authors
def item(request: Request, question_id: int) -> HttpResponse:
    """The statistics of one question, version by version, and its alarms."""
    question = get_object_or_404(Question.objects.select_related("exam"), pk=question_id)
    context = {
        "question": question,
        "versions": item_pages.versions_of(question),
        "alarms": item_pages.alarms_of(question),
        "gates": sample_gates,
        "latest": LATEST,
    }
    return render(request, "results/item.html", context)


@never_cache
@require_GET
@for_authors
def form_statistics(request: Request) -> HttpResponse:
    """How reliable the scores of fixed forms are."""
    context = {"rows": item_pages.statistics_of_forms(), "gates": sample_gates}
    return render(request, "results/form_statistics.html", context)
