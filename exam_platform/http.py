"""Requests as views see them, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class Request(HttpRequest):
    """A request of a signed-in person, after the middleware."""

    user: User
    htmx: HtmxDetails
