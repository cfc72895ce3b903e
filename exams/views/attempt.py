"""The exam screens. Every view starts from the candidate's own attempts: a stranger gets 404."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import Request
from exams.engine import attempts, saves
from exams.engine import study as study_engine
from exams.engine.annotations import LONGEST_NOTE, MalformedAnnotations, parse_annotations
from exams.engine.receipt import received_at
from exams.engine.saves import AnnotationsSave, Save, Saved
from exams.engine.secrecy import NotExplainedYet
from exams.models import Attempt, Confidence, Outcome, Response
from exams.pages.explanations import load_explained_question
from exams.pages.screens import FILTERS, load_question, load_questions, load_sheet
from questions.kinds import MalformedAnswer

P = ParamSpec("P")

REFUSALS = {
    Outcome.STALE: _("A newer answer to this question was saved in another window."),
    Outcome.SUPERSEDED: _("This exam was continued in another window or on another device."),
    Outcome.LATE: _("Time was up before this answer arrived, so it does not count."),
    Outcome.CLOSED: _("The exam was already submitted, so this answer does not count."),
    Outcome.REVEALED: _("The explanation was shown before this answer arrived. It is final."),
}
BLANK_CHECK = _(
    "You have not answered this question. If you see the answer now, it counts as wrong."
)


AttemptView = Callable[Concatenate[Request, Attempt, datetime, P], HttpResponse]


def with_open_attempt(view: AttemptView[P]) -> Callable[..., HttpResponse]:
    """Hand the view the candidate's own open attempt and the time of the request.

    An attempt that is over leads to its report instead, whoever notices it first. In the grace
    after the deadline nothing is shown any more, but saves that are on their way still count.
    """

    @wraps(view)
    def wrapper(
        request: Request, attempt_id: uuid.UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        now = timezone.now()
        own = Attempt.objects.of(request.user).with_titles()
        attempt = get_object_or_404(own, pk=attempt_id)
        if attempts.close_if_expired(attempt, now=now):
            return _leave_for(request, reverse("results:report", args=[attempt.pk]))
        if request.method == "GET" and attempt.is_expired(now):
            return render(request, "exams/time_up.html", {"attempt": attempt})
        if request.method == "GET" and attempt.paused_at is not None:
            return _paused_page(request, attempt, now)
        return view(request, attempt, now, *args, **kwargs)

    return wrapper


def _paused_page(request: Request, attempt: Attempt, now: datetime) -> HttpResponse:
    context = {
        "attempt": attempt,
        "answered": attempt.responses.exclude(answer=[]).count(),
        "total": attempt.responses.count(),
        "left": attempt.remaining(now),
    }
    return render(request, "exams/paused.html", context)


@never_cache
@require_GET
@with_open_attempt
def resume(request: Request, attempt: Attempt, now: datetime) -> HttpResponse:
    """Where to go on: the question last seen."""
    return redirect("exams:question", attempt.pk, attempt.last_position)


@gzip_page
@never_cache
@require_http_methods(["GET", "POST"])
def question(request: Request, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    """One question; POST is the plain form of a browser without JavaScript."""
    if request.method == "POST":
        return _save_by_form(request, attempt_id, timezone.now(), position)
    return _shown_question(request, attempt_id=attempt_id, position=position)


@with_open_attempt
def _shown_question(
    request: Request, attempt: Attempt, now: datetime, position: int
) -> HttpResponse:
    return _question_page(request, attempt, now, position)


def _question_page(
    request: Request,
    attempt: Attempt,
    now: datetime,
    position: int,
    *,
    given: Sequence[str] | None = None,
    refusal: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    try:
        shown = load_question(attempt, position, given=given)
    except Response.DoesNotExist:
        raise Http404 from None
    context = {
        "attempt": attempt,
        "sheet": load_sheet(attempt),
        "question": shown,
        **(_explanation(attempt, position) if shown.revealed else {}),
        "confidences": Confidence.choices,
        "longest_note": LONGEST_NOTE,
        "remaining_ms": attempt.remaining_ms(now),
        "refusal": refusal,
    }
    template = "exams/_screen.html" if request.htmx else "exams/question.html"
    return render(request, template, context, status=status)


def _explanation(attempt: Attempt, position: int) -> dict[str, Any]:
    try:
        return {"explained": load_explained_question(attempt, position)}
    except NotExplainedYet as refusal:
        return {"withheld": str(refusal)}


@gzip_page
@never_cache
@require_GET
@with_open_attempt
def questions(request: Request, attempt: Attempt, now: datetime) -> HttpResponse:
    """All questions at once, for a window to go on with while it is offline."""
    context = {
        "attempt": attempt,
        "questions": load_questions(attempt),
        "total": attempt.responses.count(),
        "confidences": Confidence.choices,
        "longest_note": LONGEST_NOTE,
    }
    return render(request, "exams/_questions.html", context)


_refused_question = with_open_attempt(_question_page)


def _save_by_form(
    request: Request, attempt_id: uuid.UUID, now: datetime, position: int
) -> HttpResponse:
    # Saved before anything is looked at: a late answer belongs into the journal too.
    save = save_from(request.POST, position, shown=_wanted(request.POST, position))
    saved = _outcome_of(lambda: _save_answer(request, attempt_id, save, now))
    refusal: dict[str, Any]
    if isinstance(saved, str):
        refusal, status = {"message": saved}, 422
    elif saved.is_acknowledged and request.POST.get("go") == "check" and not any(save.given):
        refusal, status = {"message": BLANK_CHECK, "blank": True}, 422
    elif saved.is_acknowledged:
        return _move_on(request, attempt_id, position)
    elif saved.outcome in (Outcome.CLOSED, Outcome.LATE):
        _warn_once(request, str(REFUSALS[saved.outcome]))
        return redirect("exams:attempt", attempt_id)
    else:
        refusal, status = {"message": REFUSALS[saved.outcome], saved.outcome.value: True}, 409
    page = {"given": save.given, "refusal": refusal, "status": status}
    return _refused_question(request, attempt_id=attempt_id, position=position, **page)


def _save_answer(request: Request, attempt_id: uuid.UUID, save: Save, now: datetime) -> Saved:
    received = received_at(request, now=now)
    return saves.save_answer(user=request.user, attempt_id=attempt_id, save=save, now=received)


def _outcome_of(save: Callable[[], Saved]) -> Saved | str:
    """What became of a save, or in words what is wrong with it; 404 where there is no such row."""
    try:
        return save()
    except Response.DoesNotExist:
        raise Http404 from None
    except (MalformedAnswer, MalformedAnnotations) as malformed:
        return str(malformed)


def _warn_once(request: Request, text: str) -> None:
    """A window that comes back online sends many answers; one warning says it of all."""
    waiting = messages.get_messages(request)
    told = {str(message) for message in waiting}
    waiting.used = False  # type: ignore[union-attr]  # a list only without the middleware
    if text not in told:
        messages.warning(request, text)


def _move_on(request: Request, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    go = request.POST.get("go", "")
    if go in ("flag", "unflag"):
        attempts.set_flag(
            user=request.user, attempt_id=attempt_id, position=position, flagged=go == "flag"
        )
    if go in ("check", "show"):
        return reveal(request, attempt_id, position)
    if go == "exit":
        return redirect("home")
    last = Response.objects.filter(attempt=attempt_id).count()
    wanted = _wanted(request.POST, position)
    if go == "review" or wanted > last:
        return redirect(f"{reverse('exams:review', args=[attempt_id])}?from={min(position, last)}")
    return redirect("exams:question", attempt_id, wanted)


def _wanted(form: QueryDict, position: int) -> int:
    """The question that a plain form goes to; behind the last one there is the review."""
    steps = {"next": position + 1, "previous": max(position - 1, 1)}
    return steps.get(form.get("go", ""), position)


def save_from(form: QueryDict, position: int, *, shown: int | None = None) -> Save:
    """Read a save from a form. Raises Http404 for numbers that no page of ours sends."""
    epoch, rev = _numbers_of(form)
    given = form.getlist("answer")
    return Save(position=position, epoch=epoch, rev=rev, given=given, open=shown or _open_in(form))


def _open_in(form: QueryDict) -> int | None:
    """Which question the window shows that sent a form; windows of older pages do not say."""
    return _position(form.get("open", ""))


def _position(written: str) -> int | None:
    is_one = written.isascii() and written.isdecimal() and len(written) < 5
    return int(written) if is_one else None


def _numbers_of(form: QueryDict) -> tuple[int, int]:
    """Epoch and rev of a save. Raises Http404 for numbers that no page of ours sends."""
    try:
        epoch, rev = int(form.get("epoch", "")), int(form.get("rev", ""))
    except ValueError:
        raise Http404("epoch and rev must be whole numbers") from None
    if not (0 < epoch < 2**31 and 0 < rev < 2**31):
        raise Http404("epoch and rev must be positive")
    return epoch, rev


@never_cache
@require_POST
def save(request: Request, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    """A save from the outbox; 2xx means committed. Answers in JSON, refusals with 409 or 422."""
    now = timezone.now()
    given = save_from(request.POST, position)
    saved = _outcome_of(lambda: _save_answer(request, attempt_id, given, now))
    if isinstance(saved, Saved) and saved.outcome in (Outcome.CLOSED, Outcome.LATE):
        # For the report, where the window goes now.
        _warn_once(request, str(REFUSALS[saved.outcome]))
    return _save_reply(saved, now)


def _save_reply(saved: Saved | str, now: datetime) -> JsonResponse:
    """The answer to an outbox: 200 is committed, 409 refused, 422 cannot be stored at all."""
    if isinstance(saved, str):
        return JsonResponse({"outcome": "malformed", "message": saved}, status=422)
    return JsonResponse(_receipt(saved, now), status=200 if saved.is_acknowledged else 409)


def _receipt(saved: Saved, now: datetime) -> dict[str, Any]:
    clock = Attempt(deadline=saved.deadline, paused_at=saved.paused_at)
    return {
        "outcome": saved.outcome.value,
        "message": str(REFUSALS.get(saved.outcome, "")),
        "rev": saved.rev,
        "epoch": saved.epoch,
        "remaining_ms": clock.remaining_ms(now),
    }


@never_cache
@require_POST
def save_annotations(request: Request, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    """Strikes, highlights, note, confidence and flag from the outbox; replies as ``save``."""
    now = timezone.now()
    return _save_reply(
        _outcome_of(lambda: _save_annotations(request, attempt_id, position, now)), now
    )


def _save_annotations(
    request: Request, attempt_id: uuid.UUID, position: int, now: datetime
) -> Saved:
    epoch, rev = _numbers_of(request.POST)
    annotations = parse_annotations(
        struck=request.POST.getlist("struck"),
        note=request.POST.get("note", ""),
        highlights=request.POST.getlist("highlight"),
        confidence=request.POST.get("confidence", ""),
        flagged=request.POST.get("flagged", ""),
    )
    return saves.save_annotations(
        user=request.user,
        attempt_id=attempt_id,
        save=AnnotationsSave(
            position=position,
            epoch=epoch,
            rev=rev,
            annotations=annotations,
            open=_open_in(request.POST),
        ),
        now=received_at(request, now=now),
    )


@require_POST
def reveal(request: Request, attempt_id: uuid.UUID, position: int) -> HttpResponse:
    """Check the saved answer of one question of a study attempt, and show it explained."""
    now = timezone.now()
    try:
        study_engine.reveal(user=request.user, attempt_id=attempt_id, position=position, now=now)
    except Response.DoesNotExist:
        raise Http404 from None
    except Attempt.DoesNotExist:
        over = get_object_or_404(Attempt.objects.of(request.user), pk=attempt_id)
        return _leave_for(request, reverse("exams:attempt", args=[over.pk]))
    except NotExplainedYet as refusal:
        messages.warning(request, str(refusal))
        return _leave_for(request, reverse("exams:question", args=[attempt_id, position]))
    if not request.htmx:
        return redirect("exams:question", attempt_id, position)
    attempt = Attempt.objects.of(request.user).select_related("exam").get(pk=attempt_id)
    return _question_page(request, attempt, now, position)


@require_POST
def pause(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    """Stop the clock of a timed study attempt; exams have none that stops."""
    try:
        if not study_engine.pause(user=request.user, attempt_id=attempt_id, now=timezone.now()):
            messages.warning(request, _("This clock cannot be paused."))
    except Attempt.DoesNotExist:
        raise Http404 from None
    return redirect("exams:attempt", attempt_id)


@require_POST
def unpause(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    """Let the clock of a paused study attempt go on."""
    try:
        study_engine.unpause(user=request.user, attempt_id=attempt_id, now=timezone.now())
    except Attempt.DoesNotExist:
        raise Http404 from None
    return redirect("exams:attempt", attempt_id)


def _leave_for(request: Request, url: str) -> HttpResponse:
    """Send the whole window elsewhere, also when only a fragment was asked for."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


