from django.urls import path

from exams import author_views, practice_views, start_views, views

app_name = "exams"

urlpatterns = [
    path("exams/<slug:slug>/", start_views.start, name="start"),
    path("exams/<slug:slug>/half/", start_views.start_half, name="start_half"),
    path("exams/<slug:slug>/forms/<slug:form>/", start_views.start_form, name="start_form"),
    path("exams/<slug:slug>/custom/", practice_views.custom, name="custom"),
    path("exams/<slug:slug>/study/", practice_views.study, name="study"),
    path("exams/<slug:slug>/try", start_views.try_questions, name="try"),
    path("exams/<slug:slug>/try-mock", start_views.try_mock, name="try_mock"),
    path("exams/<slug:slug>/review", practice_views.review_due, name="review_due"),
    path("notes/<slug:exam>/<slug:anchor>/practise", practice_views.practise, name="practise"),
    path("coverage/", author_views.coverage_index, name="coverage_index"),
    path("coverage/<slug:slug>/", author_views.exam_coverage, name="coverage"),
    path("forms/", author_views.forms_index, name="forms_index"),
    path("forms/<int:form_id>/", author_views.form_detail, name="form_detail"),
    path("forms/<int:form_id>/publish/", author_views.form_publish, name="form_publish"),
    path("attempts/<uuid:attempt_id>/", views.resume, name="attempt"),
    path("attempts/<uuid:attempt_id>/questions", views.questions, name="questions"),
    path("attempts/<uuid:attempt_id>/q/<int:position>/", views.question, name="question"),
    path("attempts/<uuid:attempt_id>/q/<int:position>/save", views.save, name="save"),
    path("attempts/<uuid:attempt_id>/q/<int:position>/marks", views.save_marks, name="marks"),
    path("attempts/<uuid:attempt_id>/q/<int:position>/reveal", views.reveal, name="reveal"),
    path("attempts/<uuid:attempt_id>/pause", views.pause, name="pause"),
    path("attempts/<uuid:attempt_id>/unpause", views.unpause, name="unpause"),
    path("attempts/<uuid:attempt_id>/review/", views.review, name="review"),
    path("attempts/<uuid:attempt_id>/take-over", views.take_over, name="take_over"),
    path("attempts/<uuid:attempt_id>/submit/", views.submit, name="submit"),
    path("attempts/<uuid:attempt_id>/clock", views.clock, name="clock"),
]
