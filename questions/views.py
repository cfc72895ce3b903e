"""The study notes, to read and to search."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.http import VisitorRequest
from questions.forms import SearchForm
from questions.models import Exam, NoteSection, Question
from questions.search import present_sections, search_notes


@login_not_required
@require_GET
def notes_index(request: VisitorRequest) -> HttpResponse:
    """The exams that have notes; with only one such exam, go to its notes."""
    present = NoteSection.objects.filter(exam=OuterRef("pk"), removed_at=None)
    exams = list(Exam.objects.filter(Exists(present)).order_by("code"))
    if len(exams) == 1:
        return redirect("questions:notes", exams[0].slug)
    return render(request, "questions/notes_index.html", {"exams": exams})


@login_not_required
@require_GET
@vary_on_headers("HX-Request")
def notes(request: VisitorRequest, exam: str) -> HttpResponse:
    """The table of contents of an exam's notes, or the results of a search in them."""
    found_exam = get_object_or_404(Exam, slug=exam)
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"exam": found_exam, "words": words, "form": form}
    if words:
        context["hits"] = search_notes(found_exam, words)
    else:
        context["sections"] = present_sections(found_exam)
    is_fragment = request.htmx and not request.htmx.history_restore_request
    page = "questions/_results.html" if is_fragment else "questions/notes.html"
    return render(request, page, context)


@login_not_required
@require_GET
def note(request: VisitorRequest, exam: str, anchor: str) -> HttpResponse:
    """One section of the notes. Removed sections stay readable: questions link to them."""
    if "\0" in anchor:
        raise Http404  # Postgres text cannot contain it
    section = get_object_or_404(
        NoteSection.objects.select_related("exam"), exam__slug=exam, anchor=anchor
    )
    sections = list(present_sections(section.exam))
    drawing = Question.objects.filter(published__notes=section, retired_at=None)
    context = {
        "section": section,
        "exam": section.exam,
        "sections": sections,
        "question_count": drawing.count(),
        **_neighbours(section, sections),
    }
    return render(request, "questions/note.html", context)


def _neighbours(section: NoteSection, sections: list[NoteSection]) -> dict[str, NoteSection | None]:
    """The sections before and after ``section`` in the order of the table of contents."""
    around = [None, *sections, None]
    if section not in sections:
        return {"previous": None, "next": None}
    index = around.index(section)
    return {"previous": around[index - 1], "next": around[index + 1]}
