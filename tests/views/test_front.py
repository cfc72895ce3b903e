"""What is said before anything starts: the landing page, cards of exams, rules."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.engine import attempts
from questions.availability import availability
from tests.bank import fill, make_exam
from tests.people import client_of
from tests.sittings import begin

pytestmark = pytest.mark.django_db

ENDED = {"label": "Ended in English", "bookable": True, "languages": ["Japanese", "Korean"]}
BETA = {"label": "Beta", "bookable": True, "languages": ["English"]}


def text(web: Client, address: str) -> str:
    return " ".join(web.get(address).content.decode().split())


def test_what_can_be_booked_comes_first_and_the_card_says_it(candidate: User) -> None:
    fill(make_exam(slug="a-old", status=ENDED), per_task=1)
    fill(make_exam(slug="b-new", status=BETA), per_task=1)
    for web in (Client(), client_of(candidate)):
        page = text(web, "/")
        assert page.index("B-NEW") < page.index("A-OLD")
        assert "Ended in English" in page
        assert "can be booked in Japanese, Korean" in page


def test_of_an_exam_whose_status_is_unknown_nothing_is_said() -> None:
    fill(make_exam(), per_task=1)
    assert "booked" not in text(Client(), "/")


@pytest.mark.parametrize(
    ("status", "is_current"),
    [
        (ENDED, False),
        (BETA, True),
        ({"label": "Retired", "bookable": False}, False),
        ({"label": "Open", "bookable": True}, True),
        ({"label": "Over", "bookable": True, "until": "2026-01-01"}, False),
        ({"label": "Soon", "bookable": True, "since": "2030-01-01"}, True),
    ],
)
def test_it_is_current_when_it_can_be_booked_in_the_language_of_the_questions(
    status: dict[str, Any], is_current: bool
) -> None:
    today = timezone.now().date().replace(year=2026, month=11, day=28)
    known = availability(make_exam(status=status), today=today)
    assert known is not None
    assert known.is_current == is_current


def test_a_visitor_sees_a_real_question_explained_and_the_notes() -> None:
    exam = make_exam()
    fill(exam, per_task=7)
    page = text(Client(), "/")
    shown = exam.questions.filter(published__kind="choice").order_by("pk")[0]
    assert f"What about {shown.slug}?" in page
    assert "Correct answer" in page
    assert "84 questions, every option explained" in page
    assert 'href="/notes/mla-c01/glue/"' in page


def test_whoever_is_signed_in_sees_no_key_on_the_front_page(candidate: User) -> None:
    fill(make_exam(), per_task=7)
    assert "Correct answer" not in text(client_of(candidate), "/")


def test_the_last_score_stands_beside_the_button(candidate: User) -> None:
    exam = make_exam()
    fill(exam, per_task=7)
    web = client_of(candidate)
    assert "Last time" not in text(web, exam.get_absolute_url())
    mock = begin(candidate, exam, now=timezone.now() - timedelta(minutes=1))
    attempts.submit(user=candidate, attempt_id=mock.pk, now=timezone.now())
    assert "Last time</dt><dd>100" in text(web, exam.get_absolute_url())


@pytest.mark.parametrize("per_task", [1, 7])
def test_the_rules_cost_the_same_statements_however_large_the_bank(
    candidate: User, per_task: int, django_assert_num_queries: Any
) -> None:
    exam = make_exam(slug="budget")
    fill(exam, per_task=per_task)
    web = client_of(candidate)
    # Session, user, exam, domains, supply (two), last score, open attempt, fixed forms.
    with django_assert_num_queries(9):
        web.get(reverse("exams:start", args=[exam.slug]))


def test_search_engines_read_the_front_page_and_the_notes_only() -> None:
    make_exam()
    rules = Client().get("/robots.txt").content.decode().split("\n")
    assert rules[-2:] == ["Disallow: /", ""]
    assert {"Allow: /$", "Allow: /notes/"} < set(rules)
    assert '<meta name="description"' in text(Client(), "/")


def test_a_dead_end_has_ways_home(candidate: User) -> None:
    page = client_of(candidate).get("/nothing/").content.decode()
    assert all(f'href="{there}"' in page for there in ("/", "/notes/", "/history/"))
