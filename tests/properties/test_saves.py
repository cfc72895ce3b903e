"""However saves are reordered and repeated on their way, the newest one is what is stored."""

import random
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from exams.engine import saves
from exams.engine.saves import Save
from exams.models import AnswerEvent, Outcome, Response
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.sittings import begin

PERMUTATIONS = 100


@pytest.mark.django_db
def test_the_highest_epoch_and_rev_win_in_every_order_and_all_are_journaled(
    candidate: User,
) -> None:
    exam = make_exam(slug="orders", items=4, scored_items=4)
    fill(exam, per_task=1, kinds=[Kind.CHOICE])
    attempt = begin(candidate, exam)
    rng = random.Random(20261126)
    sent = [(rev, str(1 + rev % 4)) for rev in range(1, 6)]
    for _ in range(PERMUTATIONS):
        order = rng.choices(sent, k=2) + rng.sample(sent, len(sent))
        rng.shuffle(order)
        savepoint = transaction.savepoint()
        outcomes = []
        for rev, place in order:
            saved = saves.save_answer(
                user=candidate,
                attempt_id=attempt.pk,
                save=Save(position=1, epoch=1, rev=rev, given=[place]),
                now=attempt.started_at + timedelta(seconds=1),
            )
            outcomes.append(saved.outcome)
        row = Response.objects.get(attempt=attempt, position=1)
        newest = max(order)
        assert (row.rev, row.answer) == (newest[0], [row.option_order[int(newest[1]) - 1]])
        assert set(outcomes) <= {Outcome.APPLIED, Outcome.REPEATED, Outcome.STALE}
        assert AnswerEvent.objects.filter(attempt=attempt).count() == len(order)
        transaction.savepoint_rollback(savepoint)
