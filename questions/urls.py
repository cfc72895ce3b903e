from django.urls import path

from questions import views

app_name = "questions"
urlpatterns = [
    # notes/
    path("notes/", views.notes_index, name="notes_index"),
    path("notes/<slug:exam>/", views.notes, name="notes"),
    path("notes/<slug:exam>/<str:anchor>/", views.note, name="note"),
]
