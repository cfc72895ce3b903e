"""The pages on which authors write questions, part of the admin: edit, preview, versions."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.http import Request
from questions import authoring, bank, export
from questions.authoring import FormFindings, QuestionPreview, TypedQuestion
from questions.bank import NewerVersion
from questions.checking import check_exam
from questions.content import InvalidContent, QuestionContent
from questions.differences import differences
from questions.models import Exam, Question, QuestionVersion

if TYPE_CHECKING:
    # What the admin passes to its views: permissions and the log.
    Site = ModelAdmin[Question]


# ---- Writing -----------------------------------------------------------------------------------


def add(request: Request, *, site: Site) -> HttpResponse:
    """Write a new question of the exam that ``?exam=`` names."""
    _require(site.has_add_permission(request))
    exam = _chosen_exam(request)
    if exam is None:
        exams = Exam.objects.order_by("code")
        return render(request, "admin/questions/choose_exam.html", {"exams": exams})
    if request.method != "POST":
        typed = TypedQuestion(exam, authoring.blank())
        return _show(request, typed, authoring.not_checked(typed))
    typed = TypedQuestion(exam, _posted(request))
    findings = _findings(request, typed)
    content = _to_publish(request, findings)
    if content is None:
        return _show(request, typed, findings)
    try:
        return _publish_first(site, request, typed, content)
    except InvalidContent as invalid:  # somebody took the name since the check
        return _show(request, typed, findings.with_problems(typed, invalid.problems))


def edit(request: Request, pk: int | str, *, site: Site) -> HttpResponse:
    """Write the next version of a question, from the published one or the one ``?from=`` names."""
    question = _question(pk)
    if not site.has_change_permission(request, question):
        return _show_published(request, question, site=site)
    if request.method != "POST":
        typed = TypedQuestion(question.exam, _start(request, question), slug=question.slug)
        say = authoring.check if question.published else authoring.not_checked
        return _show(request, typed, say(typed), question)
    typed = TypedQuestion(question.exam, _posted(request), slug=question.slug)
    findings = _findings(request, typed)
    content = _to_publish(request, findings)
    if content is None:
        return _show(request, typed, findings, question)
    try:
        return _publish_next(site, request, question, content, based_on=typed.based_on)
    except InvalidContent as invalid:  # the rules or the bank changed since the check
        return _show(request, typed, findings.with_problems(typed, invalid.problems), question)
    except NewerVersion as newer:
        return _show(request, typed, findings, question, newer=newer.version, status=409)


def _show_published(request: Request, question: Question, *, site: Site) -> HttpResponse:
    """For people who may view but not change."""
    if question.published is None or not site.has_view_permission(request, question):
        raise PermissionDenied
    number = question.published.number
    return redirect("admin:questions_question_version", question.pk, number)


def _require(allowed: object) -> None:
    if not allowed:
        raise PermissionDenied


def _chosen_exam(request: Request) -> Exam | None:
    """The exam that ``?exam=`` names, or the only exam."""
    exams = list(Exam.objects.all())
    if len(exams) == 1:
        return exams[0]
    return next((exam for exam in exams if exam.slug == request.GET.get("exam")), None)


def _question(pk: int | str) -> Question:
    questions = Question.objects.select_related("exam", "published__task", "published__created_by")
    if not str(pk).isdecimal():
        raise Http404
    return get_object_or_404(
        questions.prefetch_related(
            "published__versionnote_set__section", "published__also__domain__exam"
        ),
        pk=pk,
    )


def _start(request: Request, question: Question) -> QueryDict:
    """What the form of an edit starts with."""
    if question.published is None:
        return authoring.blank()
    version = question.published
    if number := request.GET.get("from", ""):
        version = _version(question, number)
    return authoring.typed(export.written(version), based_on=question.published.number)


def _version(question: Question, number: str | int) -> QuestionVersion:
    versions = question.versions.select_related("task", "created_by")
    text = str(number)
    if not text.isdecimal() or len(text) > 9:
        raise Http404
    tags = versions.prefetch_related("versionnote_set__section", "also__domain__exam")
    return get_object_or_404(tags, number=text)


def _posted(request: Request) -> QueryDict:
    """What was posted, after the change to its rows that was asked for."""
    if change := request.POST.get("row"):
        return authoring.with_row_changed(request.POST, change)
    return request.POST


def _findings(request: Request, typed: TypedQuestion) -> FormFindings:
    """What the rules say. After a change to the rows, nothing is checked."""
    return authoring.not_checked(typed) if "row" in request.POST else authoring.check(typed)


def _to_publish(request: Request, findings: FormFindings) -> QuestionContent | None:
    """The content to publish; None when that was not asked for, or there are errors."""
    return findings.content if request.POST.get("do") == "publish" else None


def _publish_first(
    site: Site, request: Request, typed: TypedQuestion, content: QuestionContent
) -> HttpResponse:
    with transaction.atomic():
        question = bank.add_question(typed.exam, typed.slug, content, by=request.user)
        site.log_addition(request, question, "Published version 1.")
    messages.success(request, f"Published {question.slug}.")
    return redirect("admin:questions_question_change", question.pk)


def _publish_next(
    site: Site,
    request: Request,
    question: Question,
    content: QuestionContent,
    *,
    based_on: int | None,
) -> HttpResponse:
    with transaction.atomic():
        version = bank.publish_version(question, content, by=request.user, based_on=based_on)
        is_new = version != question.published
        changed = f"Published version {version.number}: {_changes(question, content)}."
        if is_new:
            site.log_change(request, question, changed)
    if is_new:
        messages.success(request, changed)
    else:
        messages.info(request, f"Nothing was changed: version {version.number} stays.")
    return redirect("admin:questions_question_change", question.pk)


def _changes(question: Question, content: QuestionContent) -> str:
    """The labels of the fields in which ``content`` differs from what is published."""
    if question.published is None:
        return "all of it"
    found = differences(export.written(question.published), content.model_dump())
    return ", ".join(difference.label.lower() for difference in found)


def _show(
    request: Request,
    typed: TypedQuestion,
    findings: FormFindings,
    question: Question | None = None,
    *,
    newer: QuestionVersion | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form as typed, with errors and warnings."""
    context: dict[str, Any] = {"typed": typed, "findings": findings}
    context |= {"question": question, "exam": typed.exam}
    if question:
        context |= {"versions": _history(question), "uses": _uses(question)}
    if newer:
        context |= {
            "newer": newer,
            "differences": differences(export.written(newer), typed.written),
        }
    return render(
        request,
        "admin/questions/edit.html",
        context | {"is_checked": request.POST.get("do") == "check" and not newer},
        status=422 if findings.errors and request.method == "POST" else status,
    )


