from typing import NoReturn

import psycopg
import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.test import Client
from django.urls import path
from psycopg_pool import PoolTimeout
from pytest_django.fixtures import Settings

from exam_platform import urls, views
from exam_platform.views import is_unreachable

ERRORS = {
    "bug": ZeroDivisionError("a fault of ours"),
    "forbidden": PermissionDenied(),
}


def operational(cause: Exception) -> OperationalError:
    """The error as Django hands it on: its own class, caused by the driver's."""
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def no_database(*args: object, **kwargs: object) -> NoReturn:
    raise operational(PoolTimeout("couldn't get a connection after 2.00 sec"))


@login_not_required
def fails(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


@login_not_required
def needs_database(request: HttpRequest) -> HttpResponse:
    no_database()


urlpatterns = [
    *urls.urlpatterns,
    path("fails/<name>", fails),
    path("needs-database", needs_database),
]
handler500 = urls.handler500


@pytest.fixture
def visitor(settings: Settings) -> Client:
    """Somebody not signed in, whose browser shows error pages."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("address", ["/livez", "/readyz"])
@pytest.mark.django_db
def test_a_healthy_process_says_so(client: Client, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_a_balancer_may_ask_by_address_and_over_plain_http(
    client: Client, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["exams.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/livez", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400


def test_a_process_without_its_database_lives_but_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "cursor", no_database)
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_page_that_needs_the_absent_database_asks_to_try_again(visitor: Client) -> None:
    response = visitor.get("/needs-database")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "Back in a moment" in response.text


def test_an_outage_met_by_the_middleware_asks_to_try_again(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionStore, "load", no_database)
    visitor.cookies["sessionid"] = "a-session-that-cannot-be-read"
    response = visitor.get("/")
    assert response.status_code == 503
    assert "Back in a moment" in response.text


def test_a_fault_of_ours_gets_a_page_that_says_so(visitor: Client) -> None:
    response = visitor.get("/fails/bug")
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "Retry-After" not in response.headers


def test_a_fault_gets_a_page_even_when_templates_are_broken(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> NoReturn:
        raise TemplateDoesNotExist("base.html")

    monkeypatch.setattr(views, "render_to_string", broken)
    response = visitor.get("/fails/bug")
    assert response.status_code == 500
    assert "<h1>Something went wrong</h1>" in response.text


def test_an_unknown_address_gets_a_page_that_says_so(visitor: Client) -> None:
    response = visitor.get("/no-such-page")
    assert response.status_code == 404
    assert "Page not found" in response.text


def test_a_forbidden_page_says_so(visitor: Client) -> None:
    response = visitor.get("/fails/forbidden")
    assert response.status_code == 403
    assert "Not allowed" in response.text


def test_a_form_without_its_token_changes_nothing_and_says_why(visitor: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/accounts/login/", {"login": "a@example.org", "password": "x"})
    assert response.status_code == 403
    assert "This form is out of date" in response.text


@pytest.mark.parametrize(
    "error",
    [
        operational(PoolTimeout("couldn't get a connection after 2.00 sec")),
        operational(psycopg.OperationalError("server closed the connection unexpectedly")),
        operational(psycopg.errors.AdminShutdown("terminating connection")),
        operational(psycopg.errors.CannotConnectNow("the database system is starting up")),
        operational(psycopg.errors.TooManyConnections("too many clients already")),
    ],
    ids=lambda error: str(error.__cause__),
)
def test_a_lost_or_refused_connection_counts_as_unreachable(error: OperationalError) -> None:
    assert is_unreachable(error)


@pytest.mark.parametrize(
    "error",
    [
        operational(psycopg.errors.DeadlockDetected("deadlock detected")),
        operational(psycopg.errors.QueryCanceled("statement timeout")),
        ZeroDivisionError("a fault of ours"),
        None,
    ],
    ids=repr,
)
def test_any_other_error_does_not(error: Exception | None) -> None:
    assert not is_unreachable(error)
