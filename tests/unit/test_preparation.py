import os
import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError
from pytest_django.fixtures import Settings

from accounts.models import User
from exam_platform import preparation
from exam_platform.preparation import ADMIN_EMAIL, collect_static_files, create_admin, migrate
from exam_platform.static_files import StaticFilesStorage
from tests.bank import make_exam
from tests.people import CandidateFactory, OperatorFactory

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def sources(tmp_path: Path, settings: Settings) -> Path:
    """A folder of static files that is collected into one beside it."""
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("a {}")
    return tmp_path / "static"


@pytest.mark.django_db
def test_the_first_start_makes_an_administrator_and_says_the_password(said: list[str]) -> None:
    create_admin(said.append)
    password = re.search(r"password: (\S+)", said[0])
    admin = User.objects.get(email=ADMIN_EMAIL)
    assert password is not None
    assert admin.check_password(password[1])
    assert admin.is_superuser


@pytest.mark.django_db
def test_a_later_start_makes_none(said: list[str]) -> None:
    OperatorFactory.create()
    create_admin(said.append)
    assert said == []
    assert not User.objects.filter(email=ADMIN_EMAIL).exists()


@pytest.mark.django_db
def test_a_candidate_is_no_administrator(said: list[str]) -> None:
    CandidateFactory.create()
    create_admin(said.append)
    assert User.objects.filter(email=ADMIN_EMAIL).exists()


@pytest.mark.django_db
def test_no_account_is_left_whose_password_nobody_saw() -> None:
    def killed(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_admin(killed)
    assert not User.objects.exists()


def test_static_files_are_collected_once(sources: Path, said: list[str]) -> None:
    collect_static_files(said.append)
    collect_static_files(said.append)
    assert len(said) == 1
    assert (sources.parent / "collected" / "site.css").read_text() == "a {}"


def test_files_that_open_pages_name_stay_beside_the_new_ones(
    sources: Path, said: list[str]
) -> None:
    collect_static_files(said.append)
    (sources / "site.css").write_text("a { color: red }")
    os.utime(sources / "site.css", (1, 1))
    (sources.parent / "collected" / "site.0123.css").write_text("a {}")
    collect_static_files(said.append, keep_old=True)
    assert (sources.parent / "collected" / "site.css").read_text() == "a { color: red }"
    assert (sources.parent / "collected" / "site.0123.css").exists()


def test_static_files_are_collected_again_when_one_changed(sources: Path, said: list[str]) -> None:
    collect_static_files(said.append)
    (sources / "site.css").write_text("a { color: red }")
    collect_static_files(said.append)
    assert len(said) == 2
    assert (sources.parent / "collected" / "site.css").read_text() == "a { color: red }"


def test_static_files_are_collected_again_after_an_interrupted_time(
    sources: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "call_command", killed)
        with pytest.raises(KeyboardInterrupt):
            collect_static_files(said.append)
    collect_static_files(said.append)
    assert (sources.parent / "collected" / "site.css").exists()


@pytest.mark.django_db
def test_a_database_that_is_up_to_date_is_not_announced(said: list[str]) -> None:
    migrate(said.append)
    assert said == []


@pytest.fixture
def _broken_content(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise CommandError("q.yaml: stem: missing\nNothing was loaded.")

    monkeypatch.setattr(preparation, "call_command", refuse)


@pytest.mark.django_db
@pytest.mark.usefixtures("_broken_content")
def test_broken_content_does_not_stop_a_site_that_has_a_bank(said: list[str]) -> None:
    make_exam()
    preparation.load_bank(said.append)
    assert said == ["q.yaml: stem: missing\nNothing was loaded. The bank stays as it was."]


@pytest.mark.django_db
@pytest.mark.usefixtures("_broken_content")
def test_broken_content_stops_a_first_start(said: list[str]) -> None:
    with pytest.raises(CommandError, match="stem: missing"):
        preparation.load_bank(said.append)


def test_a_module_imports_others_by_the_name_of_their_content(tmp_path: Path) -> None:
    storage = StaticFilesStorage(location=tmp_path, base_url="/static/")
    source = FileSystemStorage(ROOT / "static")
    names = [f"js/{file.name}" for file in (ROOT / "static" / "js").glob("*.js")]
    for name in names:
        storage.save(name, ContentFile((ROOT / "static" / name).read_bytes()))
    done = storage.post_process({name: (source, name) for name in names})
    assert [problem for _, _, problem in done if isinstance(problem, Exception)] == []
    text = (tmp_path / storage.hashed_files["js/exam.js"]).read_text()
    imported = re.findall(r'^import .* from "\./(.+)";', text, re.MULTILINE)
    assert len(imported) > 5
    assert {f"js/{name}" for name in imported} <= set(storage.hashed_files.values())
