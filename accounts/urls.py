"""Served below /accounts/, before allauth's own pages; named as theirs are."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("preferences/", views.preferences, name="account_preferences"),
    path("display/", views.display, name="account_display"),
    path("keep/", views.keep, name="account_keep"),
    path("guest/", views.come_back, name="account_come_back"),
    path("delete/", views.delete, name="account_delete"),
]