def _history(question: Question) -> QuerySet[QuestionVersion]:
    versions = question.versions.select_related("created_by").order_by("-number")
    return versions.only("question", "number", "source", "created_at", "created_by__email")


def _uses(question: Question) -> int:
    """How many responses there are to any version."""
    return question.versions.aggregate(uses=Count("responses"))["uses"]  # type: ignore[no-any-return]


# ---- Reading -----------------------------------------------------------------------------------


@require_POST
def preview(request: Request, pk: int | None = None, *, site: Site) -> HttpResponse:
    """The typed question as candidates will see it, and with its key."""
    question = _question(pk) if pk else None
    if question:
        _require(site.has_change_permission(request, question))
        exam: Exam | None = question.exam
    else:
        _require(site.has_add_permission(request))
        exam = _chosen_exam(request)
    if exam is None:
        raise Http404
    typed = TypedQuestion(exam, request.POST, slug=question.slug if question else "")
    page = "admin/questions/_preview.html" if request.htmx else "admin/questions/preview.html"
    return render(request, page, {"shown": QuestionPreview.of(typed.written), "slug": typed.slug})


def version(request: Request, pk: int | str, number: int, *, site: Site) -> HttpResponse:
    """One version as candidates see it, and what it changed."""
    question = _question(pk)
    _require(site.has_view_permission(request, question))
    shown = _version(question, number)
    before = question.versions.filter(number__lt=number).order_by("number").last()
    written = export.written(shown)
    context = {
        "question": question,
        "version": shown,
        "shown": QuestionPreview.of(written),
        "before": before,
        "differences": differences(export.written(before), written) if before else [],
        "may_edit": site.has_change_permission(request, question),
    }
    return render(request, "admin/questions/version.html", context)


def check(request: Request, *, site: Site) -> HttpResponse:
    """What the rules of question writing find in the bank, or in the exam that ``?exam=`` names."""
    _require(site.has_view_permission(request))
    return show_check(request)


def show_check(request: HttpRequest, *, only: Container[int] | None = None) -> HttpResponse:
    """What the rules find; with ``only`` (ids), in these questions."""
    exams = Exam.objects.order_by("code")
    if slug := request.GET.get("exam"):
        exams = exams.filter(slug=slug)
    checks = [check_exam(exam, only=only) for exam in exams]
    context = {"checks": checks, "is_whole": only is None}
    return render(request, "admin/questions/check.html", context)


# ---- Retiring and deleting ---------------------------------------------------------------------


@require_POST
def use(request: Request, pk: int, *, site: Site) -> HttpResponse:
    """Retire a question, or bring it back."""
    question = _question(pk)
    _require(site.has_change_permission(request, question))
    is_retired = request.POST.get("retired") == "yes"
    set_use(request, question, site=site, retired=is_retired)
    said = "is retired: new attempts leave it out" if is_retired else "may be drawn again"
    messages.success(request, f"{question.slug} {said}.")
    return redirect("admin:questions_question_change", pk)


@transaction.atomic
def set_use(request: HttpRequest, question: Question, *, site: Site, retired: bool) -> bool:
    """Retire ``question`` or bring it back, and log it; returns whether anything changed."""
    done = bank.retire(question, now=timezone.now()) if retired else bank.bring_back(question)
    if done:
        site.log_change(request, question, "Retired." if retired else "Brought back.")
    return done


def delete(request: Request, pk: int | str, *, site: Site) -> HttpResponse:
    """Delete a question that no attempt has used; offer to retire any other."""
    question = _question(pk)
    _require(site.has_delete_permission(request, question))
    uses = _uses(question)
    if request.method == "POST" and not uses:
        try:
            with transaction.atomic():
                site.log_deletions(request, Question.objects.filter(pk=pk))
                bank.delete_question(question)
        except ProtectedError:  # an attempt drew it after the count
            return redirect("admin:questions_question_delete", pk)
        messages.success(request, f"Deleted {question.slug}.")
        return redirect("admin:questions_question_changelist")
    context = {"question": question, "uses": uses}
    return render(request, "admin/questions/delete.html", context)
