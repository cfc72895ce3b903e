"""The one writer of attempts: start, save, flag, take over, submit, close."""

import uuid
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import ExtraTime, User
from exams.assembly.assemble import Wanted
from exams.assembly.selection import BankTooSmall
from exams.engine import attempts, saves
from exams.engine import study as study_engine
from exams.models import AnswerEvent, Attempt, CloseReason, Mode, Outcome, Response
from questions.kinds import Kind, MalformedAnswer
from questions.models import Exam, NoteSection, Question, QuestionVersion
from tests.bank import fill, make_exam, make_section
from tests.sittings import answer, answer_rightly, begin, deadline_of, practise, right_places

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def exam() -> Exam:
    exam = make_exam()
    fill(exam, per_task=7)
    return exam


@pytest.fixture
def attempt(candidate: User, exam: Exam) -> Attempt:
    return begin(candidate, exam)


class TestStart:
    def test_a_form_has_every_position_once_and_no_question_twice(self, attempt: Attempt) -> None:
        responses = list(attempt.responses.order_by("position"))
        assert [response.position for response in responses] == list(range(1, 66))
        assert len({response.question_id for response in responses}) == 65
        assert sum(response.scored for response in responses) == 50

    def test_a_form_follows_the_blueprint(self, attempt: Attempt) -> None:
        domains = attempt.responses.values_list("version__task__domain__code", flat=True)
        assert Counter(domains) == {"1": 18, "2": 17, "3": 14, "4": 16}

    def test_options_are_shown_in_an_order_of_their_own(self, attempt: Attempt) -> None:
        orders = {
            tuple(order)
            for order in attempt.responses.filter(version__kind=Kind.CHOICE).values_list(
                "option_order", flat=True
            )
        }
        assert len(orders) > 5
        assert {frozenset(order) for order in orders} == {frozenset("abcd")}

    @pytest.mark.parametrize(
        ("extra_time", "minutes"),
        [
            (ExtraTime.NONE, 130),
            (ExtraTime.QUARTER, 162.5),
            (ExtraTime.HALF, 195),
            (ExtraTime.DOUBLE, 260),
            (ExtraTime.THIRTY_MINUTES, 160),
        ],
    )
    def test_the_deadline_includes_the_candidates_extra_time(
        self, candidate: User, exam: Exam, extra_time: ExtraTime, minutes: float
    ) -> None:
        candidate.extra_time = extra_time
        attempt = begin(candidate, exam)
        assert deadline_of(attempt) - attempt.started_at == timedelta(minutes=minutes)
        assert attempt.extra_time == extra_time

    def test_changing_extra_time_later_does_not_move_a_running_clock(
        self, attempt: Attempt
    ) -> None:
        before = deadline_of(attempt)
        attempt.user.extra_time = ExtraTime.DOUBLE
        attempt.user.save(update_fields=["extra_time"])
        attempt.refresh_from_db()
        assert deadline_of(attempt) == before

    def test_an_open_attempt_is_handed_back_instead_of_starting_a_second_one(
        self, attempt: Attempt
    ) -> None:
        with pytest.raises(attempts.AttemptAlreadyOpen) as refused:
            begin(attempt.user, attempt.exam, now=attempt.started_at + 3 * MINUTE)
        assert refused.value.attempt == attempt

    def test_a_start_sent_again_hands_back_what_it_began(self, attempt: Attempt) -> None:
        again = begin(attempt.user, attempt.exam, now=attempt.started_at + MINUTE)
        assert again == attempt

    def test_a_start_after_an_answer_is_no_repetition(self, attempt: Attempt) -> None:
        answer_rightly(attempt, 1)
        with pytest.raises(attempts.AttemptAlreadyOpen):
            begin(attempt.user, attempt.exam, now=attempt.started_at + MINUTE)

    def test_a_start_after_an_explanation_is_no_repetition(
        self, candidate: User, exam: Exam
    ) -> None:
        section, now = make_section(exam), timezone.now()
        study = practise(candidate, section, now=now)
        study_engine.reveal(user=candidate, attempt_id=study.pk, position=1, now=now)
        assert practise(candidate, section, now=now, replace=True) != study

    def test_a_start_of_something_else_is_no_repetition(self, attempt: Attempt) -> None:
        with pytest.raises(attempts.AttemptAlreadyOpen):
            attempts.start(
                user=attempt.user,
                exam=attempt.exam,
                now=attempt.started_at,
                wanted=Wanted(mode=Mode.HALF),
            )

    def test_a_replacement_sent_again_replaces_once(self, candidate: User, exam: Exam) -> None:
        section, now = make_section(exam), timezone.now()
        first = practise(candidate, section, now=now, minutes=20)
        replaced, again = (
            practise(candidate, section, now=now, minutes=30, replace=True) for _ in range(2)
        )
        assert replaced == again != first
        assert Attempt.objects.of(candidate).count() == 2

    def test_an_expired_attempt_is_closed_before_the_next_one_starts(
        self, attempt: Attempt
    ) -> None:
        later = deadline_of(attempt) + timedelta(hours=1)
        following = begin(attempt.user, attempt.exam, now=later)
        attempt.refresh_from_db()
        assert attempt.close_reason == CloseReason.EXPIRED
        assert following != attempt

    def test_the_second_form_prefers_questions_the_candidate_has_not_seen(
        self, attempt: Attempt
    ) -> None:
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=attempt.started_at + MINUTE)
        seen = set(attempt.responses.values_list("question_id", flat=True))
        second = begin(attempt.user, attempt.exam, seed=2)
        again = seen & set(second.responses.values_list("question_id", flat=True))
        # 7 questions for each of 3 tasks and 4 domains are 84: 19 are new, all are drawn.
        assert len(again) == 65 - 19

    def test_retired_and_unpublished_questions_are_never_drawn(
        self, candidate: User, exam: Exam
    ) -> None:
        gone = Question.objects.filter(published__task__code="1.1").first()
        assert gone is not None
        Question.objects.filter(pk=gone.pk).update(retired_at=timezone.now())
        attempt = begin(candidate, exam)
        assert not attempt.responses.filter(question=gone).exists()

    def test_a_bank_that_is_too_small_starts_nothing(self, candidate: User) -> None:
        exam = make_exam(slug="small")
        fill(exam, per_task=1)
        with pytest.raises(BankTooSmall):
            begin(candidate, exam)
        assert not Attempt.objects.exists()

    @pytest.mark.parametrize("per_task", [7, 40])
    def test_a_start_costs_the_same_statements_however_large_the_bank(
        self, candidate: User, per_task: int, django_assert_num_queries: object
    ) -> None:
        exam = make_exam(slug="budget")
        fill(exam, per_task=per_task)
        with django_assert_num_queries(10):  # type: ignore[operator]
            begin(candidate, exam)


