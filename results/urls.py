from django.urls import path

from results import item_views, views

app_name = "results"

urlpatterns = [
    path("history/", views.history, name="history"),
    path("fixed-forms/results/", views.fixed_form_results, name="fixed_forms"),
    path("fixed-forms/statistics/", item_views.form_statistics, name="form_statistics"),
    path("item-statistics/", item_views.items, name="items"),
    path("item-statistics/<int:question_id>/", item_views.item, name="item"),
    path("item-alarms/", item_views.alarms, name="item_alarms"),
    path("item-alarms/<int:alarm_id>/", item_views.alarm, name="item_alarm"),
    path("attempts/<uuid:attempt_id>/report/", views.report, name="report"),
    path("attempts/<uuid:attempt_id>/report/receipts/", views.receipts, name="receipts"),
    path(
        "attempts/<uuid:attempt_id>/report/q/<int:position>/",
        views.reviewed_question,
        name="question",
    ),
]
