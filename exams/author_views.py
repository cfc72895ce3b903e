"""What the engine shows to authors: whether the bank suffices, and fixed forms."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django import forms
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
from exams import fixed_forms
from exams.coverage import coverage
from exams.models import FixedForm, FormQuestion
from exams.recipes import MOST_MINUTES
from exams.selection import BankTooSmall
from exams.supply import supplies
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


class NewForm(forms.Form):
    """What a fixed form is called, how long it lasts and how it is drawn."""

    exam = forms.ModelChoiceField(Exam.objects.order_by("code"), to_field_name="slug")
    title = forms.CharField(max_length=100)
    slug = forms.SlugField(
        max_length=60,
        required=False,
        label="Name in the address",
        help_text="Empty: made of the title.",
    )
    minutes = forms.IntegerField(
        min_value=1, max_value=MOST_MINUTES, required=False, help_text="Empty: as long as the exam."
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        help_text="The same seed draws the same questions from the same bank. Empty: by chance.",
    )


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
def forms_index(request: Request) -> HttpResponse:
    """All fixed forms, and a new one."""
    form = NewForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (made := _draft(request, form)):
        return redirect("exams:form_detail", made.pk)
    rows = FixedForm.objects.select_related("exam").annotate(sittings=Count("attempts"))
    context = {
        "form": form,
        "rows": rows.order_by("exam__code", "-created_at"),
        "may_publish": _may_publish(request),
    }
    return render(request, "exams/forms_index.html", context, status=422 if form.is_bound else 200)


def _draft(request: Request, form: NewForm) -> FixedForm | None:
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
def form_detail(request: Request, form_id: int) -> HttpResponse:
    """The questions of one form; a draft is drawn again or in part here, a form retired."""
    form = get_object_or_404(FixedForm.objects.select_related("exam"), pk=form_id)
    if request.method == "POST":
        return _change(request, form)
    context = {
        "form": form,
        "rows": form.questions.select_related("version__question", "task__domain").order_by(
            "position"
        ),
        "outdated": [] if form.published_at else fixed_forms.outdated_places(form),
        "may_publish": _may_publish(request),
    }
    return render(request, "exams/form_detail.html", context)


def _change(request: Request, form: FixedForm) -> HttpResponse:
    wanted = request.POST.get("do")
    try:
        if wanted == "redraw":
            fixed_forms.redraw(form)
        elif wanted == "discard":
            fixed_forms.discard(form)
            messages.success(request, f"The draft “{form.title}” was thrown away.")
            return redirect("exams:forms_index")
        elif wanted == "retire":
            fixed_forms.retire(form, now=timezone.now())
            messages.success(request, "Retired. Nobody can begin it any more.")
        elif (place := request.POST.get("replace", "")).isdecimal() and len(place) < 6:
            fixed_forms.replace(form, int(place))
            messages.success(request, f"Place {place} has another question now.")
            return redirect(reverse("exams:form_detail", args=[form.pk]) + f"#place-{place}")
    except (fixed_forms.FormProblem, BankTooSmall) as problem:
        messages.warning(request, str(problem))
    except FormQuestion.DoesNotExist:
        raise Http404 from None
    return redirect("exams:form_detail", form.pk)


@never_cache
@require_http_methods(["GET", "POST"])
@for_authors
@for_publishers
def form_publish(request: Request, form_id: int) -> HttpResponse:
    """Ask once more before a draft is published: it never changes afterwards."""
    form = get_object_or_404(FixedForm.objects.select_related("exam"), pk=form_id)
    if request.method == "GET":
        context = {
            "form": form,
            "seen": fixed_forms.fingerprint(form),
            "outdated": fixed_forms.outdated_places(form),
            "count": form.questions.count(),
            "may_publish": _may_publish(request),
        }
        return render(request, "exams/form_publish.html", context)
    try:
        fixed_forms.publish(form, now=timezone.now(), seen=request.POST.get("seen", ""))
    except fixed_forms.FormProblem as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, "Published. Candidates find it beside the mock exam.")
    return redirect("exams:form_detail", form.pk)
