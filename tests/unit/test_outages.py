"""Time given back for outages: who gets how much, once, and how it is audited."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import ExtraTime, User
from exams.assembly.assemble import Wanted
from exams.engine import attempts, outages
from exams.engine import study as study_engine
from exams.engine.audit import audit
from exams.engine.outages import ImpossibleOutage, overlap, uncovered
from exams.models import Attempt, Extension, Mode, Outage
from exams.recipes import Recipe
from questions.models import Exam
from tests.bank import fill, make_exam
from tests.people import CandidateFactory
from tests.sittings import answer, begin, deadline_of

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + minutes * MINUTE


@pytest.mark.parametrize(
    ("span", "earlier", "left"),
    [
        ((0, 10), [], [(0, 10)]),
        ((0, 10), [(20, 30)], [(0, 10)]),
        ((0, 10), [(2, 4)], [(0, 2), (4, 10)]),
        ((0, 10), [(-5, 4)], [(4, 10)]),
        ((0, 10), [(6, 20)], [(0, 6)]),
        ((0, 10), [(0, 10)], []),
        ((0, 10), [(5, 8), (1, 6)], [(0, 1), (8, 10)]),
    ],
)
def test_only_what_earlier_outages_leave_is_credited(
    span: tuple[int, int], earlier: list[tuple[int, int]], left: list[tuple[int, int]]
) -> None:
    found = uncovered((at(span[0]), at(span[1])), [(at(start), at(end)) for start, end in earlier])
    assert found == [(at(start), at(end)) for start, end in left]


spans = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda s: (at(s[0]), at(s[0] + s[1])))


@given(st.lists(spans, max_size=6), st.integers(-5, 45))
def test_whatever_the_order_every_minute_is_credited_once(
    recorded: list[tuple[datetime, datetime]], since: int
) -> None:
    credited = timedelta(0)
    for number, span in enumerate(recorded):
        credited += overlap(uncovered(span, recorded[:number]), at(since))
    minutes = {
        minute
        for minute in range(since, 70)
        for start, end in recorded
        if start <= at(minute) < end
    }
    assert credited == len(minutes) * MINUTE


@pytest.mark.django_db
class TestRecord:
    @pytest.fixture
    def exam(self) -> Exam:
        exam = make_exam(slug="small", items=8, scored_items=6)
        fill(exam, per_task=2)
        return exam

    @pytest.fixture
    def attempt(self, candidate: User, exam: Exam) -> Attempt:
        return begin(candidate, exam, now=timezone.now() - 60 * MINUTE)

    def record(self, attempt: Attempt, start: int, end: int) -> Outage:
        """An outage from ``start`` to ``end`` minutes after the start of ``attempt``."""
        return outages.record(
            started_at=attempt.started_at + start * MINUTE,
            ended_at=attempt.started_at + end * MINUTE,
            reason="Power cut",
            by=None,
            now=timezone.now(),
        )

    def test_a_running_attempt_gets_the_length_of_the_outage(self, attempt: Attempt) -> None:
        before = deadline_of(attempt)
        outage = self.record(attempt, 10, 22)
        attempt.refresh_from_db()
        assert deadline_of(attempt) == before + 12 * MINUTE
        extension = outage.extensions.get()
        assert (extension.deadline_before, extension.added) == (before, 12 * MINUTE)

    def test_one_that_began_within_it_gets_its_part(self, attempt: Attempt) -> None:
        self.record(attempt, -30, 5)
        assert Extension.objects.get().added == 5 * MINUTE

    def test_the_same_minutes_are_never_credited_twice(self, attempt: Attempt) -> None:
        self.record(attempt, 10, 20)
        self.record(attempt, 5, 25)
        assert [row.added for row in Extension.objects.all()] == [10 * MINUTE, 10 * MINUTE]
        self.record(attempt, 6, 24)
        assert Extension.objects.count() == 2

    def test_later_closed_and_untimed_attempts_and_paused_study_get_nothing(
        self, attempt: Attempt, stranger: User, exam: Exam
    ) -> None:
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=attempt.started_at + MINUTE)
        begin(stranger, exam, now=timezone.now())
        for minutes in (None, 90):
            user = CandidateFactory.create()
            wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=2, minutes=minutes))
            study = attempts.start(user=user, exam=exam, now=attempt.started_at, wanted=wanted)
            study_engine.pause(user=user, attempt_id=study.pk, now=attempt.started_at)
        self.record(attempt, 2, 20)
        assert not Extension.objects.exists()

    def test_saves_are_taken_until_the_new_deadline_and_it_closes_then(
        self, attempt: Attempt
    ) -> None:
        old = deadline_of(attempt) - attempt.started_at
        self.record(attempt, 10, 20)
        choice = attempt.responses.filter(version__kind="choice")[0].position
        assert answer(attempt, choice, ["1"], after=old + 9 * MINUTE).is_acknowledged
        assert attempts.close_expired(now=attempt.started_at + old + 9 * MINUTE) == 0
        assert attempts.close_expired(now=attempt.started_at + old + 11 * MINUTE) == 1
        attempt.refresh_from_db()
        assert attempt.closed_at == attempt.started_at + old + 10 * MINUTE
        assert list(audit(attempt)) == []

    def test_what_ran_out_within_it_stays_closed_and_is_named(self, attempt: Attempt) -> None:
        shift = deadline_of(attempt) - (timezone.now() - 20 * MINUTE)
        Attempt.objects.filter(pk=attempt.pk).update(
            started_at=attempt.started_at - shift, deadline=deadline_of(attempt) - shift
        )
        assert attempts.close_expired(now=timezone.now()) == 1
        said = StringIO()
        span = [(timezone.now() - minutes * MINUTE).isoformat() for minutes in (30, 10)]
        call_command(
            *("credit_outage", "--from", span[0], "--to", span[1], "--reason", "Power cut"),
            stdout=said,
        )
        assert f"{attempt.pk}: ran out within the outage" in said.getvalue()
        assert "0 attempts were extended" in said.getvalue()

    def test_a_dry_run_changes_nothing(self, attempt: Attempt) -> None:
        said = StringIO()
        span = [(attempt.started_at + minutes * MINUTE).isoformat() for minutes in (1, 4)]
        call_command(
            *("credit_outage", "--from", span[0], "--to", span[1], "--reason", "x", "--dry-run"),
            stdout=said,
        )
        assert f"{attempt.pk}: 0:03:00 more" in said.getvalue()
        assert not Outage.objects.exists()

    @pytest.mark.parametrize(
        ("start", "end", "words"), [(10, 10, "must end after"), (10, 500, "when it is over")]
    )
    def test_an_impossible_outage_is_refused_in_words(
        self, attempt: Attempt, start: int, end: int, words: str
    ) -> None:
        with pytest.raises(ImpossibleOutage, match=words):
            self.record(attempt, start, end)

    def test_a_time_without_a_zone_is_refused(self) -> None:
        with pytest.raises(CommandError, match="no time with a zone"):
            call_command(
                *("credit_outage", "--from", "2026-11-26T10:00", "--to", "2026-11-26T11:00"),
                *("--reason", "x"),
            )

    def test_the_database_refuses_an_extension_that_takes_time_away(self, attempt: Attempt) -> None:
        outage = self.record(attempt, 10, 20)
        Extension.objects.all().delete()
        before = deadline_of(attempt)
        with pytest.raises(IntegrityError, match="extension_adds_time"), transaction.atomic():
            Extension.objects.create(
                outage=outage, attempt=attempt, deadline_before=before, deadline_after=before
            )

    @pytest.mark.parametrize("size", [1, 12])
    def test_the_statements_grow_only_with_what_is_written(
        self, exam: Exam, size: int, django_assert_num_queries: object
    ) -> None:
        sat = [begin(CandidateFactory.create(), exam) for _ in range(size)]
        earliest, now = min(a.started_at for a in sat) - MINUTE, timezone.now()
        # A savepoint around all, the lock of recording, attempts, earlier outages, the outage; two
        # for each attempt.
        with django_assert_num_queries(6 + 2 * size):  # type: ignore[operator]
            outages.record(started_at=earliest, ended_at=now, reason="x", by=None, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize("extra_time", ExtraTime)
@pytest.mark.parametrize("mode", [Mode.MOCK, Mode.HALF, Mode.CUSTOM])
def test_the_audit_knows_every_deadline_and_finds_a_moved_one(
    candidate: User, extra_time: ExtraTime, mode: Mode
) -> None:
    exam = make_exam(slug="small", items=8, scored_items=6)
    fill(exam, per_task=2)
    candidate.extra_time = extra_time
    wanted = Wanted(mode=mode, recipe=Recipe(items=4, minutes=7))
    start = timezone.now() - 10 * MINUTE
    attempt = attempts.start(user=candidate, exam=exam, now=start, wanted=wanted)
    outages.record(
        started_at=start + MINUTE,
        ended_at=start + 3 * MINUTE,
        reason="x",
        by=None,
        now=timezone.now(),
    )
    attempt.refresh_from_db()
    closed = attempts.submit(user=candidate, attempt_id=attempt.pk, now=deadline_of(attempt))
    assert list(audit(closed)) == []
    closed.deadline = deadline_of(closed) + MINUTE
    assert {difference.what for difference in audit(closed)} == {"deadline", "end"}
