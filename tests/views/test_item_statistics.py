"""The authors' pages of item statistics and alarms."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from exams.models import FixedForm, Mode
from questions.kinds import Kind
from questions.models import Exam, QuestionVersion
from results import item_statistics
from results.models import FormStatistics, ItemAlarm, ItemStatistics
from tests.bank import make_exam
from tests.exposures import NOON, Given, make_question, next_version, sit
from tests.people import CandidateFactory, StaffFactory, client_of

pytestmark = pytest.mark.django_db
PERSON = 4  # session, user, own permissions and those of groups
REASON = "Checked against the documentation: the key is right."


@pytest.fixture
def exam() -> Exam:
    return make_exam(slug="small", items=4, scored_items=4)


def alarm_of(version: QuestionVersion, **fields: object) -> ItemAlarm:
    return ItemAlarm.objects.create(
        version=version,
        kind="negative",
        figures={"discrimination": -0.25, "rests": 40},
        answers=40,
        opened_at=NOON,
        **fields,
    )


def pages(alarm: ItemAlarm) -> list[str]:
    return [
        *("/item-statistics/", "/item-alarms/", "/fixed-forms/statistics/"),
        f"/item-statistics/{alarm.version.question_id}/",
        f"/item-alarms/{alarm.pk}/",
    ]


def test_only_authors_see_statistics_and_alarms(
    exam: Exam, candidate: User, author: User, operator: User
) -> None:
    alarm = alarm_of(make_question(exam, "one"))
    for path in pages(alarm):
        statuses = [
            client_of(user).get(path).status_code
            for user in (candidate, StaffFactory.create(), author, operator)
        ]
        assert statuses == [403, 403, 200, 200], path
        assert Client().get(path)["Location"].startswith("/accounts/login/")
    settle = f"/item-alarms/{alarm.pk}/"
    assert client_of(candidate).post(settle, {"reason": REASON}).status_code == 403
    alarm.refresh_from_db()
    assert alarm.settled_at is None


def test_what_is_not_there_is_not_found(exam: Exam, author: User) -> None:
    web = client_of(author)
    assert web.get("/item-statistics/999/").status_code == 404
    assert web.get("/item-alarms/999/").status_code == 404


def test_nothing_is_computed_yet(exam: Exam, author: User) -> None:
    web = client_of(author)
    question = make_question(exam, "one").question
    for path, says in {
        "/item-statistics/": "No candidate has finished an exam yet",
        "/item-alarms/": "No open alarm.",
        "/item-alarms/?state=settled": "No alarm has been settled yet.",
        "/fixed-forms/statistics/": "No candidate has finished a fixed form yet.",
        f"/item-statistics/{question.pk}/": "No candidate has been asked this question",
    }.items():
        assert says in web.get(path).content.decode()


def test_the_admin_leads_to_statistics_and_alarms(author: User) -> None:
    page = client_of(author).get("/admin/").content.decode()
    assert 'href="/item-statistics/"' in page
    assert 'href="/item-alarms/"' in page
    assert "/item-" not in client_of(StaffFactory.create()).get("/admin/").content.decode()


def text_of(web: Client, path: str) -> str:
    """The words of a page, with one space between them."""
    return " ".join(web.get(path).content.decode().split())


@pytest.mark.parametrize(
    ("answers", "shown", "hidden"),
    [
        (4, ["only counts are shown"], ["%</dd>", "Their mean rest score"]),
        (5, ["60 %", "3 right, 0 left blank", "Their mean rest score", "needs 30"], []),
        (30, ["60 %", "18 right", "0.00"], ["needs 30"]),
    ],
)
def test_figures_are_shown_from_their_samples_on(
    exam: Exam, author: User, answers: int, shown: list[str], hidden: list[str]
) -> None:
    one, two = make_question(exam, "one"), make_question(exam, "two")
    for number in range(answers):
        given = [Given(one, ["a"] if number % 5 in (1, 3) else ["b"]), Given(two, ["b"])]
        sit(CandidateFactory.create(), exam, given)
    item_statistics.refresh_all(now=timezone.now())
    ItemStatistics.objects.filter(pk=one.pk).update(discrimination=0)
    page = text_of(client_of(author), f"/item-statistics/{one.question_id}/")
    for words in shown:
        assert words in page
    for words in hidden:
        assert words not in page


def test_the_page_of_a_question_shows_every_version_and_kind(exam: Exam, author: User) -> None:
    old = make_question(exam, "one", Kind.ORDERING)
    new = next_version(old)
    other = make_question(exam, "two", Kind.RESPONSE)
    for version in (old, new):
        for _ in range(6):
            given = [Given(version, ["b", "a", "c", "d"]), Given(other, ["a", "b"])]
            sit(CandidateFactory.create(), exam, given)
    item_statistics.refresh_all(now=timezone.now())
    page = text_of(client_of(author), f"/item-statistics/{old.question_id}/")
    assert page.index("Version 2") < page.index("Version 1")
    assert "B A C D" in page
    assert f"/admin/questions/question/{old.question_id}/versions/1/" in page
    page = text_of(client_of(author), f"/item-statistics/{other.question_id}/")
    assert "<td><p>Text a</p></td>" in page
    assert "100 %" in page


def test_an_alarm_leads_to_its_question_and_is_settled_with_a_reason(
    exam: Exam, author: User
) -> None:
    version = make_question(exam, "odd-one")
    alarm = alarm_of(version)
    web = client_of(author)
    page = text_of(web, "/item-alarms/")
    assert f'href="/admin/questions/question/{version.question_id}/versions/1/"' in page
    assert "discrimination -0.25 from 40 first answers" in page
    path = f"/item-alarms/{alarm.pk}/"
    refused = web.post(path, {"reason": " "})
    assert refused.status_code == 422
    assert "This field is required." in refused.content.decode()
    assert web.post(path, {"reason": REASON})["Location"] == "/item-alarms/"
    assert "odd-one" not in text_of(web, "/item-alarms/")
    for shown in ("/item-alarms/?state=settled", f"/item-statistics/{version.question_id}/", path):
        page = text_of(web, shown)
        assert REASON in page
        assert author.email in page
        assert "settled by an author" in page
    again = web.post(path, {"reason": "Another reason"}, follow=True).content.decode()
    assert "This alarm was settled before." in again
    alarm.refresh_from_db()
    assert alarm.reason == REASON


def test_who_may_only_look_settles_nothing(exam: Exam) -> None:
    onlooker = StaffFactory.create()
    onlooker.user_permissions.add(Permission.objects.get(codename="view_question"))
    alarm = alarm_of(make_question(exam, "one"))
    web = client_of(onlooker)
    page = web.get(f"/item-alarms/{alarm.pk}/")
    assert page.status_code == 200
    assert b'<button class="button button-primary"' not in page.content
    assert web.post(f"/item-alarms/{alarm.pk}/", {"reason": REASON}).status_code == 403


def test_questions_come_in_the_order_that_was_asked_for(exam: Exam, author: User) -> None:
    hard, easy, few = (make_question(exam, slug) for slug in ("hard", "easy", "few"))
    for number in range(6):
        given = [Given(hard, ["a"], seconds=(10,)), Given(easy, ["b"], seconds=(90,))]
        sit(CandidateFactory.create(), exam, given + [Given(few, ["a"])] * (number < 2))
    item_statistics.refresh_all(now=timezone.now())
    web = client_of(author)

    def order(query: str) -> list[str]:
        page = web.get(f"/item-statistics/{query}").content.decode()
        return sorted(("hard", "easy", "few"), key=lambda slug: page.index(f">{slug}</a>"))

    assert order("") == ["hard", "easy", "few"]
    assert order("?order=-median_seconds") == ["easy", "hard", "few"]
    assert order("?order=-exposures") == ["easy", "hard", "few"]
    assert order("?order=nonsense&exam=nonsense&page=x") == ["hard", "easy", "few"]
    make_exam(slug="other")
    assert "hard" not in text_of(web, "/item-statistics/?exam=other")
    assert "hard" in text_of(web, "/item-statistics/?exam=small")


def test_the_reliability_of_a_form_is_shown_from_thirty_candidates_on(
    exam: Exam, author: User
) -> None:
    form = FixedForm.objects.create(
        exam=exam, slug="a", title="Form A", minutes=9, seed=1, created_at=NOON, published_at=NOON
    )
    given = [Given(make_question(exam, f"q{n}"), ["b"]) for n in range(2)]
    sit(CandidateFactory.create(), exam, given, mode=Mode.FIXED_FORM, fixed_form=form)
    item_statistics.refresh_all(now=timezone.now())
    figures = {"deviation": 0.5, "kr20": 0.81, "sem": 0.25}
    for candidates, shown in ((29, False), (30, True)):
        FormStatistics.objects.update(candidates=candidates, **figures)
        page = text_of(client_of(author), "/fixed-forms/statistics/")
        assert "Form A" in page
        assert ("0.81" in page, "12.5 %" in page) == (shown, shown)
        assert "25.0 %" in page


@pytest.mark.parametrize("count", [2, 20])
def test_the_pages_take_the_same_statements_however_much_there_is(
    exam: Exam, author: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    versions = [make_question(exam, f"q{n}") for n in range(count)]
    for _ in range(2):
        sit(CandidateFactory.create(), exam, [Given(version, ["b"]) for version in versions])
    item_statistics.refresh_all(now=timezone.now())
    for version in versions:
        alarm_of(version)
    one = versions[0]
    for _ in range(count - 1):
        one = next_version(one)
        sit(CandidateFactory.create(), exam, [Given(one, ["b"])])
        alarm_of(one, settled_at=NOON, settlement="author", settled_by=author, reason=REASON)
    item_statistics.refresh_all(now=timezone.now())
    web = client_of(author)
    for path, statements in {
        "/item-statistics/": 5,
        f"/item-statistics/{one.question_id}/": 3,
        "/item-alarms/": 2,
        "/item-alarms/?state=settled": 2,
        "/fixed-forms/statistics/": 1,
        reverse("results:item_alarm", args=[ItemAlarm.objects.all()[0].pk]): 1,
    }.items():
        web.get(path)
        with django_assert_num_queries(PERSON + statements):
            assert web.get(path).status_code == 200
