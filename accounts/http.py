"""Requests as views see them, for the type checker."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class Request(HttpRequest):
    """A request of a signed-in person, after the middleware."""

    user: User
    htmx: HtmxDetails


class VisitorRequest(HttpRequest):
    """A request of a page that is open to all, after the middleware."""

    user: User | AnonymousUser
    htmx: HtmxDetails
