"""What the engine shows to authors: whether the bank suffices, and fixed forms."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.decorators import for_authors
from accounts.http import Request
from exams.assembly import fixed_forms
from exams.assembly.coverage import coverage
from exams.assembly.selection import BankTooSmall
from exams.assembly.supply import supplies
from exams.models import FixedForm, FixedFormItem
from exams.views.forms import NewFixedForm
from questions.models import Exam

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponse]


@require_GET
@for_authors
def coverage_index(request: Request) -> HttpResponse:
    """How many forms the bank can supply for each exam."""
    context = {"supplies": supplies(Exam.objects.order_by("code"))}
    return render(request, "exams/coverage_index.html", context)


@require_GET
@for_authors
def exam_coverage(request: Request, slug: str) -> HttpResponse:
    """Where the bank of one exam is thin."""
    found = supplies(Exam.objects.filter(slug=slug))
    if not found:
        raise Http404
    return render(request, "exams/coverage.html", {"coverage": coverage(found[0])})


# ---- Fixed forms -------------------------------------------------------------------------------


def _may_publish(request: Request) -> bool:
    return request.user.has_perm("questions.add_questionversion")


def for_publishers(view: View[P]) -> Callable[..., HttpResponse]:
    """Refuse to change anything for all but authors who may publish questions."""

    @wraps(view)
    def wrapper(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and not _may_publish(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapper


@never_cache
@require_http_methods(["GET", "POST"])
@for_authors
@for_publishers
def fixed_forms_index(request: Request) -> HttpResponse:
    """All fixed forms, and a new one."""
    form = NewFixedForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (made := _draft(request, form)):
        return redirect("exams:fixed_form_detail", made.pk)
    rows = FixedForm.objects.select_related("exam").annotate(sittings=Count("attempts"))
    context = {
        "form": form,
        "rows": rows.order_by("exam__code", "-created_at"),
        "may_publish": _may_publish(request),
    }
    return render(
        request, "exams/fixed_forms_index.html", context, status=422 if form.is_bound else 200
    )


def _draft(request: Request, form: NewFixedForm) -> FixedForm | None:
    given = form.cleaned_data
    exam: Exam = given["exam"]
    try:
        return fixed_forms.draft(
            exam=exam,
            title=given["title"],
            slug=given["slug"],
            minutes=given["minutes"] or exam.minutes,
            seed=given["seed"],
            by=request.user,
            now=timezone.now(),
        )
    except fixed_forms.NameTaken as taken:
        form.add_error("slug" if given["slug"] else "title", str(taken))
    except BankTooSmall as small:
        form.add_error("exam", str(small))
    return None


@never_cache
@require_http_methods(["GET", "POST"])
@for_authors
@for_publishers
def fixed_form_detail(request: Request, fixed_form_id: int) -> HttpResponse:
    """The questions of one fixed form; a draft is changed here, a published one retired."""
    fixed_form = get_object_or_404(FixedForm.objects.select_related("exam"), pk=fixed_form_id)
    if request.method == "POST":
        return _change(request, fixed_form)
    context = {
        "fixed_form": fixed_form,
        "rows": fixed_form.questions.select_related("version__question", "task__domain").order_by(
            "position"
        ),
        "outdated": [] if fixed_form.published_at else fixed_forms.outdated_positions(fixed_form),
        "may_publish": _may_publish(request),
    }
    return render(request, "exams/fixed_form_detail.html", context)


def _change(request: Request, fixed_form: FixedForm) -> HttpResponse:
    wanted = request.POST.get("do")
    try:
        if wanted == "redraw":
            fixed_forms.redraw(fixed_form)
        elif wanted == "discard":
            fixed_forms.discard(fixed_form)
            messages.success(request, f"The draft “{fixed_form.title}” was thrown away.")
            return redirect("exams:fixed_forms_index")
        elif wanted == "retire":
            fixed_forms.retire(fixed_form, now=timezone.now())
            messages.success(request, "Retired. Nobody can begin it any more.")
        elif (position := request.POST.get("replace", "")).isdecimal() and len(position) < 6:
            fixed_forms.replace(fixed_form, int(position))
            messages.success(request, f"Question {position} was replaced.")
            return redirect(
                reverse("exams:fixed_form_detail", args=[fixed_form.pk]) + f"#question-{position}"
            )
    except (fixed_forms.FixedFormProblem, BankTooSmall) as problem:
        messages.warning(request, str(problem))
    except FixedFormItem.DoesNotExist:
        raise Http404 from None
    return redirect("exams:fixed_form_detail", fixed_form.pk)


@never_cache
@require_http_methods(["GET", "POST"])
@for_authors
@for_publishers
def fixed_form_publish(request: Request, fixed_form_id: int) -> HttpResponse:
    """Ask once more before a draft is published: it never changes afterwards."""
    fixed_form = get_object_or_404(FixedForm.objects.select_related("exam"), pk=fixed_form_id)
    if request.method == "GET":
        context = {
            "fixed_form": fixed_form,
            "seen": fixed_forms.fingerprint(fixed_form),
            "outdated": fixed_forms.outdated_positions(fixed_form),
            "count": fixed_form.questions.count(),
            "may_publish": _may_publish(request),
        }
        return render(request, "exams/fixed_form_publish.html", context)
    try:
        fixed_forms.publish(fixed_form, now=timezone.now(), seen=request.POST.get("seen", ""))
    except fixed_forms.FixedFormProblem as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, "Published. Candidates find it beside the mock exam.")
    return redirect("exams:fixed_form_detail", fixed_form.pk)