class TestPractise:
    @pytest.fixture
    def section(self, exam: Exam) -> NoteSection:
        return make_section(exam)

    def test_it_asks_up_to_ten_questions_of_the_section_and_all_of_them_count(
        self, candidate: User, section: NoteSection
    ) -> None:
        attempt = practise(candidate, section, now=timezone.now())
        versions = [response.version for response in attempt.responses.select_related("version")]
        assert len(versions) == 10
        assert all(section in version.notes.all() for version in versions)
        assert not attempt.responses.filter(scored=False).exists()

    def test_it_is_untimed_unless_minutes_are_chosen_which_extra_time_lengthens(
        self, candidate: User, section: NoteSection
    ) -> None:
        candidate.extra_time = ExtraTime.DOUBLE
        now = timezone.now()
        attempt = practise(candidate, section, now=now)
        assert attempt.deadline is None
        attempts.submit(user=candidate, attempt_id=attempt.pk, now=now)
        timed = practise(candidate, section, now=now, minutes=20)
        assert deadline_of(timed) - timed.started_at == 40 * MINUTE

    def test_questions_not_seen_yet_come_first(self, candidate: User, section: NoteSection) -> None:
        now = timezone.now()
        seen: set[int] = set()
        for _ in range(8):
            attempt = practise(candidate, section, now=now)
            asked = set(attempt.responses.values_list("question_id", flat=True))
            assert not asked & seen
            seen |= asked
            attempts.submit(user=candidate, attempt_id=attempt.pk, now=now)

    def test_it_goes_beside_a_running_mock_but_not_beside_another_practice(
        self, attempt: Attempt, section: NoteSection
    ) -> None:
        now = attempt.started_at
        practice = practise(attempt.user, section, now=now)
        with pytest.raises(attempts.AttemptAlreadyOpen) as refused:
            practise(attempt.user, section, now=now, minutes=20)
        assert refused.value.attempt == practice

    def test_it_never_explains_what_a_running_mock_asks(
        self, attempt: Attempt, section: NoteSection
    ) -> None:
        asked = set(attempt.responses.values_list("question_id", flat=True))
        for _ in range(2):
            practice = practise(attempt.user, section, now=attempt.started_at)
            practised = set(practice.responses.values_list("question_id", flat=True))
            assert practised
            assert not practised & asked
            attempts.submit(
                user=attempt.user, attempt_id=practice.pk, now=attempt.started_at + MINUTE
            )

    def test_a_mock_asks_what_an_open_practice_asks_last_of_all(
        self, candidate: User, exam: Exam, section: NoteSection
    ) -> None:
        practice = practise(candidate, section, now=timezone.now())
        practised = set(practice.responses.values_list("question_id", flat=True))
        mock = begin(candidate, exam)
        asked = set(mock.responses.values_list("question_id", flat=True))
        # 19 of the 84 questions stay out of the form: as many of the ten as a domain can spare.
        assert len(asked & practised) < 5

    def test_a_section_without_questions_cannot_be_practised(
        self, candidate: User, exam: Exam
    ) -> None:
        bare = NoteSection.objects.create(exam=exam, anchor="bare", title="Bare", position=9)
        with pytest.raises(attempts.NothingToAsk):
            practise(candidate, bare, now=timezone.now())
        assert not Attempt.objects.exists()


