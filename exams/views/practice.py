"""Choosing and starting custom exams, study and daily reviews."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import guests
from accounts.http import Request, VisitorRequest
from accounts.models import ExtraTime, User
from exams.assembly.assemble import Wanted
from exams.assembly.fit import Fit, fit
from exams.assembly.selection import BankTooSmall, Shortage
from exams.engine import attempts
from exams.engine.attempts import AttemptAlreadyOpen, NothingToAsk
from exams.models import EXAM_MODES, STUDY_MODES, Attempt, Mode
from exams.recipes import Recipe, Source
from exams.views.forms import PracticeForm
from questions.models import Exam, NoteSection

SECTION_ITEMS = 10
"""The most questions that one practice of a section asks."""
REVIEW_ITEMS = 20
"""The most questions of one daily review."""


@never_cache
@require_http_methods(["GET", "POST"])
def custom(request: Request, slug: str) -> HttpResponse:
    """Choose what a custom exam asks and how long it lasts."""
    return _build(request, slug, Mode.CUSTOM)


@never_cache
@require_http_methods(["GET", "POST"])
def study(request: Request, slug: str) -> HttpResponse:
    """Choose what to study."""
    return _build(request, slug, Mode.STUDY)


def _build(request: Request, slug: str, mode: Mode) -> HttpResponse:
    """The form of one mode: a GET fills it in by its query string; htmx asks only for the count."""
    exam = get_object_or_404(Exam, slug=slug)
    now = timezone.now()
    if request.method == "GET":
        form = PracticeForm.proposed(request.GET, user=request.user, exam=exam, mode=mode)
        return _page(request, form, now)
    form = PracticeForm(request.POST, user=request.user, exam=exam, mode=mode)
    if request.htmx:
        return render(request, "exams/_count.html", _counted(request, form, now))
    if not form.is_valid():
        return _page(request, form, now, status=422)
    if request.POST.get("do") == "count":
        return _page(request, form, now)
    return _start_chosen(request, form, now)


def _start_chosen(request: Request, form: PracticeForm, now: datetime) -> HttpResponse:
    wanted = form.wanted()
    # Before anything is counted: what it began may have left too few for a second one.
    before = attempts.begun_before(user=request.user, exam=form.exam, now=now, wanted=wanted)
    if before is not None:
        return redirect("exams:question", before.pk, 1)
    found = fit(request.user, form.exam, wanted, now=now)
    try:
        _refuse_too_few(found, accept_fewer=request.POST.get("do") == "fewer")
        return start_practice(request, form.exam, form.wanted(at_most=found.largest))
    except CannotStart as problem:
        # Of an exam that stands in the way the page speaks by itself.
        if form.mode.explains or _running(request, form) is None:
            form.add_error(None, str(problem))
        return _page(request, form, now, found=found, status=409)


def _refuse_too_few(found: Fit, *, accept_fewer: bool) -> None:
    if not found.largest:
        raise CannotStart(gettext("No question fits what you chose."))
    if not found.is_enough and not accept_fewer:
        message = gettext("You asked for %(asked)d questions, but only %(fit)d fit.")
        raise CannotStart(message % {"asked": found.asked, "fit": found.largest})


def _page(
    request: Request,
    form: PracticeForm,
    now: datetime,
    *,
    found: Fit | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _counted(request, form, now, found=found) | {
        "running": _running(request, form),
        "exam": form.exam,
        "is_study": form.mode.explains,
        "extra_time": ExtraTime(request.user.extra_time),
    }
    return render(request, "exams/practice.html", context, status=status)


def _running(request: Request, form: PracticeForm) -> Attempt | None:
    """The open attempt beside which what the form chooses cannot begin."""
    modes = STUDY_MODES if form.mode.explains else EXAM_MODES
    own = Attempt.objects.of(request.user).open().filter(exam=form.exam, mode__in=modes)
    return own.with_titles().first()


def _counted(
    request: Request, form: PracticeForm, now: datetime, *, found: Fit | None = None
) -> dict[str, object]:
    """For the line that says what fits, and in which time it is asked."""
    context: dict[str, object] = {"form": form, "fit": found}
    if found is None and not form.is_valid():
        return context
    wanted = form.wanted()
    minutes = wanted.recipe.minutes
    extra = ExtraTime(request.user.extra_time)
    return context | {
        "fit": found or fit(request.user, form.exam, wanted, now=now),
        "minutes": None if minutes is None else extra.minutes(minutes, full=form.exam.minutes),
        "has_extra": extra is not ExtraTime.NONE,
    }


# ---- Without a choice --------------------------------------------------------------------------


@login_not_required
@require_POST
def practice_section(request: VisitorRequest, exam: str, anchor: str) -> HttpResponse:
    """Start to study one section of the notes; a visitor does so as a guest."""
    sections = NoteSection.objects.select_related("exam")
    section = get_object_or_404(sections, exam__slug=exam, anchor=anchor)
    recipe = Recipe(items=SECTION_ITEMS, section=section.anchor)
    wanted = Wanted(mode=Mode.STUDY, recipe=recipe, section=section)
    if (refusal := become_guest(request)) is not None:
        return refusal
    member = cast("Request", request)
    try:
        return start_practice(member, section.exam, wanted, replace=_ends_untimed(member, section))
    except CannotStart as problem:
        messages.warning(request, str(problem))
        return redirect(section)


def _ends_untimed(request: Request, section: NoteSection) -> bool:
    """Whether untimed study is open: it gives way unasked, for another can begin at any time."""
    open_study = Attempt.objects.of(request.user).open().filter(mode__in=STUDY_MODES)
    return open_study.filter(exam=section.exam, deadline=None).exists()


@require_POST
def review_due(request: Request, slug: str) -> HttpResponse:
    """Start the daily review: what was missed or doubted, and is due to come back."""
    exam = get_object_or_404(Exam, slug=slug)
    wanted = Wanted(mode=Mode.REVIEW, recipe=Recipe(items=REVIEW_ITEMS, source=Source.DUE))
    try:
        return start_practice(request, exam, wanted)
    except CannotStart as problem:
        messages.info(request, str(problem))
        return redirect("home")


def become_guest(request: VisitorRequest) -> HttpResponse | None:
    """Sign a visitor in as a guest; a reply when too many came from one address.

    The guest of before comes back: a second one in this browser would hide its work for good.
    """
    if isinstance(request.user, User) or guests.come_back(request):
        return None
    if not ratelimit.consume(request, action="guest"):
        return ratelimit.respond_429(request)  # type: ignore[no-any-return]  # allauth is untyped
    guests.begin(request)
    return None


# ---- Start -------------------------------------------------------------------------------------


class CannotStart(Exception):
    """What was asked for cannot begin; the message is fit to show to a candidate."""


def start_practice(
    request: Request, exam: Exam, wanted: Wanted, *, replace: bool = False
) -> HttpResponse:
    """Start what is wanted and lead to its first question.

    Whoever has another study attempt open is asked whether to end it, unless ``replace`` ends it,
    with its answers kept. Raises CannotStart when an
    exam is open already, or when no questions can be drawn.
    """
    try:
        attempt = attempts.start(
            user=request.user,
            exam=exam,
            now=timezone.now(),
            wanted=wanted,
            replace=replace or request.POST.get("replace") == "1",
        )
    except AttemptAlreadyOpen as already:
        if wanted.mode.explains:
            return _ask_whether_to_replace(request, already.attempt)
        title = already.attempt.title
        message = gettext("You have an open exam: %(title)s. Submit it first.")
        raise CannotStart(message % {"title": title}) from None
    except BankTooSmall as small:
        raise CannotStart(_too_few(small.shortages)) from small
    except NothingToAsk:
        raise CannotStart(
            gettext(
                "No question fits this now. Choose fewer conditions, or submit your open exam if "
                "it asks them all."
            )
        ) from None
    if attempt.responses.count() < wanted.recipe.items:
        messages.info(request, gettext("Fewer questions fit than you asked for. Here are all."))
    return redirect("exams:question", attempt.pk, 1)


def _too_few(shortages: Sequence[Shortage]) -> str:
    row = gettext("domain %(domain)s has %(available)d of %(needed)d")
    rows = "; ".join(
        row % {"domain": s.domain, "available": s.available, "needed": s.needed} for s in shortages
    )
    message = gettext("Too few questions fit the domain mix: %(rows)s. Ask for fewer questions.")
    return message % {"rows": rows}


def _ask_whether_to_replace(request: Request, running: Attempt) -> HttpResponse:
    """Study may be ended for something else; an exam only by handing it in."""
    chosen = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "replace")
        for value in values
    ]
    context = {"running": running, "chosen": chosen}
    return render(request, "exams/replace.html", context, status=409)
