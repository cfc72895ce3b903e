"""Choosing what to sit; the rules of exams by blueprint, and their start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import guests
from accounts.http import Request, VisitorRequest
from accounts.models import ExtraTime
from exams.assembly.assemble import Wanted
from exams.assembly.offers import Offer, fixed_form_offer, half_offer, mock_offer
from exams.assembly.selection import BankTooSmall
from exams.assembly.supply import Supply, supplies
from exams.engine import attempts
from exams.engine.attempts import AttemptAlreadyOpen, NothingToAsk
from exams.engine.spaced_review import daily_queue
from exams.models import EXAM_MODES, Attempt, FixedForm, Mode
from exams.pages.sample import sample_question
from exams.recipes import Recipe
from exams.views.practice import CannotStart, become_guest, start_practice
from questions.availability import is_out_of_date
from questions.models import Exam, NoteSection
from questions.search import present_sections

TASTER_ITEMS = 10
"""What a visitor may try without an account, besides a full mock exam."""


@login_not_required
@never_cache
@require_GET
def home(request: VisitorRequest) -> HttpResponse:
    """Exams to start or resume, and the latest attempts; for visitors, what this is."""
    if isinstance(request.user, AnonymousUser):
        return _landing(request)
    own = Attempt.objects.of(request.user).with_titles()
    context = {
        "supplies": _offered(),
        "forms": list(FixedForm.objects.offered().select_related("exam")),
        "queue": daily_queue(request.user, now=timezone.now()),
        "open_attempts": own.open(),
        "closed_attempts": own.closed()[:5],
        "has_guest_work": guests.waiting(request) is not None,
    }
    return render(request, "exams/home.html", context)


def _with_notes(exams: QuerySet[Exam]) -> QuerySet[Exam]:
    """Each with ``has_notes``, which ``_ways.html`` asks for."""
    notes = NoteSection.objects.filter(exam=OuterRef("pk"), removed_at=None)
    return exams.annotate(has_notes=Exists(notes))


def _offered() -> list[Supply]:
    """What can be booked today first."""
    today = timezone.localdate()
    rows = supplies(_with_notes(Exam.objects.order_by("code")))
    return sorted(rows, key=lambda row: is_out_of_date(row.exam, today=today))


def _landing(request: VisitorRequest) -> HttpResponse:
    offered = _offered()
    exams = (cast("Any", row.exam) for row in offered)  # with what _with_notes adds
    with_notes = next((exam for exam in exams if exam.has_notes), None)
    context = {
        "supplies": offered,
        "question_count": sum(row.available for row in offered[:1]),
        "sample": sample_question(offered[0].exam) if offered else None,
        "notes_exam": with_notes,
        "sections": list(present_sections(with_notes)) if with_notes else [],
        "waiting": guests.waiting(request),
        "taster_items": TASTER_ITEMS,
    }
    return render(request, "exams/landing.html", context)


# ---- Without an account ------------------------------------------------------------------------


@login_not_required
@require_POST
def try_questions(request: VisitorRequest, slug: str) -> HttpResponse:
    """Ten questions with explanations, for a visitor."""
    exam = get_object_or_404(Exam, slug=slug)
    if (refusal := become_guest(request)) is not None:
        return refusal
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=TASTER_ITEMS))
    try:
        return start_practice(cast("Request", request), exam, wanted)
    except CannotStart as problem:
        messages.warning(request, str(problem))
        return redirect("home")


@login_not_required
@require_POST
def try_mock(request: VisitorRequest, slug: str) -> HttpResponse:
    """A full mock exam for a visitor: its rules come first, as for everybody."""
    exam = get_object_or_404(Exam, slug=slug)
    return become_guest(request) or redirect(exam)


# ---- Exams by blueprint ------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def start(request: Request, slug: str) -> HttpResponse:
    """The rules of a full mock exam, and its start."""
    return _start_or_explain(request, slug, Wanted(), mock_offer)


@never_cache
@require_http_methods(["GET", "POST"])
def start_half(request: Request, slug: str) -> HttpResponse:
    """The rules of a half mock exam, and its start."""
    return _start_or_explain(request, slug, Wanted(mode=Mode.HALF), half_offer)


@never_cache
@require_http_methods(["GET", "POST"])
def start_fixed_form(request: Request, slug: str, fixed_form: str) -> HttpResponse:
    """The rules of a fixed form, and its start."""
    offered = FixedForm.objects.offered().select_related("exam")
    found = get_object_or_404(offered, exam__slug=slug, slug=fixed_form)
    wanted = Wanted(mode=Mode.FIXED_FORM, fixed_form=found)
    return _start_or_explain(request, slug, wanted, lambda _: fixed_form_offer(found))


def _start_or_explain(
    request: Request, slug: str, wanted: Wanted, offer_of: Callable[[Supply], Offer]
) -> HttpResponse:
    if request.method != "POST":
        return _start_page(request, offer_of(_supply_of(slug)))
    # The bank is not counted first: hundreds may start at once, and the draw notices by itself.
    exam = wanted.fixed_form.exam if wanted.fixed_form else get_object_or_404(Exam, slug=slug)
    try:
        attempt = attempts.start(user=request.user, exam=exam, now=timezone.now(), wanted=wanted)
    except AttemptAlreadyOpen as already:
        open_one = gettext("You still have this open: %(title)s.")
        messages.info(request, open_one % {"title": already.attempt.title})
        return redirect("exams:attempt", already.attempt.pk)
    except BankTooSmall as small:
        # The supply may suffice and the draw not: enemies never share a form.
        offer = changed(offer_of(_supply_of(slug)), shortages=small.shortages)
        return _start_page(request, offer, status=409)
    except NothingToAsk:
        return _start_page(request, offer_of(_supply_of(slug)), status=409)
    return redirect("exams:question", attempt.pk, 1)


def _supply_of(slug: str) -> Supply:
    found = supplies(_with_notes(Exam.objects.filter(slug=slug)))
    if not found:
        raise Http404
    return found[0]


def _start_page(request: Request, offer: Offer, *, status: int = 200) -> HttpResponse:
    extra_time = ExtraTime(request.user.extra_time)
    own = Attempt.objects.of(request.user).open().with_titles()
    context = {
        "exam": offer.exam,
        "offer": offer,
        "open_attempt": own.filter(exam=offer.exam, mode__in=EXAM_MODES).first(),
        "extra_minutes": extra_time.minutes(offer.minutes, full=offer.exam.minutes)
        - int(offer.minutes),
        "last_score": _last_score(request, offer),
        "minutes": extra_time.minutes(offer.minutes, full=offer.exam.minutes),
        "forms": list(FixedForm.objects.offered().filter(exam=offer.exam)),
    }
    return render(request, "exams/start.html", context, status=status)


def _last_score(request: Request, offer: Offer) -> int | None:
    """The estimated score of the latest attempt of this sort."""
    own = Attempt.objects.of(request.user).closed().filter(exam=offer.exam, mode=offer.wanted.mode)
    same = own.filter(fixed_form=offer.wanted.fixed_form).order_by("-closed_at")
    return same.values_list("scaled_score", flat=True).first()