class TestSave:
    def test_an_answer_is_stored_by_option_id_and_journaled(self, attempt: Attempt) -> None:
        response = attempt.responses.filter(version__kind=Kind.CHOICE).first()
        assert response is not None
        saved = answer(attempt, response.position, ["2"])
        response.refresh_from_db()
        event = AnswerEvent.objects.get()
        assert saved.outcome == Outcome.APPLIED
        assert response.answer == [response.option_order[1]] == event.answer
        assert (response.epoch, response.rev) == (1, 1) == (event.epoch, event.rev)

    def test_a_repeated_save_is_acknowledged_again_and_changes_nothing(
        self, attempt: Attempt
    ) -> None:
        first = answer(attempt, 1, ["1"])
        second = answer(attempt, 1, ["1"], after=2 * MINUTE)
        assert first.is_acknowledged
        assert second.outcome == Outcome.REPEATED
        assert second.is_acknowledged
        assert attempt.responses.get(position=1).saved_at == attempt.started_at + MINUTE

    @pytest.mark.parametrize(("rev", "given"), [(1, ["2"]), (2, ["2"])])
    def test_an_older_save_never_replaces_a_newer_one(
        self, attempt: Attempt, rev: int, given: list[str]
    ) -> None:
        answer(attempt, 1, ["1"], rev=2)
        late_comer = answer(attempt, 1, given, rev=rev)
        response = attempt.responses.get(position=1)
        assert late_comer.outcome == Outcome.STALE
        assert late_comer.rev == 2
        assert response.answer == [response.option_order[0]]

    def test_an_answer_can_be_taken_back(self, attempt: Attempt) -> None:
        answer(attempt, 1, ["1"])
        answer(attempt, 1, [], rev=2)
        assert attempt.responses.get(position=1).answer == []

    def test_after_a_take_over_only_the_new_window_saves(self, attempt: Attempt) -> None:
        answer(attempt, 1, ["1"], rev=5)
        epoch = attempts.take_over(user=attempt.user, attempt_id=attempt.pk)
        old = answer(attempt, 1, ["2"], rev=6)
        new = answer(attempt, 1, ["3"], rev=1, epoch=epoch)
        response = attempt.responses.get(position=1)
        assert (old.outcome, new.outcome) == (Outcome.SUPERSEDED, Outcome.APPLIED)
        assert response.answer == [response.option_order[2]]

    @pytest.mark.parametrize(
        ("after_deadline", "outcome"),
        [
            (-SECOND, Outcome.APPLIED),
            (timedelta(0), Outcome.APPLIED),
            (2 * SECOND, Outcome.APPLIED),
            (2 * SECOND + timedelta(milliseconds=1), Outcome.LATE),
            (timedelta(hours=5), Outcome.LATE),
        ],
    )
    def test_saves_are_accepted_to_the_deadline_and_two_seconds_of_grace(
        self, attempt: Attempt, after_deadline: timedelta, outcome: Outcome
    ) -> None:
        length = deadline_of(attempt) - attempt.started_at
        assert answer(attempt, 1, ["1"], after=length + after_deadline).outcome == outcome

    def test_a_save_after_hand_in_is_refused_and_kept_in_the_journal(
        self, attempt: Attempt
    ) -> None:
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=attempt.started_at + MINUTE)
        assert answer(attempt, 1, ["1"], after=2 * MINUTE).outcome == Outcome.CLOSED
        assert attempt.responses.get(position=1).answer == []
        assert AnswerEvent.objects.get().outcome == Outcome.CLOSED

    @pytest.mark.parametrize("given", [["9"], ["a"], ["1", "2", "3", "4", "1"]])
    def test_an_answer_that_fits_no_option_is_refused(
        self, attempt: Attempt, given: list[str]
    ) -> None:
        position = attempt.responses.filter(version__kind=Kind.ORDERING).values_list(
            "position", flat=True
        )[0]
        with pytest.raises(MalformedAnswer):
            answer(attempt, position, given)

    def test_a_stranger_cannot_save(self, attempt: Attempt, stranger: User) -> None:
        save = saves.Save(position=1, epoch=1, rev=1, given=["1"])
        with pytest.raises(Response.DoesNotExist):
            saves.save_answer(user=stranger, attempt_id=attempt.pk, save=save, now=timezone.now())

    @pytest.mark.parametrize("per_task", [7, 70])
    def test_a_save_costs_two_statements_however_large_the_bank(
        self, candidate: User, per_task: int, django_assert_num_queries: object
    ) -> None:
        exam = make_exam(slug="budget")
        fill(exam, per_task=per_task, kinds=[Kind.CHOICE])
        attempt = begin(candidate, exam)
        with django_assert_num_queries(2):  # type: ignore[operator]
            answer(attempt, 1, ["1"])

    def test_a_commit_with_a_warning_is_not_acknowledged(
        self, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION pg_temp.warn() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE "
                "WARNING 'canceling wait for synchronous replication'; RETURN 1; END $$"
            )
        monkeypatch.setattr(saves, "_SAVE", "SELECT 'applied', pg_temp.warn(), 1, now(), NULL")
        with pytest.raises(saves.CommitUncertain, match="synchronous replication"):
            saves._execute_durably(saves._SAVE, {})


