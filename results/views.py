"""Reports of closed attempts. Every view starts from the candidate's own: strangers get 404."""

from __future__ import annotations

import uuid

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from exam_platform.http import Request
from exams import attempts
from exams.models import Attempt, Response
from results.reports import load_report, load_reviewed_question

ATTEMPTS_PER_PAGE = 20


@never_cache
@require_GET
def report(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    """Score, pass or fail, and each domain, of one closed attempt."""
    attempt = _own_attempt(request, attempt_id)
    if not attempts.close_if_expired(attempt, now=timezone.now()):
        return redirect("exams:attempt", attempt.pk)
    result = load_report(attempt)
    show = request.GET.get("show", "all")
    context = {"report": result, "attempt": attempt, "show": show, "rows": result.filtered(show)}
    template = "results/_questions.html" if request.htmx else "results/report.html"
    return render(request, template, context)


@never_cache
@require_GET
def reviewed_question(request: Request, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    """One question after the exam: own answer, key, rationales and where to read on."""
    attempt = _own_attempt(request, attempt_id)
    if not attempts.close_if_expired(attempt, now=timezone.now()):
        return redirect("exams:attempt", attempt.pk)
    try:
        reviewed = load_reviewed_question(attempt, position)
    except Response.DoesNotExist:
        raise Http404 from None
    last = attempt.responses.count()
    context = {
        "attempt": attempt,
        "reviewed": reviewed,
        "previous": position - 1,
        "next": position + 1 if position < last else None,
        "last": last,
    }
    return render(request, "results/question.html", context)


def _own_attempt(request: Request, attempt_id: uuid.UUID) -> Attempt:
    own = Attempt.objects.of(request.user).select_related("exam", "section")
    return get_object_or_404(own, pk=attempt_id)


@never_cache
@require_GET
def history(request: Request) -> HttpResponse:
    """All own attempts, latest first."""
    own = Attempt.objects.of(request.user).select_related("exam", "section")
    page = Paginator(own, ATTEMPTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "results/history.html", {"page": page})
