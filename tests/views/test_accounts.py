"""Signing up and in, passwords, preferences, deletion: as a browser meets them."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import ExtraTime, TextSize, Theme, User
from exams.models import Attempt
from questions.models import Exam
from tests.people import PASSWORD, CandidateFactory, client_of

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "staple battery horse"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def forget_counted_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str) -> Client:
    client.post(LOGIN, {"login": email, "password": password} | extra)
    return client


def signed_in(client: Client) -> str:
    """The address of whoever is signed in in this browser, or nothing."""
    request = HttpRequest()
    request.session = client.session
    user = get_user(request)
    return user.email if isinstance(user, User) else ""


# ---- Sign-up -----------------------------------------------------------------------------------


def test_after_sign_up_the_person_is_in_without_any_mail(client: Client) -> None:
    response = client.post(
        "/accounts/signup/", {"email": "Ann@Example.org", "password1": NEW_PASSWORD}
    )
    assert response.headers["Location"] == "/"
    assert signed_in(client) == "ann@example.org"


def test_sign_up_leads_on_to_where_the_person_was_going(client: Client) -> None:
    page = client.get("/accounts/signup/?next=/history/")
    assert b'name="next" value="/history/"' in page.content
    response = client.post(
        "/accounts/signup/",
        {"email": "ann@example.org", "password1": NEW_PASSWORD, "next": "/history/"},
    )
    assert response.headers["Location"] == "/history/"


def test_sign_up_shows_the_rules_for_passwords(client: Client) -> None:
    page = client.get("/accounts/signup/").content.decode()
    assert "at least 8 characters" in page
    assert 'autocomplete="new-password"' in page
    assert 'aria-describedby="id_password1_helptext"' in page


def test_a_weak_password_is_refused_beside_its_field(client: Client) -> None:
    response = client.post("/accounts/signup/", {"email": "ann@example.org", "password1": "12345"})
    page = response.content.decode()
    assert 'id="id_password1_error"' in page
    assert 'aria-invalid="true"' in page
    assert "id_password1_helptext id_password1_error" in page
    assert not User.objects.exists()


def test_an_address_is_taken_whatever_its_case(client: Client) -> None:
    CandidateFactory.create(email="ann@example.org")
    response = client.post(
        "/accounts/signup/", {"email": "ANN@example.org", "password1": NEW_PASSWORD}
    )
    assert User.objects.count() == 1
    assert signed_in(client) == ""
    assert response.status_code in {200, 302}


def test_the_database_itself_refuses_an_address_in_another_case(candidate: User) -> None:
    twin = User(email=candidate.email.upper(), password=make_password(None))
    with pytest.raises(IntegrityError, match="user_email_unique"), transaction.atomic():
        twin.save()


def test_where_mail_is_sent_sign_up_waits_for_the_code(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    address = {"email": "ann@example.org", "password1": NEW_PASSWORD, "next": "/history/"}
    client.post("/accounts/signup/", address)
    assert signed_in(client) == ""
    code = str(mail.outbox[0].body).split("browser window.")[1].split()[0]
    assert b"Incorrect code" in client.post("/accounts/confirm-email/", {"code": "wrong"}).content
    response = client.post("/accounts/confirm-email/", {"code": code, "next": "/history/"})
    assert response.headers["Location"] == "/history/"
    assert signed_in(client) == "ann@example.org"


def test_another_code_can_be_had_at_another_address(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    client.post("/accounts/signup/", {"email": "an@example.org", "password1": NEW_PASSWORD})
    change = {"action": "change", "email": "ann@example.org"}
    page = client.post("/accounts/confirm-email/", change, follow=True).content
    assert b"<strong>ann@example.org</strong>" in page
    assert mail.outbox[-1].to == ["ann@example.org"]


# ---- Sign-in -----------------------------------------------------------------------------------


def test_a_stranger_to_the_site_is_asked_to_sign_in(client: Client) -> None:
    response = client.get("/accounts/preferences/")
    assert response.headers["Location"] == f"{LOGIN}?next=/accounts/preferences/"


def test_sign_in_takes_the_address_in_any_case(client: Client, candidate: User) -> None:
    assert signed_in(sign_in(client, candidate.email.upper())) == candidate.email


@pytest.mark.parametrize("email", ["candidate", "nobody"])
def test_a_wrong_password_and_an_unknown_address_read_alike(client: Client, email: str) -> None:
    CandidateFactory.create(email="candidate@example.org")
    response = client.post(LOGIN, {"login": f"{email}@example.org", "password": "wrong"})
    page = response.content.decode()
    assert "email address and/or password you specified are not correct" in page
    assert 'role="alert"' in page
    assert "<title>Error: Sign in" in page


def test_a_closed_account_cannot_sign_in(client: Client) -> None:
    user = CandidateFactory.create(is_active=False)
    assert signed_in(sign_in(client, user.email)) == ""


def test_sign_in_leads_on_to_where_the_person_was_going(client: Client, candidate: User) -> None:
    response = client.post(
        LOGIN, {"login": candidate.email, "password": PASSWORD, "next": "/history/"}
    )
    assert response.headers["Location"] == "/history/"


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_never_leads_to_another_site(client: Client, candidate: User, target: str) -> None:
    response = client.post(LOGIN, {"login": candidate.email, "password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/"


def test_five_wrong_passwords_lock_even_the_right_one_out(client: Client, candidate: User) -> None:
    for _ in range(5):
        sign_in(client, candidate.email, "wrong")
    response = client.post(LOGIN, {"login": candidate.email, "password": PASSWORD})
    assert "Too many failed login attempts" in response.content.decode()
    assert signed_in(client) == ""


def test_too_many_requests_are_told_to_wait(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    sign_in(client, "nobody@example.org", "wrong")
    response = client.post(LOGIN, {"login": "nobody@example.org", "password": "wrong"})
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_sign_out_asks_first_and_then_does(candidate: User) -> None:
    client = client_of(candidate)
    assert b"Sign out?" in client.get("/accounts/logout/").content
    client.post("/accounts/logout/")
    assert signed_in(client) == ""


# ---- Passwords ---------------------------------------------------------------------------------


def reset_link() -> str:
    found = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    assert found
    return found[0]


def test_a_forgotten_password_is_set_anew_through_the_mailbox(
    client: Client, candidate: User
) -> None:
    response = client.post("/accounts/password/reset/", {"email": candidate.email.upper()})
    assert response.headers["Location"] == "/accounts/password/reset/done/"
    form = client.get(reset_link(), follow=True)
    path = form.redirect_chain[-1][0]
    both = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(path, both, follow=True)
    assert signed_in(sign_in(Client(), candidate.email, NEW_PASSWORD)) == candidate.email


def test_a_link_to_reset_works_once(client: Client, candidate: User) -> None:
    client.post("/accounts/password/reset/", {"email": candidate.email})
    candidate.set_password(NEW_PASSWORD)
    candidate.save(update_fields=["password"])
    assert b"This link is not valid" in client.get(reset_link()).content


def test_reset_tells_nobody_who_has_an_account(client: Client) -> None:
    response = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert response.headers["Location"] == "/accounts/password/reset/done/"
    assert "/reset/key/" not in mail.outbox[0].body


def test_mails_are_signed_with_the_name_of_the_site(
    client: Client, candidate: User, settings: Settings
) -> None:
    settings.SITE_NAME = "Own Name"
    client.post("/accounts/password/reset/", {"email": candidate.email})
    assert "Own Name\nhttp://testserver" in mail.outbox[0].body


def test_without_a_mail_server_the_page_says_where_the_mail_is(
    client: Client, settings: Settings
) -> None:
    assert b"printed in the terminal" not in client.get("/accounts/password/reset/").content
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert b"printed in the terminal" in client.get("/accounts/password/reset/").content


def test_a_new_password_needs_the_old_one(candidate: User) -> None:
    both = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = client_of(candidate).post(
        "/accounts/password/change/", both | {"oldpassword": "wrong"}
    )
    assert 'id="id_oldpassword_error"' in response.content.decode()
    client_of(candidate).post("/accounts/password/change/", both | {"oldpassword": PASSWORD})
    candidate.refresh_from_db()
    assert candidate.check_password(NEW_PASSWORD)


# ---- E-mail addresses --------------------------------------------------------------------------


def test_an_address_can_be_added_verified_and_made_primary(candidate: User) -> None:
    client = client_of(candidate)
    client.post("/accounts/email/", {"action_add": "", "email": "New@example.org"})
    link = re.search(r"/accounts/confirm-email/\S+", str(mail.outbox[0].body))
    assert link
    assert b"Yes, verify it" in client.get(link[0]).content
    client.post(link[0])
    client.post("/accounts/email/", {"action_primary": "", "email": "new@example.org"})
    candidate.refresh_from_db()
    assert candidate.email == "new@example.org"


def test_a_stranger_cannot_remove_anothers_address(candidate: User, stranger: User) -> None:
    address = EmailAddress.objects.create(user=candidate, email="second@example.org")
    client_of(stranger).post("/accounts/email/", {"action_remove": "", "email": address.email})
    assert EmailAddress.objects.filter(pk=address.pk).exists()


# ---- Preferences -------------------------------------------------------------------------------


def test_preferences_are_ones_own(candidate: User, stranger: User) -> None:
    response = client_of(candidate).post(
        "/accounts/preferences/", {"extra_time": ExtraTime.HALF, "theme": Theme.DARK}
    )
    assert response.headers["Location"] == "/accounts/preferences/"
    candidate.refresh_from_db()
    stranger.refresh_from_db()
    assert (candidate.extra_time, candidate.theme) == (ExtraTime.HALF, Theme.DARK)
    assert (stranger.extra_time, stranger.theme) == (ExtraTime.NONE, Theme.AUTO)


def test_preferences_change_nothing_but_preferences(candidate: User) -> None:
    fields = {"extra_time": "x2", "theme": "light", "is_staff": "on", "email": "x@example.org"}
    client_of(candidate).post("/accounts/preferences/", fields)
    kept = User.objects.get(pk=candidate.pk)
    assert (kept.extra_time, kept.is_staff, kept.email) == ("x2", False, candidate.email)


def test_an_unknown_preference_is_refused(candidate: User) -> None:
    response = client_of(candidate).post(
        "/accounts/preferences/", {"extra_time": "x9", "theme": "light"}
    )
    assert response.status_code == 422
    assert "x9 is not one of the available choices" in response.content.decode()


@pytest.mark.parametrize("theme", Theme)
def test_every_page_takes_the_chosen_colours(theme: Theme) -> None:
    client = client_of(CandidateFactory.create(theme=theme))
    page = client.get("/accounts/preferences/").content.decode()
    assert f'<html lang="en" data-theme="{theme}" data-text-size="normal">' in page


@pytest.mark.parametrize("size", TextSize)
def test_every_page_takes_the_chosen_text_size(size: TextSize) -> None:
    client = client_of(CandidateFactory.create(text_size=size))
    assert f'data-text-size="{size}"' in client.get("/").content.decode()


class TestDisplay:
    """The exam screen's dialog posts here, with scripts and without."""

    def test_it_changes_colours_and_size_and_nothing_else_and_leads_back(
        self, candidate: User
    ) -> None:
        fields = {"theme": "contrast", "text_size": "larger", "is_staff": "1", "extra_time": "x2"}
        reply = client_of(candidate).post("/accounts/display/", fields | {"next": "/history/"})
        assert reply["Location"] == "/history/"
        candidate.refresh_from_db()
        assert (candidate.theme, candidate.text_size) == ("contrast", "larger")
        assert (candidate.is_staff, candidate.extra_time) == (False, "none")

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", ""])
    def test_it_leads_to_no_other_site(self, candidate: User, elsewhere: str) -> None:
        fields = {"theme": "dark", "text_size": "normal", "next": elsewhere}
        reply = client_of(candidate).post("/accounts/display/", fields)
        assert reply["Location"] == "/accounts/preferences/"

    def test_unknown_values_change_nothing(self, candidate: User) -> None:
        client_of(candidate).post("/accounts/display/", {"theme": "pink", "text_size": "huge"})
        candidate.refresh_from_db()
        assert (candidate.theme, candidate.text_size) == ("auto", "normal")