class TestFlag:
    def test_a_flag_is_set_and_taken_off(self, attempt: Attempt) -> None:
        who = {"user": attempt.user, "attempt_id": attempt.pk, "position": 3}
        assert attempts.set_flag(**who, flagged=True)  # type: ignore[arg-type]
        assert attempt.responses.get(position=3).flagged
        assert attempts.set_flag(**who, flagged=False)  # type: ignore[arg-type]
        assert not attempt.responses.get(position=3).flagged

    def test_a_closed_attempt_keeps_its_flags(self, attempt: Attempt) -> None:
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
        assert not attempts.set_flag(
            user=attempt.user, attempt_id=attempt.pk, position=1, flagged=True
        )
        assert not attempt.responses.get(position=1).flagged

    @pytest.mark.parametrize("position", [0, 66])
    def test_a_question_outside_the_form_cannot_be_flagged(
        self, attempt: Attempt, position: int
    ) -> None:
        with pytest.raises(Response.DoesNotExist):
            attempts.set_flag(
                user=attempt.user, attempt_id=attempt.pk, position=position, flagged=True
            )

    def test_a_stranger_can_neither_flag_nor_take_over_nor_submit(
        self, attempt: Attempt, stranger: User
    ) -> None:
        with pytest.raises(Response.DoesNotExist):
            attempts.set_flag(user=stranger, attempt_id=attempt.pk, position=1, flagged=True)
        with pytest.raises(Attempt.DoesNotExist):
            attempts.take_over(user=stranger, attempt_id=attempt.pk)
        with pytest.raises(Attempt.DoesNotExist):
            attempts.submit(user=stranger, attempt_id=attempt.pk, now=timezone.now())


