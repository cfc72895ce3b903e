"""The background worker: sweeps until it is told to stop, whatever happens in between."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from exam_platform.management.commands import run_worker
from exams.engine import attempts
from exams.models import Attempt
from questions.models import Exam
from results import item_statistics
from results.models import ItemStatistics
from tests.bank import fill, make_exam
from tests.exposures import Given, make_question, sit
from tests.people import CandidateFactory
from tests.sittings import begin, deadline_of


def expired_attempt(user: User) -> Attempt:
    exam = make_exam(slug="worker", items=4, scored_items=4, minutes=1)
    fill(exam, per_task=1)
    return begin(user, exam, now=timezone.now() - timedelta(minutes=2))


@pytest.fixture
def _signals() -> Iterator[None]:
    before = {signum: signal.getsignal(signum) for signum in (signal.SIGTERM, signal.SIGINT)}
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.django_db
def test_a_sweep_closes_what_is_due(candidate: User) -> None:
    attempt = expired_attempt(candidate)
    assert run_worker.sweep() == 1
    attempt.refresh_from_db()
    assert attempt.is_closed


@pytest.mark.django_db
def test_a_sweep_that_fails_is_logged_and_the_next_one_succeeds(
    candidate: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expired_attempt(candidate)

    def unreachable(**_: object) -> int:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as outage, caplog.at_level(logging.ERROR):
        outage.setattr(attempts, "close_expired", unreachable)
        assert run_worker.sweep() == 0
    assert "The sweep failed" in caplog.text
    assert run_worker.sweep() == 1


@pytest.mark.django_db
def test_statistics_are_computed_batch_by_batch(
    candidate: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_statistics, "BATCH", 3)
    exam = make_exam(slug="worker", items=4, scored_items=4, minutes=1)
    sit(candidate, exam, [Given(make_question(exam, f"q{n}"), ["b"]) for n in range(4)])
    assert run_worker.refresh_statistics()
    assert ItemStatistics.objects.count() == 3
    assert not run_worker.refresh_statistics()
    assert ItemStatistics.objects.count() == 4


@pytest.mark.django_db
def test_statistics_that_fail_are_logged_and_tried_again(
    candidate: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    exam = make_exam(slug="worker", items=4, scored_items=4, minutes=1)
    sit(candidate, exam, [Given(make_question(exam, "q"), ["b"])])

    def unreachable(**_: object) -> None:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as outage, caplog.at_level(logging.ERROR):
        outage.setattr(item_statistics, "refresh", unreachable)
        assert not run_worker.refresh_statistics()
    assert "Statistics could not be computed" in caplog.text
    assert not run_worker.refresh_statistics()
    assert ItemStatistics.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_signals")
def test_it_computes_what_changed_while_it_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_worker, "assert_durable", lambda: None)
    monkeypatch.setattr(item_statistics, "BATCH", 1)
    exam = make_exam(slug="worker", items=4, scored_items=4, minutes=1)
    user = CandidateFactory.create()
    sit(user, exam, [Given(make_question(exam, f"q{n}"), ["b"]) for n in range(3)])
    turns: list[int] = []

    def turn(*_: object, **__: object) -> int:
        turns.append(ItemStatistics.objects.count())
        if len(turns) == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(attempts, "close_expired", turn)
    call_command("run_worker", interval=0.01)
    assert turns == [0, 1, 2, 3, 3]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_signals")
def test_it_closes_an_expired_attempt_within_five_seconds_and_stops_on_a_signal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The test server is not durable; refusing that is tested where durability is.
    monkeypatch.setattr(run_worker, "assert_durable", lambda: None)
    attempt = expired_attempt(CandidateFactory.create())
    closed_after: list[float] = []

    def watch() -> None:
        start = monotonic()
        try:
            while monotonic() - start < 5 and not closed_after:
                if Attempt.objects.filter(pk=attempt.pk, closed_at=deadline_of(attempt)).exists():
                    closed_after.append(monotonic() - start)
                sleep(0.05)
        finally:
            connection.close()
            os.kill(os.getpid(), signal.SIGTERM)

    watcher = threading.Thread(target=watch)
    watcher.start()
    call_command("run_worker", interval=0.2)
    watcher.join(timeout=60)
    assert closed_after
    assert Exam.objects.filter(attempts__closed_at__isnull=False).exists()
