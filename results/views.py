"""Reports of closed attempts. Every view starts from the candidate's own: strangers get 404."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.decorators import for_authors
from accounts.http import Request
from exams.engine import attempts
from exams.engine.secrecy import NotExplainedYet
from exams.models import Attempt, Mode, Response
from exams.pages.explanations import load_explained_question
from results.comparison import ENOUGH, compare, results_of_fixed_forms
from results.receipts import Receipt, load_receipts
from results.reports import FILTERS, load_report

ATTEMPTS_PER_PAGE = 20

P = ParamSpec("P")
AttemptView = Callable[Concatenate[Request, Attempt, P], HttpResponse]


def with_closed_attempt(view: AttemptView[P]) -> Callable[..., HttpResponse]:
    """Hand the view the candidate's own closed attempt; one that still runs leads back to it."""

    @wraps(view)
    def wrapper(
        request: Request, attempt_id: uuid.UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        own = Attempt.objects.of(request.user).with_titles()
        attempt = get_object_or_404(own, pk=attempt_id)
        if not attempts.close_if_expired(attempt, now=timezone.now()):
            return redirect("exams:attempt", attempt.pk)
        return view(request, attempt, *args, **kwargs)

    return wrapper


@never_cache
@require_GET
@with_closed_attempt
def report(request: Request, attempt: Attempt) -> HttpResponse:
    """Score, pass or fail, and each domain, of one closed attempt."""
    result = load_report(attempt)
    show = request.GET.get("show", "all")
    context = {
        "report": result,
        "rules": attempt.judged_by,
        "attempt": attempt,
        "show": show,
        "rows": result.filtered(show),
        "filter_query": f"?show={show}" if show in FILTERS and show != "all" else "",
        "comparison": compare(attempt),
        "enough_others": ENOUGH,
    }
    template = "results/_questions.html" if request.htmx else "results/report.html"
    return render(request, template, context)


@never_cache
@require_GET
@with_closed_attempt
def reviewed_question(request: Request, attempt: Attempt, position: int) -> HttpResponse:
    """One question after the exam: own answer, key, rationales and where to read on."""
    try:
        explained = load_explained_question(attempt, position)
    except Response.DoesNotExist:
        raise Http404 from None
    except NotExplainedYet as refusal:
        messages.warning(request, str(refusal))
        return redirect("results:report", attempt.pk)
    show = request.GET.get("show", "")
    context = {
        "attempt": attempt,
        "explained": explained,
        **_around(attempt, position, show),
    }
    return render(request, "results/question.html", context)


def _around(attempt: Attempt, position: int, show: str) -> dict[str, object]:
    """The questions before and after ``position`` among those of the report's filter."""
    last = attempt.responses.count()
    if show not in FILTERS or show == "all":
        after = position + 1 if position < last else None
        return {"last": last, "previous": position - 1, "next": after}
    kept = [row.position for row in load_report(attempt).filtered(show)]
    return {
        "last": last,
        "previous": max((other for other in kept if other < position), default=None),
        "next": min((other for other in kept if other > position), default=None),
        "filter_query": f"?show={show}",
        "filter_label": FILTERS[show],
    }


@never_cache
@require_GET
@with_closed_attempt
def receipts(request: Request, attempt: Attempt) -> HttpResponse:
    """Every save of a closed attempt: when it was received, and what became of it."""
    rows = load_receipts(attempt)
    if request.GET.get("format") == "csv":
        return _as_csv(attempt, rows)
    return render(request, "results/receipts.html", {"attempt": attempt, "receipts": rows})


def _as_csv(attempt: Attempt, rows: Sequence[Receipt]) -> HttpResponse:
    # Numbers, times and words of our own: no cell can be taken for a formula.
    name = f"receipts-{attempt.started_at:%Y-%m-%d-%H%M}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    table = csv.writer(response)
    table.writerow(["number", "received_at", "question", "sequence", "answer", "outcome"])
    for row in rows:
        received = row.received_at.isoformat()
        table.writerow([row.number, received, row.position, row.sequence, row.answer, row.outcome])
    return response


@never_cache
@require_GET
def history(request: Request) -> HttpResponse:
    """All own attempts, latest first, or those of one mode."""
    own = Attempt.objects.of(request.user)
    sat = dict(own.order_by().values_list("mode").annotate(Count("pk")))
    mode = request.GET.get("mode", "")
    shown = own.filter(mode=mode) if mode in sat else own
    rows = shown.with_titles()
    context = {
        "page": Paginator(rows, ATTEMPTS_PER_PAGE).get_page(request.GET.get("page")),
        "mode": mode if mode in sat else "",
        "total": sum(sat.values()),
        "modes": [(mode, sat[mode]) for mode in Mode if mode in sat],
    }
    return render(request, "results/history.html", context)


@never_cache
@require_GET
@for_authors
def fixed_form_results(request: Request) -> HttpResponse:
    """How candidates did at each fixed form, for authors."""
    context = {"rows": results_of_fixed_forms(), "enough": ENOUGH}
    return render(request, "results/fixed_forms.html", context)
