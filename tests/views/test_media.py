"""Uploaded images over HTTP."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(client: Client, candidate: User, settings: Settings, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    default_storage.save("notes/abc.webp", ContentFile(b"picture"))
    default_storage.save("notes/abc.svg", ContentFile(b"<svg onload=alert(1)>"))
    (tmp_path.parent / "secret.webp").write_bytes(b"secret")
    client.force_login(candidate)
    return client


def test_an_image_is_served_as_what_it_is_and_kept_by_browsers(web: Client) -> None:
    response = web.get("/media/notes/abc.webp")
    assert b"".join(response.streaming_content) == b"picture"  # type: ignore[attr-defined]
    assert response["Content-Type"] == "image/webp"
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/media/notes/none.webp",
        "/media/notes/abc.svg",
        "/media/../secret.webp",
        "/media/notes.webp",
        "/media/notes/abc.webp/abc.webp",
        f"/media/{'a' * 300}.webp",
        f"/media/{'a/' * 3000}a.webp",
        "/media/%00.webp",
    ],
)
def test_nothing_else_is_served(web: Client, path: str) -> None:
    assert web.get(path).status_code == 404


def test_somebody_signed_out_is_sent_to_the_sign_in_page(web: Client) -> None:
    assert Client().get("/media/notes/abc.webp")["Location"].startswith("/accounts/login/")
