import pytest
from django.db import connection

from exam_platform.durability import NotDurable, assert_durable

pytestmark = pytest.mark.django_db


def test_a_server_that_may_lose_commits_is_refused_by_the_name_of_the_setting() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    with pytest.raises(NotDurable, match=r"has .*synchronous_commit = off: .* Set .*= on"):
        assert_durable()


def test_a_setting_that_only_this_role_or_session_has_off_is_found_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only_this = {"synchronous_commit": ("on",)}
    monkeypatch.setattr("exam_platform.durability.REQUIRED", only_this)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
        assert_durable()
        cursor.execute("SET LOCAL synchronous_commit = local")
    with pytest.raises(NotDurable, match="synchronous_commit = local"):
        assert_durable()
