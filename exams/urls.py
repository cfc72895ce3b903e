"""Addresses of the engine: what can be sat, running attempts, and the authors' pages."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from exams.views import attempt, authors, practice, start

app_name = "exams"

exam_urls = [
    path("", start.start, name="start"),
    path("half/", start.start_half, name="start_half"),
    path("fixed-forms/<slug:fixed_form>/", start.start_fixed_form, name="start_fixed_form"),
    path("custom/", practice.custom, name="custom"),
    path("study/", practice.study, name="study"),
    path("try", start.try_questions, name="try"),
    path("try-mock", start.try_mock, name="try_mock"),
    path("review", practice.review_due, name="review_due"),
]
question_urls: list[URLPattern] = [
    path("", attempt.question, name="question"),
    path("save", attempt.save, name="save"),
    path("annotations", attempt.save_annotations, name="annotations"),
    # What windows that were opened before the last release send to.
    path("marks", attempt.save_annotations),
    path("reveal", attempt.reveal, name="reveal"),
]
attempt_urls: list[URLPattern | URLResolver] = [
    path("", attempt.resume, name="attempt"),
    path("questions", attempt.questions, name="questions"),
    path("q/<int:position>/", include(question_urls)),
    path("pause", attempt.pause, name="pause"),
    path("unpause", attempt.unpause, name="unpause"),
    path("review/", attempt.review, name="review"),
    path("seen", attempt.seen, name="seen"),
    path("take-over", attempt.take_over, name="take_over"),
    path("submit/", attempt.submit, name="submit"),
    path("clock", attempt.clock, name="clock"),
]
fixed_form_urls = [
    path("", authors.fixed_forms_index, name="fixed_forms_index"),
    path("<int:fixed_form_id>/", authors.fixed_form_detail, name="fixed_form_detail"),
    path("<int:fixed_form_id>/publish/", authors.fixed_form_publish, name="fixed_form_publish"),
]

urlpatterns = [
    path("exams/<slug:slug>/", include(exam_urls)),
    # Links that were shared before the address had its present name.
    path(
        "exams/<slug:slug>/forms/<slug:fixed_form>/",
        RedirectView.as_view(pattern_name="exams:start_fixed_form", permanent=True),
    ),
    path("attempts/<uuid:attempt_id>/", include(attempt_urls)),
    # An anchor is whatever a heading turns into, letters of any script included.
    path(
        "notes/<slug:exam>/<str:anchor>/practice",
        practice.practice_section,
        name="practice_section",
    ),
    path("coverage/", authors.coverage_index, name="coverage_index"),
    path("coverage/<slug:slug>/", authors.exam_coverage, name="coverage"),
    path("fixed-forms/", include(fixed_form_urls)),
]