class TestClose:
    def test_a_submitted_attempt_is_scored_on_its_scored_questions_only(
        self, attempt: Attempt
    ) -> None:
        answer_rightly(attempt, 40)
        unscored = attempt.responses.filter(scored=False).select_related("version")
        for response in unscored:
            answer(attempt, response.position, right_places(response))
        closed = attempts.submit(
            user=attempt.user, attempt_id=attempt.pk, now=attempt.started_at + 5 * MINUTE
        )
        assert (closed.scored_correct, closed.scored_items) == (40, 50)
        assert (closed.scaled_score, closed.passed) == (820, True)
        assert closed.close_reason == CloseReason.SUBMITTED
        assert attempt.responses.filter(is_correct=True).count() == 55
        assert attempt.responses.filter(is_correct=False).count() == 10

    def test_submitting_twice_scores_once(self, attempt: Attempt) -> None:
        first = attempts.submit(
            user=attempt.user, attempt_id=attempt.pk, now=attempt.started_at + MINUTE
        )
        second = attempts.submit(
            user=attempt.user, attempt_id=attempt.pk, now=attempt.started_at + 2 * MINUTE
        )
        assert first.closed_at == second.closed_at

    def test_an_attempt_is_never_closed_before_its_deadline_and_the_grace(
        self, attempt: Attempt
    ) -> None:
        assert attempts.close_expired(now=deadline_of(attempt) + saves.GRACE) == 0
        assert not attempts.close_if_expired(attempt, now=deadline_of(attempt) + saves.GRACE)
        attempt.refresh_from_db()
        assert not attempt.is_closed

    def test_the_sweep_closes_what_is_due_and_leaves_the_rest(
        self, attempt: Attempt, stranger: User
    ) -> None:
        running = begin(stranger, attempt.exam, now=attempt.started_at + MINUTE)
        assert attempts.close_expired(now=deadline_of(attempt) + 3 * SECOND) == 1
        attempt.refresh_from_db()
        running.refresh_from_db()
        assert attempt.closed_at == deadline_of(attempt)
        assert attempt.close_reason == CloseReason.EXPIRED
        assert not running.is_closed

    def test_an_expired_attempt_ended_at_its_deadline_however_late_it_is_noticed(
        self, attempt: Attempt
    ) -> None:
        answer_rightly(attempt, 1)
        attempts.close_if_expired(attempt, now=deadline_of(attempt) + timedelta(days=3))
        assert attempt.closed_at == deadline_of(attempt)
        assert attempt.scored_correct == 1

    @pytest.mark.parametrize("right", [0, 5, 50])
    def test_every_response_is_marked_however_many_are_right(
        self, attempt: Attempt, right: int
    ) -> None:
        answer_rightly(attempt, right)
        attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=deadline_of(attempt))
        marks = Counter(attempt.responses.values_list("is_correct", flat=True))
        assert marks == {True: right, False: 65 - right} if right else {False: 65}

    def test_one_attempt_that_cannot_be_closed_does_not_keep_the_others_waiting(
        self, attempt: Attempt, stranger: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = begin(stranger, attempt.exam, now=attempt.started_at + SECOND)
        real = attempts._mark_responses

        def fail_for_first(one: Attempt, *, now: datetime) -> object:
            if one.pk == attempt.pk:
                raise KeyError("an option that is no longer there")
            return real(one, now=now)

        monkeypatch.setattr(attempts, "_mark_responses", fail_for_first)
        assert attempts.close_expired(now=deadline_of(attempt) + timedelta(minutes=2)) == 1
        other.refresh_from_db()
        assert other.is_closed

    def test_an_unknown_attempt_cannot_be_submitted(self, candidate: User) -> None:
        with pytest.raises(Attempt.DoesNotExist):
            attempts.submit(user=candidate, attempt_id=uuid.uuid4(), now=timezone.now())


class TestInvariants:
    """The database refuses what the code must never do."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"deadline": timezone.now() - timedelta(days=400)},
            {"closed_at": timezone.now() + timedelta(days=1)},
            {"scaled_score": 500},
            {"closed_at": timezone.now() - timedelta(days=400)},
        ],
    )
    def test_an_attempt_is_scored_exactly_when_it_is_closed(
        self, attempt: Attempt, changes: dict[str, object]
    ) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Attempt.objects.filter(pk=attempt.pk).update(**changes)

    def test_a_candidate_has_one_open_attempt_per_exam(self, attempt: Attempt) -> None:
        second = Attempt(
            user=attempt.user,
            exam=attempt.exam,
            seed=1,
            started_at=attempt.started_at,
            deadline=deadline_of(attempt),
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            second.save()

    def test_a_position_is_taken_once(self, attempt: Attempt) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt.responses.filter(position=2).update(position=1)

    def test_a_version_that_was_asked_can_neither_be_deleted_nor_changed(
        self, attempt: Attempt
    ) -> None:
        version = attempt.responses.first().version  # type: ignore[union-attr]
        with pytest.raises(ProtectedError):
            version.delete()
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            QuestionVersion.objects.filter(pk=version.pk).update(stem="Another stem")

    def test_the_journal_only_grows(self, attempt: Attempt) -> None:
        answer(attempt, 1, ["1"])
        with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
            AnswerEvent.objects.update(rev=9)
