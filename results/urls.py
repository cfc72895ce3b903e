from django.urls import path

from results import views

app_name = "results"

urlpatterns = [
    path("history/", views.history, name="history"),
    path("fixed-forms/results/", views.fixed_form_results, name="fixed_forms"),
    path("attempts/<uuid:attempt_id>/report/", views.report, name="report"),
    path("attempts/<uuid:attempt_id>/report/receipts/", views.receipts, name="receipts"),
    path(
        "attempts/<uuid:attempt_id>/report/q/<int:position>/",
        views.reviewed_question,
        name="question",
    ),
]
