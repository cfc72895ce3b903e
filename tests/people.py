"""The people of the tests. Everybody's password is ``PASSWORD``."""

from typing import Any

from django.test import Client
from factory.declarations import Sequence
from factory.django import DjangoModelFactory

from accounts.groups import authors
from accounts.models import User

PASSWORD = "correct horse battery"


def _address(who: str) -> Any:
    return Sequence(lambda number: f"{who}{number}@example.org")  # type: ignore[no-untyped-call]


class CandidateFactory(DjangoModelFactory[User]):
    """Somebody who prepares for an exam; has no rights beyond their own attempts."""

    class Meta:
        model = User

    email = _address("candidate")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        fields.setdefault("password", PASSWORD)
        return model_class.objects.create_user(*args, **fields)


class StrangerFactory(CandidateFactory):
    """Another candidate: must see and change nothing that belongs to the first."""

    email = _address("stranger")


class StaffFactory(CandidateFactory):
    """May enter the admin, and there may do nothing yet."""

    email = _address("staff")
    is_staff = True


class AuthorFactory(StaffFactory):
    """Writes questions: staff in the group "authors"."""

    email = _address("author")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        author = super()._create(model_class, *args, **fields)
        author.groups.add(authors())
        return author


class OperatorFactory(StaffFactory):
    """Runs the site: may do everything."""

    email = _address("operator")
    is_superuser = True


def client_of(user: User) -> Client:
    """A browser in which ``user`` is signed in."""
    client = Client()
    client.force_login(user)
    return client