def test_the_preferences_page_costs_two_queries(
    candidate: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(candidate)
    with django_assert_num_queries(2):  # session, user
        client.get("/accounts/preferences/")


def test_saving_preferences_costs_six_queries(
    candidate: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(candidate)
    # Session, user, the check of the constraint inside its savepoint (three), update.
    with django_assert_num_queries(6):
        client.post("/accounts/preferences/", {"extra_time": "x2", "theme": "dark"})


def test_the_sign_in_page_costs_no_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get(LOGIN)


# ---- Deletion ----------------------------------------------------------------------------------


def attempt_of(user: User) -> Attempt:
    exam, _ = Exam.objects.get_or_create(
        slug="exam",
        defaults={
            "code": "E",
            "title": "Exam",
            "items": 1,
            "scored_items": 1,
            "minutes": 10,
            "scale_min": 100,
            "scale_max": 1000,
            "pass_mark": 720,
            "kinds": ["choice"],
        },
    )
    now = timezone.now()
    return Attempt.objects.create(
        user=user, exam=exam, seed=1, started_at=now, deadline=now + timedelta(minutes=10)
    )


def test_deletion_takes_the_person_and_their_attempts_and_nobody_elses(
    candidate: User, stranger: User
) -> None:
    attempt_of(candidate)
    kept = attempt_of(stranger)
    client = client_of(candidate)
    response = client.post("/accounts/delete/", {"password": PASSWORD}, follow=True)
    assert "Your account and everything in it is deleted." in response.content.decode()
    assert list(User.objects.all()) == [stranger]
    assert list(Attempt.objects.all()) == [kept]
    assert signed_in(client) == ""


def test_deletion_needs_the_password(candidate: User) -> None:
    response = client_of(candidate).post("/accounts/delete/", {"password": "wrong"})
    assert response.status_code == 422
    assert 'id="id_password_error"' in response.content.decode()
    assert User.objects.filter(pk=candidate.pk).exists()


def test_a_stranger_cannot_delete_with_their_own_password(candidate: User, stranger: User) -> None:
    stranger.set_password(NEW_PASSWORD)
    stranger.save(update_fields=["password"])
    client_of(candidate).post("/accounts/delete/", {"password": NEW_PASSWORD})
    assert User.objects.count() == 2


def test_guessing_the_password_for_deletion_is_limited(candidate: User) -> None:
    client = client_of(candidate)
    statuses = [
        client.post("/accounts/delete/", {"password": "wrong"}).status_code for _ in range(11)
    ]
    assert statuses == [422] * 10 + [429]


def test_asking_for_the_page_of_deletion_deletes_nothing(candidate: User) -> None:
    assert client_of(candidate).get("/accounts/delete/").status_code == 200
    assert User.objects.filter(pk=candidate.pk).exists()


# ---- The frame of every page -------------------------------------------------------------------


def test_the_header_offers_staff_and_nobody_else_the_admin(candidate: User, author: User) -> None:
    assert b'href="/admin/"' not in client_of(candidate).get("/accounts/preferences/").content
    assert b'href="/admin/"' in client_of(author).get("/accounts/preferences/").content


def test_the_footer_says_that_the_site_is_independent(client: Client) -> None:
    assert b"not affiliated with" in client.get(LOGIN).content
