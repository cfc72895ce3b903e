import pytest

from accounts.models import User
from tests.people import PASSWORD, StaffFactory, client_of


def test_two_people_are_two_rows_with_the_known_password(candidate: User, stranger: User) -> None:
    assert candidate.pk != stranger.pk
    assert candidate.check_password(PASSWORD)
    assert stranger.check_password(PASSWORD)


def test_an_author_is_staff_in_the_group_of_authors(author: User) -> None:
    assert author.is_staff
    assert [group.name for group in author.groups.all()] == ["authors"]


@pytest.mark.django_db
def test_staff_may_be_given_other_fields() -> None:
    assert StaffFactory.create(email="lee@example.org", is_active=False).email == "lee@example.org"


def test_a_client_is_signed_in(operator: User) -> None:
    assert client_of(operator).session["_auth_user_id"] == str(operator.pk)
