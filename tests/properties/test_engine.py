"""The engine as a state machine: whatever comes in whatever order, the rules hold.

Beside the database runs a model of a few lines of Python. After every step both must agree.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from exams.assembly.assemble import Wanted
from exams.engine import attempts, outages, saves
from exams.engine import study as study_engine
from exams.engine.annotations import Annotations
from exams.engine.audit import audit
from exams.engine.saves import GRACE, AnnotationsSave, Save
from exams.engine.secrecy import NotExplainedYet
from exams.models import Attempt, CloseReason, Mode, Outcome, Response
from exams.recipes import Recipe
from questions.kinds import Kind
from questions.models import Exam
from tests.bank import fill, make_exam
from tests.people import CandidateFactory

ITEMS = 4
START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # within the hour before Berlin's clocks change
MILLISECOND = timedelta(milliseconds=1)
MODES = st.sampled_from([Mode.MOCK, Mode.CUSTOM, Mode.STUDY])
# Few, so that much happens to each.
POSITIONS = st.integers(1, 2)
# Mostly the numbers that a window would send next, and some from before or from nowhere.
EPOCHS, REVS = st.integers(1, 3), st.integers(1, 4)
STEPS = st.sampled_from([0, 1, 30, 400, 900]).map(lambda seconds: timedelta(seconds=seconds))


@dataclass
class Known:
    """What must be stored of one question."""

    number: tuple[int, int] = (0, 0)
    answer: list[str] = field(default_factory=list)
    marks_number: tuple[int, int] = (0, 0)
    note: str = ""
    revealed: bool = False
    flagged: bool = False


class Engine(RuleBasedStateMachine):
    """One attempt from its start to its end and beyond."""

    exam: Exam

    @initialize(mode=MODES, timed=st.booleans())
    def start(self, mode: Mode, timed: bool) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.user = CandidateFactory.create()
        minutes = 20 if timed or mode is Mode.CUSTOM else None
        recipe = Recipe(items=ITEMS, minutes=minutes)
        self.now = START
        self.attempt = attempts.start(
            user=self.user, exam=self.exam, now=self.now, wanted=Wanted(mode=mode, recipe=recipe)
        )
        self.who: dict[str, Any] = {"user": self.user, "attempt_id": self.attempt.pk}
        self.deadline = self.attempt.deadline
        self.paused_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.epoch = 1
        self.known = {position: Known() for position in range(1, ITEMS + 1)}
        self.journal: list[tuple[int, int, int, str]] = []
        self.outage_from = self.now

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    @property
    def explains(self) -> bool:
        return self.attempt.explains

    def is_over(self) -> bool:
        if self.deadline is None or self.paused_at is not None:
            return False
        return self.now > self.deadline + GRACE

    def has_run_out(self) -> bool:
        """Without the grace: nothing but a save on its way is taken any more."""
        return self.deadline is not None and not self.paused_at and self.now >= self.deadline

    # ---- What a window sends -------------------------------------------------------------------

    def outcome(self, number: tuple[int, int], stored: tuple[int, int], same: bool) -> Outcome:
        if self.closed_at is not None:
            return Outcome.CLOSED
        if self.is_over():
            return Outcome.LATE
        if number[0] != self.epoch:
            return Outcome.SUPERSEDED
        if number == stored:
            return Outcome.REPEATED if same else Outcome.STALE
        return Outcome.APPLIED if number > stored else Outcome.STALE

    @rule(position=POSITIONS, epoch=EPOCHS, rev=REVS, place=st.sampled_from(["1", "2", "3", ""]))
    def save(self, position: int, epoch: int, rev: int, place: str) -> None:
        self._save(position, epoch, rev, place)

    def _save(self, position: int, epoch: int, rev: int, place: str) -> None:
        known = self.known[position]
        order = Response.objects.get(attempt=self.attempt, position=position).option_order
        answer = [order[int(place) - 1]] if place else []
        expected = self.outcome((epoch, rev), known.number, answer == known.answer)
        if known.revealed and expected in (Outcome.APPLIED, Outcome.STALE):
            expected = Outcome.REVEALED
        save = Save(position=position, epoch=epoch, rev=rev, given=[place])
        saved = saves.save_answer(**self.who, save=save, now=self.now)
        assert saved.outcome == expected
        self.journal.append((position, epoch, rev, expected))
        if expected == Outcome.APPLIED:
            known.number, known.answer = (epoch, rev), answer

    @rule(position=POSITIONS, place=st.sampled_from(["1", "2"]))
    def save_next(self, position: int, place: str) -> None:
        self._save_next(position, place)

    @rule(position=POSITIONS, place=st.sampled_from(["1", "2"]))
    def save_two_out_of_order(self, position: int, place: str) -> None:
        epoch, rev = self.known[position].number
        first = rev + 1 if epoch == self.epoch else 1
        self._save(position, self.epoch, first + 1, place)
        self._save(position, self.epoch, first, "3")

    def _save_next(self, position: int, place: str) -> None:
        epoch, rev = self.known[position].number
        self._save(position, self.epoch, rev + 1 if epoch == self.epoch else 1, place)

    @rule(
        position=POSITIONS,
        epoch=EPOCHS,
        rev=REVS,
        note=st.sampled_from(["", "a", "b"]),
        flagged=st.sampled_from([True, False, None]),
    )
    def mark(self, position: int, epoch: int, rev: int, note: str, flagged: bool | None) -> None:
        known = self.known[position]
        left = known.flagged if flagged is None else flagged
        is_same = (note, left) == (known.note, known.flagged)
        expected = self.outcome((epoch, rev), known.marks_number, is_same)
        annotations = Annotations(note=note, flagged=flagged)
        save = AnnotationsSave(position=position, epoch=epoch, rev=rev, annotations=annotations)
        assert saves.save_annotations(**self.who, save=save, now=self.now).outcome == expected
        if expected == Outcome.APPLIED:
            known.marks_number, known.note, known.flagged = (epoch, rev), note, left

    @rule(position=POSITIONS, flagged=st.booleans())
    def flag(self, position: int, flagged: bool) -> None:
        is_open = attempts.set_flag(**self.who, position=position, flagged=flagged)
        assert is_open == (self.closed_at is None)
        if is_open:
            self.known[position].flagged = flagged

    @precondition(lambda self: self.epoch < 3)
    @rule()
    def take_over(self) -> None:
        if self.closed_at is not None:
            with pytest.raises(Attempt.DoesNotExist):
                attempts.take_over(**self.who)
        else:
            self.epoch = attempts.take_over(**self.who)

    # ---- Study ---------------------------------------------------------------------------------

    @rule(position=POSITIONS)
    def reveal(self, position: int) -> None:
        if self.closed_at is not None or self.has_run_out():
            with pytest.raises(Attempt.DoesNotExist):
                study_engine.reveal(**self.who, position=position, now=self.now)
        elif not self.explains:
            with pytest.raises(NotExplainedYet):
                study_engine.reveal(**self.who, position=position, now=self.now)
        else:
            study_engine.reveal(**self.who, position=position, now=self.now)
            self.known[position].revealed = True
            self._save_next(position, "1")

    @precondition(lambda self: self.closed_at is None)
    @rule()
    def pause(self) -> None:
        may = self.explains and self.deadline is not None
        may = may and (self.paused_at is not None or not self.has_run_out())
        assert study_engine.pause(**self.who, now=self.now) == may
        if may and self.paused_at is None:
            self.paused_at = self.now

    @precondition(lambda self: self.closed_at is None)
    @rule()
    def unpause(self) -> None:
        study_engine.unpause(**self.who, now=self.now)
        if self.paused_at is not None and self.deadline is not None:
            self.deadline += self.now - self.paused_at
            self.paused_at = None

    # ---- Time and ends -------------------------------------------------------------------------

    @rule(step=STEPS)
    def pass_time(self, step: timedelta) -> None:
        self.now += step

    @precondition(lambda self: self.deadline and self.closed_at is None and not self.paused_at)
    @precondition(lambda self: len(self.journal) > 1)
    @rule(off=st.sampled_from([-1, 0, 1]), grace=st.booleans())
    def go_to_the_edge(self, off: int, grace: bool) -> None:
        assert self.deadline is not None
        edge = self.deadline + (GRACE if grace else timedelta(0)) + off * MILLISECOND
        self.now = max(self.now, edge)
        if not self.is_over():
            self._sweep()

    # Not at once: little happens to what is closed.
    @precondition(lambda self: len(self.journal) > 8)
    @rule()
    def submit(self) -> None:
        attempts.submit(**self.who, now=self.now)
        self._end()

    @rule()
    def sweep(self) -> None:
        self._sweep()

    def _sweep(self) -> None:
        due = self.closed_at is None and self.is_over()
        assert attempts.close_expired(now=self.now) == int(due)
        if due:
            self._end()

    def _end(self) -> None:
        if self.closed_at is not None:
            return
        is_expired = self.has_run_out()
        self.closed_at = self.deadline if is_expired else self.now
        self.reason = CloseReason.EXPIRED if is_expired else CloseReason.SUBMITTED
        self.paused_at = None

    @precondition(lambda self: self.now > self.outage_from)
    @rule()
    def credit_outage(self) -> None:
        gets = self.closed_at is None and self.paused_at is None
        if gets and self.deadline is not None and self.deadline > self.outage_from:
            self.deadline += self.now - self.outage_from
        outages.record(
            started_at=self.outage_from, ended_at=self.now, reason="x", by=None, now=self.now
        )
        self.outage_from = self.now

    # ---- What must hold ------------------------------------------------------------------------

    @invariant()
    def what_is_stored_is_what_was_acknowledged(self) -> None:
        if not hasattr(self, "attempt"):
            return
        rows = Response.objects.filter(attempt=self.attempt).order_by("position")
        for row in rows:
            known = self.known[row.position]
            assert ((row.epoch, row.rev), row.answer) == (known.number, known.answer)
            assert ((row.annotations_epoch, row.annotations_rev), row.note) == (
                known.marks_number,
                known.note,
            )
            assert row.flagged == known.flagged
            assert (row.revealed_at is not None) == known.revealed
        events = self.attempt.events.order_by("id")
        assert list(events.values_list("position", "epoch", "rev", "outcome")) == self.journal

    @invariant()
    def it_is_closed_exactly_when_it_ended_and_the_score_is_that_of_the_journal(self) -> None:
        if not hasattr(self, "closed_at"):
            return
        now = Attempt.objects.select_related("exam", "fixed_form").get(pk=self.attempt.pk)
        assert (now.deadline, now.paused_at) == (self.deadline, self.paused_at)
        assert now.closed_at == self.closed_at
        if self.closed_at is None:
            assert now.scored_correct is None
            return
        assert now.close_reason == self.reason
        counted = [
            known.answer == ["b"]
            for known in self.known.values()
            if known.answer or known.revealed or not self.explains
        ]
        assert (now.scored_correct, now.scored_items) == (sum(counted), len(counted))
        assert list(audit(now)) == []


FRUGAL = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)

# Ends with the first failure: the number says only how long a search may take to fail.
UNTIL_FOUND = settings(FRUGAL, max_examples=1_000, report_multiple_bugs=False)


@pytest.fixture
def machine(db: None) -> type[Engine]:
    exam = make_exam(
        slug=f"engine-{uuid.uuid4().hex[:8]}", items=ITEMS, scored_items=ITEMS, minutes=20
    )
    fill(exam, per_task=1, kinds=[Kind.CHOICE])
    return type("EngineOfThisTest", (Engine,), {"exam": exam})


def test_the_engine_keeps_its_rules_whatever_happens(machine: type[Engine]) -> None:
    run_state_machine_as_test(machine, settings=FRUGAL)


# Each breaks one rule of the engine; a machine that does not notice proves nothing.
def _older_saves_win(patch: pytest.MonkeyPatch) -> None:
    guard = "> (response.epoch, response.rev)"
    patch.setattr(saves, "_SAVE", saves._SAVE.replace(guard, ">= (0, 0)"))


def _late_saves_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(saves, "_SAVE", saves._SAVE.replace("THEN 'late'", "THEN 'applied'"))


def _other_windows_save(patch: pytest.MonkeyPatch) -> None:
    guard = "%(epoch)s <> attempt.epoch"
    patch.setattr(saves, "_SAVE", saves._SAVE.replace(guard, "%(epoch)s < attempt.epoch"))


def _attempts_end_early(patch: pytest.MonkeyPatch) -> None:
    def too_early(attempt: Attempt, *, received_at: datetime) -> bool:
        return attempt.is_expired(received_at)

    patch.setattr(attempts, "is_late", too_early)
    patch.setattr(saves, "GRACE", timedelta(0))


def _revealed_answers_change(patch: pytest.MonkeyPatch) -> None:
    guard = "WHEN response.revealed_at IS NOT NULL THEN 'revealed'"
    patch.setattr(saves, "_SAVE", saves._SAVE.replace(guard, ""))


@pytest.mark.parametrize(
    "break_rule",
    [
        _older_saves_win,
        _late_saves_count,
        _other_windows_save,
        _attempts_end_early,
        _revealed_answers_change,
    ],
)
def test_a_broken_rule_is_noticed(
    machine: type[Engine],
    monkeypatch: pytest.MonkeyPatch,
    break_rule: Callable[[pytest.MonkeyPatch], None],
) -> None:
    before = (saves._SAVE, saves.GRACE)
    break_rule(monkeypatch)
    assert before != (saves._SAVE, saves.GRACE)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=UNTIL_FOUND)
