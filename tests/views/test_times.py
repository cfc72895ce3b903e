"""Times and days as their reader counts them, and durations by the time the clock ran."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ExtraTime, User
from exams.assembly.assemble import Wanted
from exams.engine import attempts, spaced_review
from exams.engine import study as study_engine
from exams.engine.audit import audit
from exams.models import Attempt, Mode, ReviewCard
from exams.recipes import Recipe
from questions.models import Exam
from results.reports import LONGEST_THOUGHT, active_time, load_report
from tests.bank import fill, make_exam
from tests.people import client_of
from tests.sittings import answer, begin, deadline_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def exam() -> Exam:
    exam = make_exam()
    fill(exam, per_task=7)
    return exam


def study(
    user: User, exam: Exam, *, minutes: int | None = 10, now: datetime | None = None
) -> Attempt:
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=5, minutes=minutes))
    return attempts.start(user=user, exam=exam, now=now or timezone.now(), wanted=wanted, seed=1)


def report_of(attempt: Attempt) -> str:
    web = client_of(attempt.user)
    return web.get(reverse("results:report", args=[attempt.pk])).content.decode()


def pause(attempt: Attempt, since: timedelta, length: timedelta) -> None:
    began = attempt.started_at + since
    study_engine.pause(user=attempt.user, attempt_id=attempt.pk, now=began)
    study_engine.unpause(user=attempt.user, attempt_id=attempt.pk, now=began + length)


class TestDurations:
    def test_a_pause_is_no_time_used_and_none_allowed(self, candidate: User, exam: Exam) -> None:
        ten = study(candidate, exam, now=timezone.now() - timedelta(hours=30))
        pause(ten, 2 * MINUTE, timedelta(hours=26))
        pause(ten, timedelta(hours=26, minutes=4), timedelta(hours=1))
        ended = ten.started_at + timedelta(hours=27, minutes=6)
        closed = attempts.submit(user=candidate, attempt_id=ten.pk, now=ended)
        assert closed.time_used == 6 * MINUTE
        assert closed.time_allowed == 10 * MINUTE
        assert re.search(r"6 min 0 s\s+of 10 min 0 s", report_of(closed))
        assert not list(audit(closed))

    def test_so_is_one_that_lasts_when_it_ends(self, candidate: User, exam: Exam) -> None:
        ten = study(candidate, exam, now=timezone.now() - timedelta(hours=30))
        study_engine.pause(user=candidate, attempt_id=ten.pk, now=ten.started_at + 3 * MINUTE)
        closed = attempts.submit(
            user=candidate, attempt_id=ten.pk, now=ten.started_at + timedelta(hours=20)
        )
        assert (closed.time_used, closed.time_allowed) == (3 * MINUTE, 10 * MINUTE)
        assert not list(audit(closed))

    def test_old_pauses_follow_from_the_deadline(self, candidate: User, exam: Exam) -> None:
        candidate.extra_time = ExtraTime.HALF
        ten = study(candidate, exam, now=timezone.now() - timedelta(hours=30))
        pause(ten, 2 * MINUTE, timedelta(hours=26))
        Attempt.objects.update(paused_for=timedelta(0))  # as the release before left it
        with connection.cursor() as cursor:
            cursor.execute(import_module("exams.migrations.0009_pauses_are_kept").FORWARDS)
        ten.refresh_from_db()
        assert ten.paused_for == timedelta(hours=26)
        assert ten.time_allowed == 15 * MINUTE

    def test_untimed_study_that_was_left_for_a_week_counts_what_was_done(
        self, candidate: User, exam: Exam
    ) -> None:
        week = study(candidate, exam, minutes=None, now=timezone.now() - timedelta(days=8))
        answer(week, 1, ["1"], after=2 * MINUTE)
        answer(week, 2, ["1"], after=3 * MINUTE)
        closed = attempts.submit(
            user=candidate, attempt_id=week.pk, now=week.started_at + timedelta(days=7)
        )
        assert load_report(closed).time_used == 3 * MINUTE + LONGEST_THOUGHT
        assert re.search(r"about\s+8 min 0 s", report_of(closed))

    def test_time_of_activity_leaves_breaks_out_in_any_order(self) -> None:
        start = datetime(2026, 11, 27, tzinfo=UTC)
        moments = [start + hours * timedelta(hours=1) for hours in (2, 0, 1)]
        assert active_time(moments) == 2 * LONGEST_THOUGHT
        assert active_time([start]) == timedelta(0)

    @pytest.mark.parametrize("extra_time", ExtraTime)
    def test_the_audit_finds_extra_time_as_it_was_given(
        self, candidate: User, exam: Exam, extra_time: ExtraTime
    ) -> None:
        candidate.extra_time = extra_time
        half = attempts.start(
            user=candidate, exam=exam, now=timezone.now(), wanted=Wanted(mode=Mode.HALF), seed=1
        )
        closed = attempts.submit(user=candidate, attempt_id=half.pk, now=timezone.now())
        assert not list(audit(closed))

    def test_the_audit_finds_thirty_whole_minutes_where_they_were_given_whole(
        self, candidate: User, exam: Exam
    ) -> None:
        candidate.extra_time = ExtraTime.THIRTY_MINUTES
        half = attempts.start(
            user=candidate, exam=exam, now=timezone.now(), wanted=Wanted(mode=Mode.HALF), seed=1
        )
        assert half.rules is not None
        old = {name: value for name, value in half.rules.items() if name != "full_minutes"}
        Attempt.objects.update(rules=old, deadline=half.started_at + 95 * MINUTE)
        closed = attempts.submit(user=candidate, attempt_id=half.pk, now=timezone.now())
        assert not list(audit(closed))


class TestNothingAnswered:
    @pytest.mark.parametrize("mode", [Mode.MOCK, Mode.STUDY])
    def test_there_is_no_percentage_of_nothing(
        self, candidate: User, exam: Exam, mode: Mode
    ) -> None:
        sat = begin(candidate, exam) if mode is Mode.MOCK else study(candidate, exam)
        page = report_of(attempts.submit(user=candidate, attempt_id=sat.pk, now=timezone.now()))
        assert "none answered" in page
        assert "0 %" not in page
        assert "(0%)" not in page
        assert "By domain" not in page


class TestZones:
    def test_pages_say_the_zone_and_leave_the_moment_to_the_script(
        self, candidate: User, exam: Exam
    ) -> None:
        begin(candidate, exam, now=datetime.now(UTC).replace(microsecond=0))
        page = client_of(candidate).get("/history/").content.decode()
        assert re.search(
            r'<time datetime="[0-9T:-]+\+00:00" data-local-time="minute">[^<]+ UTC<', page
        )

    def test_the_next_page_is_written_in_the_zone_of_the_browser(
        self, candidate: User, exam: Exam
    ) -> None:
        mock = begin(candidate, exam)
        web = client_of(candidate)
        web.cookies["zone"] = "Asia/Seoul"
        assert " KST" in web.get("/history/").content.decode()
        attempts.submit(user=candidate, attempt_id=mock.pk, now=timezone.now())
        assert " KST" in report_of_in(web, mock)

    @pytest.mark.parametrize(
        "name", ["Nowhere/Land", "../../etc/passwd", "/etc/passwd", "Asia", "\0", "é", "x" * 5000]
    )
    def test_what_is_no_zone_is_passed_over(self, candidate: User, exam: Exam, name: str) -> None:
        begin(candidate, exam)
        web = client_of(candidate)
        page = web.get("/history/", headers={"Cookie": f"{cookies(web)}; zone={name}"})
        assert page.status_code == 200
        assert " UTC" in page.content.decode()

    def test_one_zone_does_not_stay_for_the_next_reader(self, candidate: User, exam: Exam) -> None:
        begin(candidate, exam)
        web = client_of(candidate)
        web.cookies["zone"] = "Asia/Seoul"
        web.get("/history/")
        assert " UTC" in client_of(candidate).get("/history/").content.decode()


def report_of_in(web: Client, attempt: Attempt) -> str:
    return web.get(reverse("results:report", args=[attempt.pk])).content.decode()


def cookies(web: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in web.cookies.items())


class TestDailyReview:
    EVENING = datetime(2026, 11, 27, 21, 30, tzinfo=UTC)

    def missed(self, candidate: User, exam: Exam) -> ReviewCard:
        attempt = study(candidate, exam, now=self.EVENING)
        study_engine.reveal(user=candidate, attempt_id=attempt.pk, position=1, now=self.EVENING)
        return ReviewCard.objects.get()

    def queue(self, candidate: User, now: datetime) -> Any:
        [row] = spaced_review.daily_queue(candidate, now=now)
        return row

    def test_what_was_missed_in_the_evening_comes_back_the_next_morning(
        self, candidate: User, exam: Exam
    ) -> None:
        card = self.missed(candidate, exam)
        assert card.due == self.EVENING + timedelta(days=1)
        row = self.queue(candidate, self.EVENING + timedelta(minutes=1))
        assert (row.due, row.is_tomorrow) == (0, True)
        morning = self.EVENING + timedelta(hours=8)
        assert self.queue(candidate, morning).due == 1
        attempts.submit(
            user=candidate, attempt_id=Attempt.objects.get().pk, now=self.EVENING + MINUTE
        )
        wanted = Wanted(mode=Mode.REVIEW, recipe=Recipe(items=20, source="due"))  # type: ignore[arg-type]
        review = attempts.start(user=candidate, exam=exam, now=morning, wanted=wanted)
        assert review.responses.get().question_id == card.question_id

    def test_the_day_is_the_readers(self, candidate: User, exam: Exam) -> None:
        self.missed(candidate, exam)
        # 06:31 of the 28th in Seoul; due at 06:30 of the 29th, which is tomorrow there.
        with timezone.override("Asia/Seoul"):
            row = self.queue(candidate, self.EVENING + MINUTE)
            assert (row.due, row.next_day.day, row.is_tomorrow) == (0, 29, True)
            # 03:59 and 04:00 of the 29th.
            assert self.queue(candidate, datetime(2026, 11, 28, 18, 59, tzinfo=UTC)).due == 0
            assert self.queue(candidate, datetime(2026, 11, 28, 19, tzinfo=UTC)).due == 1

    def test_home_never_says_nothing_today_and_today(self, candidate: User, exam: Exam) -> None:
        card = self.missed(candidate, exam)
        web = client_of(candidate)
        for hours in range(0, 60, 5):
            ReviewCard.objects.filter(pk=card.pk).update(
                due=timezone.now() + timedelta(hours=hours)
            )
            page = " ".join(web.get("/").content.decode().split())
            today = "1 question to review today" in page
            later = "comes back tomorrow" in page or "comes back on" in page
            assert today != later


def test_deadlines_of_a_half_mock_have_half_of_the_thirty_minutes(
    candidate: User, exam: Exam
) -> None:
    candidate.extra_time = ExtraTime.THIRTY_MINUTES
    candidate.save()
    client_of(candidate).post(reverse("exams:start_half", args=[exam.slug]))
    half = Attempt.objects.get()
    assert deadline_of(half) - half.started_at == 80 * MINUTE
