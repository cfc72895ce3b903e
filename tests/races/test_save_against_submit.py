"""Saves against hand-ins, forced to meet, by real threads on real Postgres."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.engine import attempts, saves
from exams.engine.saves import Save, Saved
from exams.models import AnswerEvent, Attempt, Mode, Outcome, Response
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.people import CandidateFactory
from tests.sittings import begin, deadline_of, right_places

pytestmark = pytest.mark.django_db(transaction=True)

RACES = 400
ITEMS = 4
WAIT_SECONDS = 60


def small_attempt() -> Attempt:
    exam = make_exam(slug="race", items=ITEMS, scored_items=ITEMS)
    fill(exam, per_task=2, kinds=[Kind.CHOICE])
    return begin(CandidateFactory.create(), exam)


def reopen(attempt: Attempt) -> None:
    """Back to just after the start, for the next race."""
    Attempt.objects.filter(pk=attempt.pk).update(
        closed_at=None,
        close_reason="",
        scored_correct=None,
        scored_items=None,
        scaled_score=None,
        passed=None,
    )
    Response.objects.filter(attempt=attempt).update(answer=[], rev=0, is_correct=None)


def together(pool: ThreadPoolExecutor, *jobs: Callable[[], object]) -> list[object]:
    """Run the jobs at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(jobs), timeout=WAIT_SECONDS)

    def at_once(job: Callable[[], object]) -> object:
        barrier.wait()
        return job()

    futures = [pool.submit(at_once, job) for job in jobs]
    return [future.result(WAIT_SECONDS) for future in futures]


def close_connection() -> None:
    """Of the thread that runs this."""
    connection.close()


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=8)


@pytest.fixture(autouse=True)
def _close_connections_of_threads(pool: ThreadPoolExecutor) -> object:
    yield
    together(pool, *[close_connection] * 8)
    pool.shutdown()


def save_right_answer(user: User, response: Response, rev: int = 1) -> Saved:
    return saves.save_answer(
        user=user,
        attempt_id=response.attempt_id,
        save=Save(response.position, epoch=1, rev=rev, given=right_places(response)),
        now=timezone.now(),
    )


def race(pool: ThreadPoolExecutor, attempt: Attempt, responses: list[Response]) -> tuple[int, int]:
    """Save every answer and hand in, all at once; how many were scored and acknowledged."""
    submitted, *saves = together(
        pool,
        lambda: attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now()),
        *(partial(save_right_answer, attempt.user, response) for response in responses),
    )
    assert isinstance(submitted, Attempt)
    acknowledged = [save for save in saves if isinstance(save, Saved) and save.is_acknowledged]
    return submitted.scored_correct or 0, len(acknowledged)


def test_no_acknowledged_answer_is_missing_from_the_score_in_400_races(
    pool: ThreadPoolExecutor,
) -> None:
    attempt = small_attempt()
    responses = list(attempt.responses.select_related("version"))
    acknowledged_after_race = refused = 0
    for _ in range(RACES):
        reopen(attempt)
        scored, acknowledged = race(pool, attempt, responses)
        assert scored == acknowledged
        acknowledged_after_race += acknowledged
        refused += ITEMS - acknowledged
    # The races met: both orders happened, or this test would prove nothing.
    assert acknowledged_after_race > RACES / 20
    assert refused > RACES / 20
    assert AnswerEvent.objects.count() == RACES * ITEMS


def test_a_lock_free_save_loses_answers_in_the_same_races(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the locks this very harness finds lost answers."""
    unlocked = saves._SAVE.replace("FOR NO KEY UPDATE OF r", "").replace("FOR NO KEY UPDATE", "")
    monkeypatch.setattr(saves, "_SAVE", unlocked)
    attempt = small_attempt()
    responses = list(attempt.responses.select_related("version"))
    for _ in range(RACES):
        reopen(attempt)
        scored, acknowledged = race(pool, attempt, responses)
        if acknowledged > scored:
            return
    pytest.fail("The harness found no lost answer although nothing was locked.")


def test_the_newest_of_many_saves_at_once_wins_and_every_one_is_journaled(
    pool: ThreadPoolExecutor,
) -> None:
    attempt = small_attempt()
    response = attempt.responses.select_related("version").get(position=1)
    for race in range(50):
        revs = [8 * race + number for number in range(1, 9)]
        together(pool, *(partial(save_right_answer, attempt.user, response, rev) for rev in revs))
        response.refresh_from_db()
        assert response.rev == max(revs)
    assert AnswerEvent.objects.count() == 50 * 8


def test_the_same_save_sent_twice_at_once_is_acknowledged_twice(pool: ThreadPoolExecutor) -> None:
    attempt = small_attempt()
    response = attempt.responses.select_related("version").get(position=1)
    for rev in range(1, 101):
        save = partial(save_right_answer, attempt.user, response, rev)
        saves = together(pool, save, save)
        outcomes = sorted(save.outcome for save in saves if isinstance(save, Saved))
        assert outcomes == [Outcome.APPLIED, Outcome.REPEATED]


def test_an_attempt_is_scored_once_however_many_close_it_at_once(pool: ThreadPoolExecutor) -> None:
    attempt = small_attempt()
    for _ in range(50):
        reopen(attempt)
        late = deadline_of(attempt) + timedelta(seconds=3)
        sweeps = together(pool, *[partial(attempts.close_expired, now=late)] * 6)
        assert sum(int(str(closed)) for closed in sweeps) == 1


def test_of_fifty_hand_ins_at_once_one_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    closings: list[object] = []
    close = attempts._close

    def counted_close(attempt: Attempt, *, now: datetime) -> None:
        closings.append(attempt.pk)
        close(attempt, now=now)

    monkeypatch.setattr(attempts, "_close", counted_close)
    attempt = small_attempt()
    now = attempt.started_at + timedelta(minutes=1)
    hand_in = partial(attempts.submit, user=attempt.user, attempt_id=attempt.pk, now=now)
    with ThreadPoolExecutor(max_workers=50) as crowd:
        for _ in range(4):
            reopen(attempt)
            closings.clear()
            assert together(crowd, *[hand_in] * 50) == [attempt] * 50
            assert len(closings) == 1
        # Each thread of a pool keeps its connection.
        together(crowd, *[close_connection] * 50)


def test_two_starts_at_once_open_one_attempt(pool: ThreadPoolExecutor) -> None:
    exam = make_exam(slug="twice", items=ITEMS, scored_items=ITEMS)
    fill(exam, per_task=2, kinds=[Kind.CHOICE])
    for _ in range(20):
        user = CandidateFactory.create()

        start = partial(begin, user, exam)
        assert together(pool, start, start) == [Attempt.objects.of(user).get()] * 2


def test_of_two_different_starts_at_once_one_is_led_to_the_other(pool: ThreadPoolExecutor) -> None:
    exam = make_exam(slug="twice", items=ITEMS, scored_items=ITEMS)
    fill(exam, per_task=2, kinds=[Kind.CHOICE])
    for _ in range(20):
        user = CandidateFactory.create()

        def start(mode: Mode, user: User = user) -> Attempt:
            wanted = Wanted(mode=mode)
            try:
                return attempts.start(user=user, exam=exam, now=timezone.now(), wanted=wanted)
            except attempts.AttemptAlreadyOpen as already:
                return already.attempt

        starts = together(pool, partial(start, Mode.MOCK), partial(start, Mode.HALF))
        assert starts == [Attempt.objects.of(user).get()] * 2