@never_cache
@require_POST
def seen(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    """Which question a window showed when it was left; what was not saved there tells nothing."""
    position, epoch = (_position(request.POST.get(name, "")) for name in ("position", "epoch"))
    if position is None or epoch is None:
        raise Http404("position and epoch must be whole numbers")
    noted = attempts.note_seen(
        user=request.user, attempt_id=attempt_id, position=position, epoch=epoch
    )
    if not noted:
        get_object_or_404(Attempt.objects.of(request.user), pk=attempt_id)
    return HttpResponse(status=204)


@never_cache
@require_GET
@with_open_attempt
def review(request: Request, attempt: Attempt, now: datetime) -> HttpResponse:
    """All questions at a glance, filtered by ``show``; ``from`` is the question to go back to."""
    show = request.GET.get("show", "")
    show = show if show in FILTERS else "all"
    sheet = load_sheet(attempt)
    back = _position(request.GET.get("from", "")) or attempt.last_position
    context = {
        "attempt": attempt,
        "sheet": sheet,
        "open": min(max(back, 1), len(sheet.cells)),
        "show": show,
        "cells": sheet.filtered(show),
        "remaining_ms": attempt.remaining_ms(now),
    }
    template = "exams/_review.html" if request.htmx else "exams/review.html"
    return render(request, template, context)


@require_POST
def take_over(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    """Make this window the one that saves."""
    try:
        attempts.take_over(user=request.user, attempt_id=attempt_id)
    except Attempt.DoesNotExist:
        closed = get_object_or_404(Attempt.objects.of(request.user), pk=attempt_id)
        return redirect("exams:attempt", closed.pk)
    if position := _position(request.POST.get("position", "")):
        return redirect("exams:question", attempt_id, position)
    return redirect("exams:attempt", attempt_id)


@never_cache
@require_http_methods(["GET", "POST"])
@with_open_attempt
def submit(request: Request, attempt: Attempt, now: datetime) -> HttpResponse:
    """Ask once more, naming what is unanswered; then hand in.

    A window whose clock ran out sends ``auto``. That closes nothing: before the deadline a
    wrong clock in a browser must not end an exam early, and in the grace after it other windows'
    saves may be on their way.
    """
    if request.method == "POST":
        if request.POST.get("auto"):
            return redirect("exams:attempt", attempt.pk)
        attempts.submit(user=request.user, attempt_id=attempt.pk, now=now)
        return redirect("results:report", attempt.pk)
    context = {
        "attempt": attempt,
        "sheet": load_sheet(attempt),
        "remaining_ms": attempt.remaining_ms(now),
    }
    return render(request, "exams/submit.html", context)


@never_cache
@require_GET
def clock(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    """How much time the server says is left, for a window that slept."""
    now = timezone.now()
    attempt = get_object_or_404(Attempt.objects.of(request.user), pk=attempt_id)
    remaining = 0 if attempt.is_closed else attempt.remaining_ms(now)
    return JsonResponse(
        {
            "remaining_ms": remaining,
            "closed": attempt.is_closed,
            "paused": attempt.paused_at is not None,
            "epoch": attempt.epoch,
        }
    )
