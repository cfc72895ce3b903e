"""Trying the exams without an account, and keeping the work afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import guests
from accounts.models import User
from exam_platform.management.commands.run_worker import tidy
from exams import attempts
from exams.models import Attempt, Mode, ReviewCard
from questions.models import Exam
from tests.bank import fill, make_exam
from tests.people import PASSWORD, client_of
from tests.sittings import begin, practise

pytestmark = pytest.mark.django_db

KEEP = "/accounts/keep/"
SIGN_UP = "/accounts/signup/"
SIGN_IN = "/accounts/login/"


@pytest.fixture
def exam() -> Exam:
    exam = make_exam()
    fill(exam, per_task=7)
    return exam


@pytest.fixture
def visitor() -> Client:
    return Client()


def try_out(visitor: Client, exam: Exam) -> Attempt:
    visitor.post(reverse("exams:try", args=[exam.slug]))
    return Attempt.objects.latest("started_at")


def sign_up(visitor: Client, email: str = "new@example.org") -> Any:
    return visitor.post(SIGN_UP, {"email": email, "password1": PASSWORD})


class TestLanding:
    def test_visitors_are_told_what_this_is_and_nobody_is_made_by_looking(
        self, visitor: Client, exam: Exam
    ) -> None:
        page = visitor.get("/").content.decode()
        assert "Try 10 questions" in page
        assert "Sit a full mock" in page
        assert not User.objects.exists()

    def test_a_mock_that_the_bank_cannot_supply_is_not_offered(self, visitor: Client) -> None:
        fill(make_exam(), per_task=1)
        assert "Sit a full mock" not in visitor.get("/").content.decode()

    @pytest.mark.parametrize("per_task", [1, 7])
    def test_it_costs_the_same_statements_however_large_the_bank(
        self, visitor: Client, per_task: int, django_assert_num_queries: Any
    ) -> None:
        fill(make_exam(slug="budget"), per_task=per_task)
        with django_assert_num_queries(4):  # exams, domains, supply (two)
            visitor.get("/")


class TestTry:
    def test_ten_questions_with_explanations_without_an_account(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        assert (attempt.mode, attempt.responses.count(), attempt.deadline) == (Mode.STUDY, 10, None)
        guest = attempt.user
        assert guest.is_guest
        assert not guest.has_usable_password()
        page = visitor.get(attempt.get_absolute_url(), follow=True).content.decode()
        assert "data-check" in page

    def test_a_full_mock_begins_with_its_rules(self, visitor: Client, exam: Exam) -> None:
        reply = visitor.post(reverse("exams:try_mock", args=[exam.slug]), follow=True)
        assert "The clock starts when you press the button" in reply.content.decode()
        visitor.post(exam.get_absolute_url())
        assert Attempt.objects.get().mode == Mode.MOCK

    def test_somebody_signed_in_stays_who_they_are(self, candidate: User, exam: Exam) -> None:
        try_out(client_of(candidate), exam)
        assert Attempt.objects.get().user == candidate
        assert User.objects.count() == 1

    def test_guests_are_strangers_to_each_other(self, visitor: Client, exam: Exam) -> None:
        attempt = try_out(visitor, exam)
        other = Client()
        try_out(other, exam)
        assert other.get(attempt.get_absolute_url()).status_code == 404

    @override_settings(ACCOUNT_RATE_LIMITS={"guest": "2/m/ip"})
    def test_too_many_from_one_address_are_held_back(self, exam: Exam) -> None:
        statuses = [
            Client().post(reverse("exams:try", args=[exam.slug])).status_code for _ in range(4)
        ]
        assert statuses == [302, 302, 429, 429]
        assert User.objects.count() == 2

    def test_an_unknown_exam_makes_nobody(self, visitor: Client) -> None:
        assert visitor.post(reverse("exams:try", args=["nothing"])).status_code == 404
        assert not User.objects.exists()


class TestKeep:
    def test_signing_up_keeps_attempts_and_cards_and_ends_the_guest(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        visitor.post(reverse("exams:reveal", args=[attempt.pk, 1]))
        assert visitor.post(KEEP)["Location"] == SIGN_UP
        sign_up(visitor)
        account = User.objects.get()
        assert (account.email, account.is_guest) == ("new@example.org", False)
        attempt.refresh_from_db()
        assert attempt.user == account
        assert ReviewCard.objects.get().user == account
        # It goes on where it was.
        assert visitor.get(reverse("exams:question", args=[attempt.pk, 2])).status_code == 200

    def test_where_addresses_are_verified_the_work_waits_for_that(
        self, visitor: Client, exam: Exam, mailoutbox: list[Any]
    ) -> None:
        verified = {
            "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
            "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": True,
        }
        with override_settings(**verified):
            attempt = try_out(visitor, exam)
            visitor.post(KEEP)
            sign_up(visitor)
            attempt.refresh_from_db()
            assert attempt.user.is_guest
            code = str(mailoutbox[0].body).split("browser window.")[1].split()[0]
            visitor.post("/accounts/confirm-email/", {"code": code})
        attempt.refresh_from_db()
        assert attempt.user.email == "new@example.org"

    def test_signing_in_adds_the_work_to_the_account(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        own = begin(candidate, exam)
        visitor.post(reverse("exams:try_mock", args=[exam.slug]))
        visitor.post(exam.get_absolute_url())
        guests_mock = Attempt.objects.exclude(pk=own.pk).get()
        assert visitor.post(KEEP, {"to": "login"})["Location"] == SIGN_IN
        visitor.post(SIGN_IN, {"login": candidate.email, "password": PASSWORD})
        guests_mock.refresh_from_db()
        # Only one exam can be open: the guest's was handed in.
        assert (guests_mock.user, guests_mock.is_closed) == (candidate, True)
        assert Attempt.objects.of(candidate).open().get() == own
        assert not User.objects.filter(is_guest=True).exists()

    def test_of_two_cards_the_later_one_stays(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        visitor.post(reverse("exams:reveal", args=[attempt.pk, 1]))
        visitor.post(reverse("exams:reveal", args=[attempt.pk, 2]))
        first, second = ReviewCard.objects.order_by("pk")
        for card, age in ((first, 1), (second, -1)):
            ReviewCard.objects.create(
                user=candidate,
                question=card.question,
                due=card.due,
                state=2,
                stability=5,
                difficulty=5,
                last_review=card.last_review + timedelta(days=age),
            )
        visitor.post(KEEP, {"to": "login"})
        visitor.post(SIGN_IN, {"login": candidate.email, "password": PASSWORD})
        kept = dict(candidate.cards.values_list("question", "stability"))
        assert kept[first.question_id] == 5
        assert kept[second.question_id] == second.stability

    def test_a_wrong_password_moves_nothing_and_the_guest_can_come_back(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        visitor.post(KEEP, {"to": "login"})
        visitor.post(SIGN_IN, {"login": candidate.email, "password": "guessed"})
        assert "Your work as a guest is waiting" in visitor.get("/").content.decode()
        visitor.post("/accounts/guest/")
        assert visitor.get(reverse("exams:question", args=[attempt.pk, 1])).status_code == 200

    def test_nobody_takes_over_a_guest_by_naming_it(
        self, visitor: Client, stranger: User, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        other = Client()
        other.post(KEEP, {"guest": attempt.user.pk})
        other.post(SIGN_IN, {"login": stranger.email, "password": PASSWORD})
        other.post("/accounts/guest/", {"guest": attempt.user.pk})
        attempt.refresh_from_db()
        assert attempt.user.is_guest

    def test_an_account_is_not_signed_out_by_it(self, candidate: User) -> None:
        client = client_of(candidate)
        client.post(KEEP)
        assert client.get("/history/").status_code == 200

    def test_no_form_makes_a_guest_of_an_account(self, candidate: User) -> None:
        client_of(candidate).post(
            "/accounts/preferences/",
            {"extra_time": "none", "theme": "dark", "text_size": "large", "is_guest": "1"},
        )
        candidate.refresh_from_db()
        assert (candidate.theme, candidate.is_guest) == ("dark", False)

    @pytest.mark.parametrize("page", ["email", "password/change", "password/set", "delete"])
    def test_pages_of_an_account_tell_a_guest_to_sign_up_first(
        self, visitor: Client, exam: Exam, page: str
    ) -> None:
        try_out(visitor, exam)
        told = visitor.get(f"/accounts/{page}/", follow=True)
        assert told.redirect_chain[0][0] == "/accounts/preferences/"
        assert "Sign up first" in told.content.decode()
        assert f'href="/accounts/{page}/"' not in told.content.decode()
        visitor.post(f"/accounts/{page}/", {"email": "new@example.org", "action_add": ""})
        assert User.objects.get().is_guest


class TestStale:
    def test_guests_not_seen_for_a_month_are_deleted_with_their_work(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        kept = try_out(Client(), exam)
        now = timezone.now()
        User.objects.filter(pk=attempt.user_id).update(last_login=now - timedelta(days=31))
        User.objects.filter(pk=candidate.pk).update(last_login=now - timedelta(days=400))
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=now)
        assert tidy() == 1
        assert list(Attempt.objects.all()) == [kept]
        assert User.objects.filter(pk=candidate.pk).exists()
        assert guests.delete_stale(now=now) == 0


def test_a_guest_is_reminded_on_the_result(visitor: Client, exam: Exam) -> None:
    attempt = try_out(visitor, exam)
    visitor.post(reverse("exams:submit", args=[attempt.pk]))
    page = visitor.get(reverse("results:report", args=[attempt.pk])).content.decode()
    assert "Sign up and keep it" in page
    assert "Keep your work" in page


def test_study_of_a_section_can_be_replaced_by_a_guest_too(visitor: Client, exam: Exam) -> None:
    attempt = try_out(visitor, exam)
    section = exam.note_sections.get()
    with pytest.raises(attempts.AttemptAlreadyOpen):
        practise(attempt.user, section, now=timezone.now())
