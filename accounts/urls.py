"""Served below /accounts/, before allauth's own pages; named as theirs are."""

from allauth.account import views as allauth_views
from django.urls import path

from accounts import entrance, views
from accounts.decorators import for_members

urlpatterns = [
    path("preferences/", views.preferences, name="account_preferences"),
    path("display/", views.display, name="account_display"),
    path("signup/", entrance.sign_up, name="account_signup"),
    path("login/", entrance.sign_in, name="account_login"),
    path("guest/", views.come_back, name="account_come_back"),
    path("guest-work/", for_members(views.guest_work), name="account_guest_work"),
    path("delete/", for_members(views.delete), name="account_delete"),
    path("email/", for_members(allauth_views.email), name="account_email"),
    path(
        "password/change/",
        for_members(allauth_views.password_change),
        name="account_change_password",
    ),
    path("password/set/", for_members(allauth_views.password_set), name="account_set_password"),
]
