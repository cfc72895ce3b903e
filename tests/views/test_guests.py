"""Trying the exams without an account, and keeping the work afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection
from django.db.models import F
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import guests
from accounts.models import User
from exam_platform.management.commands.run_worker import tidy
from exams.engine import attempts
from exams.models import Attempt, Mode, ReviewCard
from questions.models import Exam
from tests.bank import fill, make_exam
from tests.people import PASSWORD, client_of
from tests.sittings import answer, begin, practise, right_places

pytestmark = pytest.mark.django_db

GUEST_WORK = "/accounts/guest-work/"
SIGN_UP = "/accounts/signup/"
SIGN_IN = "/accounts/login/"
VERIFIED = {
    "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
    "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": True,
}


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
        assert "Take a full mock exam" in page
        assert not User.objects.exists()

    def test_a_mock_that_the_bank_cannot_supply_is_not_offered(self, visitor: Client) -> None:
        fill(make_exam(), per_task=1)
        assert "Take a full mock exam" not in visitor.get("/").content.decode()

    @pytest.mark.parametrize("per_task", [1, 7])
    def test_it_costs_the_same_statements_however_large_the_bank(
        self, visitor: Client, per_task: int, django_assert_num_queries: Any
    ) -> None:
        fill(make_exam(slug="budget"), per_task=per_task)
        # Exams, domains, supply (two), the sample and its explanation, titles of the notes.
        with django_assert_num_queries(6):
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
        assert visitor.get(SIGN_UP).status_code == 200
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
        with override_settings(**VERIFIED):
            attempt = try_out(visitor, exam)
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
        assert "ask which one to continue" in visitor.get(SIGN_IN).content.decode()
        asked = visitor.post(SIGN_IN, {"login": candidate.email, "password": PASSWORD})
        assert asked["Location"].startswith(GUEST_WORK)
        visitor.post(GUEST_WORK, {"stays_open": "account"})
        guests_mock.refresh_from_db()
        # Only one exam can be open: the guest's was submitted, as was chosen.
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
        visitor.post(SIGN_IN, {"login": candidate.email, "password": PASSWORD})
        kept = dict(candidate.cards.values_list("question", "stability"))
        assert kept[first.question_id] == 5
        assert kept[second.question_id] == second.stability

    def test_a_wrong_password_moves_nothing_and_the_guest_can_come_back(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        refused = visitor.post(SIGN_IN, {"login": candidate.email, "password": "guessed"})
        assert "Save my progress" in refused.content.decode()  # still the guest
        assert visitor.get(reverse("exams:question", args=[attempt.pk, 1])).status_code == 200

    def test_nobody_takes_over_a_guest_by_naming_it(
        self, visitor: Client, stranger: User, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        other = Client()
        other.get(SIGN_UP, {"guest": attempt.user.pk})
        other.post(SIGN_IN, {"login": stranger.email, "password": PASSWORD})
        other.post("/accounts/guest/", {"guest": attempt.user.pk})
        attempt.refresh_from_db()
        assert attempt.user.is_guest

    def test_an_account_is_not_signed_out_by_it(self, candidate: User) -> None:
        client = client_of(candidate)
        assert client.get(SIGN_UP)["Location"] == "/"
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


class TestNothingIsHidden:
    """A guest's work is in reach whatever is pressed, until it belongs to an account."""

    def test_looking_at_the_sign_up_form_does_not_sign_the_guest_out(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        for page in (SIGN_UP, SIGN_IN):
            shown = visitor.get(page).content.decode()
            assert "Save my progress" in shown
        visitor.post(SIGN_UP, {"email": "new@example.org", "password1": "12345"})
        assert visitor.get(reverse("exams:question", args=[attempt.pk, 1])).status_code == 200
        assert User.objects.get().is_guest

    @pytest.mark.parametrize("begin_again", ["try", "try_mock"])
    def test_a_new_try_comes_back_to_the_guest_that_waits(
        self, visitor: Client, exam: Exam, begin_again: str
    ) -> None:
        attempt = try_out(visitor, exam)
        with override_settings(**VERIFIED):
            sign_up(visitor)
        assert visitor.get(attempt.get_absolute_url()).status_code == 302  # to sign in
        visitor.post(reverse(f"exams:{begin_again}", args=[exam.slug]))
        assert User.objects.filter(is_guest=True).count() == 1
        assert visitor.get(reverse("exams:question", args=[attempt.pk, 1])).status_code == 200

    def test_who_comes_back_and_then_enters_the_code_loses_nothing(
        self, visitor: Client, exam: Exam, mailoutbox: list[Any]
    ) -> None:
        attempt = try_out(visitor, exam)
        with override_settings(**VERIFIED):
            sign_up(visitor, "late@example.org")
            visitor.post("/accounts/guest/")  # back as the guest
            code = str(mailoutbox[0].body).split("browser window.")[1].split()[0]
            visitor.post("/accounts/confirm-email/", {"code": code})
        attempt.refresh_from_db()
        assert attempt.user.is_guest
        assert visitor.get(reverse("exams:question", args=[attempt.pk, 1])).status_code == 200

    def test_sign_up_says_what_it_keeps_and_leads_back_to_the_report(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        for response in attempt.responses.select_related("version")[:3]:
            answer(attempt, response.position, right_places(response))
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
        report = reverse("results:report", args=[attempt.pk])
        link = f"{SIGN_UP}?next={report}"
        assert f'href="{link}"' in visitor.get(report).content.decode()
        form = visitor.get(link).content.decode()
        assert "Your 3 guest answers" in form
        fields = {"email": "new@example.org", "password1": PASSWORD, "next": report}
        page = visitor.post(SIGN_UP, fields, follow=True)
        assert page.redirect_chain[-1][0] == report
        assert "Account created. Your 3 guest answers are saved." in page.content.decode()

    @override_settings(ACCOUNT_RATE_LIMITS={"signup": "1/m/ip", "login": "1/m/ip"})
    @pytest.mark.parametrize(("page", "field"), [(SIGN_UP, "email"), (SIGN_IN, "login")])
    def test_a_form_that_is_held_back_keeps_what_was_typed(
        self, visitor: Client, exam: Exam, page: str, field: str
    ) -> None:
        try_out(visitor, exam)
        typed = {field: "new@example.org", "password": "12345", "password1": "12345"}
        visitor.post(page, typed)
        held_back = visitor.post(page, typed)
        assert held_back.status_code == 429
        assert 'value="new@example.org"' in held_back.content.decode()
        assert "Too many attempts from your network" in held_back.content.decode()

    def test_one_setting_serves_a_class_that_signs_in_and_up_at_once(self) -> None:
        limits = settings.ACCOUNT_RATE_LIMITS
        sign_ins = limits["login"]
        assert limits["signup"] == limits["reset_password_from_key"] == sign_ins
        assert limits["reset_password"].startswith(f"{sign_ins},")


class TestTwoOpen:
    """A guest and an account that both have something open: the person chooses."""

    def both_open(self, visitor: Client, candidate: User, exam: Exam) -> tuple[Attempt, Attempt]:
        own = begin(candidate, exam)
        visitor.post(reverse("exams:try_mock", args=[exam.slug]))
        visitor.post(exam.get_absolute_url())
        visitor.post(SIGN_IN, {"login": candidate.email, "password": PASSWORD})
        return own, Attempt.objects.exclude(pk=own.pk).get()

    def test_signing_in_alone_submits_nothing(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        self.both_open(visitor, candidate, exam)
        assert Attempt.objects.open().count() == 2
        assert "Add guest work" in visitor.get("/").content.decode()
        page = visitor.get(GUEST_WORK).content.decode()
        assert "Which one do you want to continue?" in page
        assert page.split("<h1>")[1].count("mock exam") == 2

    def test_the_guests_exam_goes_on_if_that_is_chosen(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        own, of_guest = self.both_open(visitor, candidate, exam)
        visitor.post(GUEST_WORK, {"stays_open": "guest"})
        own.refresh_from_db()
        assert own.is_closed
        assert Attempt.objects.of(candidate).open().get() == of_guest
        assert not User.objects.filter(is_guest=True).exists()
        assert guests.SESSION_KEY not in visitor.session

    @pytest.mark.parametrize("chosen", [{}, {"stays_open": "both"}])
    def test_without_a_choice_nothing_happens(
        self, visitor: Client, candidate: User, exam: Exam, chosen: dict[str, str]
    ) -> None:
        self.both_open(visitor, candidate, exam)
        visitor.post(GUEST_WORK, chosen)
        assert Attempt.objects.open().count() == 2

    def test_an_exam_that_was_submitted_meanwhile_needs_no_choice(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        own, of_guest = self.both_open(visitor, candidate, exam)
        attempts.submit(user=candidate, attempt_id=own.pk, now=timezone.now())
        assert "Add to my account" in visitor.get(GUEST_WORK).content.decode()
        visitor.post(GUEST_WORK)
        of_guest.refresh_from_db()
        assert (of_guest.user, of_guest.is_closed) == (candidate, False)

    def test_a_stranger_finds_no_guest_work(
        self, visitor: Client, candidate: User, stranger: User, exam: Exam
    ) -> None:
        self.both_open(visitor, candidate, exam)
        other = client_of(stranger)
        assert other.get(GUEST_WORK)["Location"] == "/"
        other.post(GUEST_WORK, {"stays_open": "guest"})
        assert Attempt.objects.open().count() == 2

    def test_the_page_leads_on_within_this_site_only(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        self.both_open(visitor, candidate, exam)
        away = {"stays_open": "account", "next": "https://elsewhere.example/"}
        assert visitor.post(GUEST_WORK, away)["Location"] == "/"


class TestFailedAdoption:
    """An account that begins the same exam in that very moment makes the move fail."""

    def leave(self, visitor: Client, candidate: User, exam: Exam) -> tuple[Attempt, Any]:
        """Try out as a guest, and sign in as somebody to whom the work cannot be moved."""

        class Refusing:
            def count_answers(self, guest: User) -> int:
                return 0

            def rivals(self, guest: User, account: User) -> list[guests.Rivals]:
                return []

            def move_work(self, guest: User, account: User, stays_open: object) -> None:
                raise IntegrityError("one open attempt per candidate and exam")

        attempt = try_out(visitor, exam)
        visitor.raise_request_exception = False
        fields = {"login": candidate.email, "password": PASSWORD}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(guests, "ADOPTERS", [*guests.ADOPTERS, Refusing()])
            return attempt, visitor.post(SIGN_IN, fields, follow=True)

    def test_the_account_is_signed_in_and_told_and_nothing_is_moved(
        self, visitor: Client, candidate: User, exam: Exam, caplog: pytest.LogCaptureFixture
    ) -> None:
        attempt, page = self.leave(visitor, candidate, exam)
        assert page.status_code == 200
        assert "could not be added to your account" in page.content.decode()
        assert "could not be moved" in caplog.text
        attempt.refresh_from_db()
        assert attempt.user.is_guest

    def test_the_next_sign_in_takes_the_work_along(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        attempt, _ = self.leave(visitor, candidate, exam)
        visitor.post("/accounts/logout/")
        assert "You have unsaved guest results" in visitor.get("/").content.decode()
        visitor.post(SIGN_IN, {"login": candidate.email, "password": PASSWORD})
        attempt.refresh_from_db()
        assert attempt.user == candidate
        assert guests.SESSION_KEY not in visitor.session


class TestLastVisit:
    """Pages promise: kept for 30 days after your last visit."""

    def session_of(self, visitor: Client) -> Session:
        return Session.objects.get(pk=visitor.cookies["sessionid"].value)

    def let_pass(self, guest: User, days: int) -> None:
        """Move what is known of the guest into the past."""
        then = timedelta(days=days)
        User.objects.filter(pk=guest.pk).update(last_login=F("last_login") - then)
        Session.objects.update(expire_date=F("expire_date") - then)

    def test_who_comes_back_now_and_then_is_kept_for_as_long_after_each_visit(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        for _ in range(3):
            self.let_pass(attempt.user, days=29)
            page = visitor.get(reverse("exams:question", args=[attempt.pk, 1]))
            assert page.status_code == 200
        assert guests.delete_stale(now=timezone.now() + timedelta(days=30)) == 0
        assert self.session_of(visitor).expire_date > timezone.now() + timedelta(days=30)
        assert int(visitor.cookies["sessionid"]["max-age"]) > 30 * 24 * 3600

    def test_a_visit_just_before_the_next_one_is_recorded_counts_too(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        self.let_pass(attempt.user, days=30)
        assert guests.delete_stale(now=timezone.now()) == 0
        self.let_pass(attempt.user, days=1)
        assert guests.delete_stale(now=timezone.now()) == 1

    def test_the_work_of_one_who_steps_aside_waits_as_long(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        self.let_pass(attempt.user, days=0)
        User.objects.update(last_login=timezone.now() - timedelta(hours=20))
        with override_settings(**VERIFIED):
            sign_up(visitor)  # which waits for its code, and the guest's work for that
        assert self.session_of(visitor).expire_date > timezone.now() + timedelta(days=30)
        assert guests.delete_stale(now=timezone.now() + timedelta(days=30, hours=20)) == 0

    def test_a_page_writes_nothing_but_for_the_first_one_of_a_day(
        self, visitor: Client, exam: Exam
    ) -> None:
        attempt = try_out(visitor, exam)
        address = reverse("exams:question", args=[attempt.pk, 1])

        def statements() -> list[str]:
            with CaptureQueriesContext(connection) as captured:
                assert visitor.get(address).status_code == 200
            return [query["sql"] for query in captured]

        usual = statements()
        assert not [sql for sql in usual if sql.startswith(("UPDATE", "INSERT"))]
        self.let_pass(attempt.user, days=1)
        first = statements()
        assert len([sql for sql in first if 'UPDATE "accounts_user"' in sql]) == 1
        assert len(statements()) == len(usual)

    def test_a_save_has_no_statement_more_on_any_day(
        self, visitor: Client, exam: Exam, django_assert_num_queries: Any
    ) -> None:
        attempt = try_out(visitor, exam)
        choice = attempt.responses.filter(version__kind="choice")[0]
        address = reverse("exams:save", args=[attempt.pk, choice.position])
        for rev in (1, 2):
            with django_assert_num_queries(4):  # session, user, question, save
                visitor.post(address, {"epoch": 1, "rev": rev, "answer": ["1"]})
            self.let_pass(attempt.user, days=2)

    def test_the_session_of_an_account_is_as_long_as_any_other(
        self, visitor: Client, exam: Exam
    ) -> None:
        try_out(visitor, exam)
        sign_up(visitor)
        assert visitor.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


class TestStale:
    def test_sessions_that_are_over_are_deleted_in_one_statement(
        self, visitor: Client, candidate: User, exam: Exam
    ) -> None:
        client_of(candidate)
        for _ in range(3):
            try_out(Client(), exam)
        Session.objects.exclude(pk=Session.objects.first()).update(
            expire_date=timezone.now() - timedelta(seconds=1)
        )
        with CaptureQueriesContext(connection) as captured:
            tidy()
        assert Session.objects.count() == 1
        assert len([one for one in captured if "django_session" in one["sql"]]) == 1

    def test_many_guests_are_deleted_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guests, "_BATCH", 2)
        old = timezone.now() - timedelta(days=40)
        User.objects.bulk_create(
            User(email=f"guest-{number}@guest.invalid", is_guest=True, last_login=old)
            for number in range(5)
        )
        assert guests.delete_stale(now=timezone.now()) == 5
        assert not User.objects.exists()

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
    assert "Save my progress" in page


def test_study_of_a_section_can_be_replaced_by_a_guest_too(visitor: Client, exam: Exam) -> None:
    attempt = try_out(visitor, exam)
    section = exam.note_sections.get()
    with pytest.raises(attempts.AttemptAlreadyOpen):
        practise(attempt.user, section, now=timezone.now())
