"""What the engine shows to authors: whether the bank suffices for its exams."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exam_platform.http import Request
from exams.coverage import coverage
from exams.supply import supplies
from questions.models import Exam

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponse]


def for_authors(view: View[P]) -> Callable[..., HttpResponse]:
    """Refuse all but staff who may see questions."""

    @wraps(view)
    def wrapper(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not (request.user.is_staff and request.user.has_perm("questions.view_question")):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapper


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
