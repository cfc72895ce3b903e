"""People in the admin, and who gets in."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.groups import authors
from accounts.models import User
from tests.people import StaffFactory, client_of

LIST = "/admin/accounts/user/"


def make_authors(client: Client, *users: User) -> None:
    client.post(LIST, {"action": "make_authors", "_selected_action": [user.pk for user in users]})


def test_the_admin_sends_to_the_sites_own_sign_in(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


def test_a_candidate_is_refused_by_the_admin(candidate: User) -> None:
    assert client_of(candidate).get("/admin/login/").status_code == 403


def test_an_operator_adds_a_person_by_address(operator: User) -> None:
    both = {"password1": "staple battery horse", "password2": "staple battery horse"}
    client_of(operator).post(f"{LIST}add/", {"email": "Ann@Example.org"} | both)
    assert User.objects.filter(email="ann@example.org").exists()


def test_an_address_in_another_case_is_refused_with_a_message(
    operator: User, candidate: User
) -> None:
    both = {"password1": "staple battery horse", "password2": "staple battery horse"}
    response = client_of(operator).post(f"{LIST}add/", {"email": candidate.email.upper()} | both)
    assert "already exists" in response.content.decode()


def test_an_operator_finds_and_opens_a_person(operator: User, candidate: User) -> None:
    client = client_of(operator)
    assert candidate.email in client.get(LIST, {"q": candidate.email[:6]}).content.decode()
    assert client.get(f"{LIST}{candidate.pk}/change/").status_code == 200


def test_one_click_makes_an_author(operator: User, candidate: User, stranger: User) -> None:
    make_authors(client_of(operator), candidate)
    candidate = User.objects.get(pk=candidate.pk)
    assert candidate.is_staff
    assert candidate.has_perms(["questions.add_questionversion", "questions.view_exam"])
    assert not User.objects.get(pk=stranger.pk).is_staff


def test_authors_neither_change_versions_nor_delete_nor_see_attempts(author: User) -> None:
    for permission in (
        "questions.change_questionversion",
        "questions.delete_question",
        "questions.change_exam",
        "exams.view_attempt",
        "accounts.view_user",
    ):
        assert not author.has_perm(permission), permission


def test_staff_who_manage_people_cannot_hand_out_rights(candidate: User) -> None:
    clerk = StaffFactory.create()
    clerk.user_permissions.add(*Permission.objects.filter(codename__endswith="_user"))
    make_authors(client_of(clerk), candidate, clerk)
    assert not clerk.groups.exists()
    assert not User.objects.get(pk=candidate.pk).is_staff


def test_staff_who_manage_people_cannot_raise_themselves(candidate: User) -> None:
    clerk = StaffFactory.create()
    clerk.user_permissions.add(*Permission.objects.filter(codename__endswith="_user"))
    fields = {"email": clerk.email, "extra_time": "none", "theme": "dark", "is_active": "on"}
    client_of(clerk).post(f"{LIST}{clerk.pk}/change/", fields | {"is_superuser": "on"})
    kept = User.objects.get(pk=clerk.pk)
    assert (kept.theme, kept.is_staff, kept.is_superuser) == ("dark", True, False)


def test_staff_who_manage_people_cannot_touch_an_operator(operator: User) -> None:
    clerk = StaffFactory.create()
    clerk.user_permissions.add(*Permission.objects.filter(codename__endswith="_user"))
    client = client_of(clerk)
    both = {"password1": "staple battery horse", "password2": "staple battery horse"}
    assert client.post(f"{LIST}{operator.pk}/password/", both).status_code == 403
    assert client.post(f"{LIST}{operator.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.django_db
def test_what_an_operator_added_to_the_group_stays() -> None:
    own = Permission.objects.get(codename="view_attempt")
    authors().permissions.add(own)
    assert own in authors().permissions.all()
