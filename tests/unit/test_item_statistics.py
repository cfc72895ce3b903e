"""Statistics of questions and forms: by hand, against another computation, and incrementally."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from exams.assembly import fixed_forms
from exams.assembly.assemble import Wanted
from exams.engine import adoption, attempts
from exams.engine.saves import Save, save_answer
from exams.models import EXAM_MODES, AnswerEvent, Attempt, Confidence, FixedForm, Mode, Response
from questions.kinds import Kind
from questions.models import Exam, QuestionVersion, Task
from results import item_statistics
from results.models import EvidenceChange, FormStatistics, ItemStatistics, StatisticsState
from tests.bank import OPTION_IDS, fill, make_exam, make_version
from tests.exposures import NOON, Given, make_question, next_version, sit
from tests.people import AuthorFactory, CandidateFactory, OperatorFactory, StaffFactory
from tests.sittings import right_places

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def exam() -> Exam:
    return make_exam(slug="small", items=4, scored_items=4)


def compute() -> None:
    assert item_statistics.refresh_all(now=timezone.now()) is not None


def of(version: QuestionVersion) -> ItemStatistics:
    return ItemStatistics.objects.get(pk=version.pk)


# ---- By hand -----------------------------------------------------------------------------------


def test_figures_worked_by_hand(exam: Exam) -> None:
    """Four candidates with rest scores 2/2, 1/2, 1/2, 0/2; the third one is wrong.

    x = 1, 1, 0, 1; r = 1, .5, .5, 0. Means .75 and .5; deviations of x .25, .25, -.75, .25 and of
    r .5, 0, 0, -.5; so the covariance is (.125 - .125) / 3 = 0. Sorted, the zero meets r = 0:
    covmax = (.25 (.5 + 0 + 0) + .75 (.5)) / 3 = .5 / 3.
    """
    one, two, three = (make_question(exam, slug) for slug in ("one", "two", "three"))
    for x, others in ((1, 2), (1, 1), (0, 1), (1, 0)):
        sit(
            CandidateFactory.create(),
            exam,
            [
                Given(one, one.key if x else ["c"]),
                Given(two, two.key if others > 0 else ["a"]),
                Given(three, three.key if others > 1 else ["a"]),
            ],
        )
    compute()
    found = of(one)
    assert (found.exposures, found.answers, found.right, found.blank) == (4, 4, 3, 0)
    assert (found.facility, found.mean_rest) == (0.75, 0.5)
    assert found.discrimination == pytest.approx(0)
    assert found.efficiency == pytest.approx(0)
    # two: x = 1, 1, 1, 0; r = (1 + 1) / 2, 1/2, 0/2, 1/2: mean .5, cov = .25 * 0 ... = 0 / 3
    assert of(two).facility == 0.75
    # three: x = 1, 0, 0, 0; r = 1, 1, .5, .5 with mean .75: cov = (.75*.25 - .25*(.25-.25-.25))/3
    assert of(three).discrimination == pytest.approx(
        (0.75 * 0.25 + 0.25 * 0.25) / math.sqrt(0.75 * 0.25)
    )
    assert of(three).efficiency == pytest.approx(1)
    assert [(c["ids"], c["count"], c["rest"]) for c in found.choices] == [
        (["a"], 0, None),
        (["b"], 3, 0.5),
        (["c"], 1, 0.5),
        (["d"], 0, None),
    ]


def test_an_unscored_question_is_measured_by_all_scored_ones(exam: Exam) -> None:
    tried, first, second = (make_question(exam, slug) for slug in ("tried", "first", "second"))
    sit(
        CandidateFactory.create(),
        exam,
        [Given(tried, ["b"], scored=False), Given(first, ["b"]), Given(second, ["a"])],
    )
    compute()
    assert (of(tried).answers, of(tried).mean_rest) == (1, 0.5)
    assert (of(first).mean_rest, of(second).mean_rest) == (0, 1)


def test_an_attempt_of_one_question_has_no_rest_score(exam: Exam) -> None:
    only = make_question(exam, "only")
    sit(CandidateFactory.create(), exam, [Given(only, ["b"])], mode=Mode.CUSTOM)
    compute()
    found = of(only)
    assert (found.answers, found.facility) == (1, 1)
    assert (found.rests, found.mean_rest, found.discrimination) == (0, None, None)
    assert (found.top_size, found.top_answer) == (0, [])


def test_nothing_varies_nothing_correlates(exam: Exam) -> None:
    """Rest scores of 1/3, 0.333… each: their sum is not exactly three times one of them."""
    asked = [make_question(exam, f"q{n}") for n in range(4)]
    for number in range(7):
        sit(
            CandidateFactory.create(),
            exam,
            [Given(asked[0], ["b"] if number % 2 else ["a"]), Given(asked[1], ["b"])]
            + [Given(version, ["a"]) for version in asked[2:]],
        )
    compute()
    assert (of(asked[0]).discrimination, of(asked[0]).efficiency) == (None, None)
    assert (of(asked[1]).discrimination, of(asked[1]).efficiency) == (None, None)


def test_the_time_on_a_question_is_what_passed_before_each_of_its_saves(exam: Exam) -> None:
    """Saved after 30 s, left for another for 50 s, and changed 20 s after that: 50 s in all."""
    one, two = make_question(exam, "one"), make_question(exam, "two")
    attempt = sit(
        CandidateFactory.create(),
        exam,
        [Given(one, ["b"], seconds=(30,)), Given(two, ["a"], seconds=(50,))],
    )
    save = {"attempt": attempt, "epoch": 1, "answer": ["b"]}
    at = attempt.started_at + timedelta(seconds=100)
    AnswerEvent.objects.create(position=1, rev=2, outcome="applied", received_at=at, **save)
    late = at + timedelta(hours=3)
    AnswerEvent.objects.create(position=1, rev=3, outcome="late", received_at=late, **save)
    compute()
    assert (of(one).timed, of(one).median_seconds) == (1, 50)
    assert of(two).median_seconds == 50


def test_a_receipt_that_goes_back_in_time_takes_no_time(exam: Exam) -> None:
    one, two = make_question(exam, "one"), make_question(exam, "two")
    sit(
        CandidateFactory.create(),
        exam,
        [Given(one, ["b"], seconds=(30,)), Given(two, ["a"], seconds=(-5,))],
    )
    compute()
    assert (of(one).median_seconds, of(two).median_seconds) == (30, 0)


def test_who_was_sure_and_wrong_is_counted(exam: Exam) -> None:
    one = make_question(exam, "one")
    for answer, said in ((["b"], "sure"), (["a"], "sure"), (["a"], "guess"), (["a"], "")):
        sit(CandidateFactory.create(), exam, [Given(one, answer, confidence=said)])
    compute()
    assert (of(one).said, of(one).sure, of(one).sure_and_wrong) == (3, 2, 1)


def test_the_same_options_of_a_response_are_the_same_answer_in_any_order(exam: Exam) -> None:
    one, two = make_question(exam, "one", Kind.RESPONSE), make_question(exam, "two")
    for answer in (["c", "a"], ["a", "c"], ["b", "d"]):
        sit(CandidateFactory.create(), exam, [Given(one, answer), Given(two, ["b"])])
    compute()
    found = of(one)
    assert found.right == 1
    assert [(c["ids"], c["count"]) for c in found.choices] == [
        ([option], count) for option, count in zip("abcde", (2, 1, 2, 1, 0), strict=True)
    ]


def test_whole_answers_are_counted_where_every_option_is_used(exam: Exam) -> None:
    one = make_question(exam, "one", Kind.ORDERING)
    other = make_question(exam, "other")
    for answer in (["b", "a", "c", "d"], ["b", "a", "c", "d"], one.key, []):
        sit(CandidateFactory.create(), exam, [Given(one, answer), Given(other, ["b"])])
    compute()
    found = [(c["ids"], c["count"]) for c in of(one).choices]
    assert found == [(["b", "a", "c", "d"], 2), (["a", "b", "c", "d"], 1)]
    assert of(one).blank == 1


# ---- What counts -------------------------------------------------------------------------------


def test_only_the_first_time_counts_whatever_the_mode_of_it(exam: Exam, candidate: User) -> None:
    studied, seen, new = (make_question(exam, slug) for slug in ("studied", "seen", "new"))
    sit(candidate, exam, [Given(studied, ["b"])], mode=Mode.STUDY, started_at=NOON - DAY)
    sit(candidate, exam, [Given(seen, ["a"])], started_at=NOON - DAY)
    sit(candidate, exam, [Given(version, ["b"]) for version in (studied, seen, new)])
    compute()
    assert (of(studied).exposures, of(studied).answers) == (2, 0)
    assert (of(seen).exposures, of(seen).answers, of(seen).right) == (2, 1, 0)
    assert (of(new).exposures, of(new).answers, of(new).right) == (1, 1, 1)


def test_a_question_seen_in_an_earlier_version_is_not_new(exam: Exam, candidate: User) -> None:
    old = make_question(exam, "one")
    sit(candidate, exam, [Given(old, ["b"])], started_at=NOON - DAY)
    new = next_version(old)
    sit(candidate, exam, [Given(new, ["b"])])
    sit(CandidateFactory.create(), exam, [Given(new, ["a"])])
    compute()
    assert (of(old).answers, of(old).right) == (1, 1)
    assert (of(new).exposures, of(new).answers, of(new).right) == (2, 1, 0)


def test_an_open_exam_counts_when_it_has_closed(exam: Exam, candidate: User) -> None:
    fill(exam, per_task=1)
    attempt = attempts.start(user=candidate, exam=exam, now=NOON)
    for response in attempt.responses.select_related("version")[:3]:
        save = Save(response.position, epoch=1, rev=1, given=right_places(response))
        save_answer(user=candidate, attempt_id=attempt.pk, save=save, now=NOON + timedelta(0, 9))
    compute()
    assert not ItemStatistics.objects.exists()
    attempts.submit(user=candidate, attempt_id=attempt.pk, now=NOON + timedelta(0, 60))
    compute()
    counted = ItemStatistics.objects.values_list("answers", "right", "blank")
    assert sorted(counted) == [(1, 0, 1), (1, 1, 0), (1, 1, 0), (1, 1, 0)]


def test_who_looks_into_an_exam_and_leaves_says_nothing_of_its_questions(exam: Exam) -> None:
    asked = [make_question(exam, f"q{n}") for n in range(4)]
    for answered in (1, 2):
        sit(
            CandidateFactory.create(),
            exam,
            [Given(version, ["b"] if n < answered else []) for n, version in enumerate(asked)],
        )
    compute()
    assert [(of(version).answers, of(version).blank) for version in asked] == [
        *((1, 0), (1, 0)),
        *((1, 1), (1, 1)),
    ]
    assert of(asked[0]).exposures == 2


def outsider_who_may_read() -> User:
    user = CandidateFactory.create()
    user.user_permissions.add(Permission.objects.get(codename="view_question"))
    return user


def former_author() -> User:
    author = CandidateFactory.create()
    question = make_question(Exam.objects.get(), "written").question
    version = make_version(question, Task.objects.all()[0], Kind.CHOICE, number=2)
    version.created_by = author
    version.save()
    return author


@pytest.mark.parametrize(
    "make",
    [
        StaffFactory.create,
        AuthorFactory.create,
        OperatorFactory.create,
        lambda: CandidateFactory.create(is_superuser=True),
        lambda: CandidateFactory.create(is_guest=True),
        outsider_who_may_read,
        former_author,
    ],
)
def test_authors_staff_and_guests_never_count(exam: Exam, make: Any) -> None:
    one = make_question(exam, "one")
    form = FixedForm.objects.create(
        exam=exam, slug="a", title="A", minutes=9, seed=1, created_at=NOON, published_at=NOON
    )
    user = make()
    sit(user, exam, [Given(one, ["b"])], mode=Mode.FIXED_FORM, fixed_form=form)
    compute()
    assert not ItemStatistics.objects.exists()
    assert not FormStatistics.objects.exists()
    sit(CandidateFactory.create(), exam, [Given(one, ["a"])])
    compute()
    assert (of(one).exposures, of(one).answers, of(one).right) == (1, 1, 0)


def test_of_very_many_answers_the_latest_count(exam: Exam, monkeypatch: Any) -> None:
    monkeypatch.setattr(item_statistics, "LATEST", 3)
    one = make_question(exam, "one")
    for day, answer in enumerate("aabbb"):
        sit(CandidateFactory.create(), exam, [Given(one, [answer])], started_at=NOON + day * DAY)
    compute()
    assert (of(one).exposures, of(one).answers, of(one).right) == (5, 3, 3)


# ---- Against another computation ---------------------------------------------------------------


class Sitting(Random):
    """Random attempts: of any mode, by anybody, open and closed, of questions of every kind."""

    def __init__(self, seed: int, exam: Exam) -> None:
        super().__init__(seed)
        self.exam = exam
        kinds = list(Kind)
        self.versions = [make_question(exam, f"q{n}", kinds[n % 4]) for n in range(14)]
        self.versions += [next_version(version) for version in self.versions[:4]]
        self.users = [CandidateFactory.create() for _ in range(40)]
        self.users += [StaffFactory.create(), CandidateFactory.create(is_guest=True)]

    def answer(self, version: QuestionVersion, skill: float) -> Sequence[str]:
        if self.random() < 0.1:
            return []
        if self.random() < skill:
            return self.sample(version.key, 2) if version.kind == "response" else version.key
        size = {"choice": 1, "response": 2, "ordering": 4, "matching": 3}[version.kind]
        return self.sample(OPTION_IDS[Kind(version.kind)], size)

    def one(self, user: User, day: float) -> Attempt:
        by_question = {v.question_id: v for v in self.sample(self.versions, len(self.versions))}
        skill = self.random()
        given = [
            Given(
                version,
                self.answer(version, skill if self.random() < 0.95 else 0),
                scored=self.random() < 0.8,
                confidence=self.choice(["", *Confidence.values]),
                seconds=[self.uniform(1, 200) for _ in range(self.randint(1, 3))],
            )
            for version in self.sample(sorted(by_question.values(), key=lambda v: v.pk), 9)
        ]
        return sit(
            user,
            self.exam,
            given,
            started_at=NOON + timedelta(days=day),
            mode=self.choice([Mode.MOCK, Mode.MOCK, Mode.HALF, Mode.CUSTOM, Mode.STUDY]),
        )

    def many(self, count: int) -> None:
        for _ in range(count):
            self.one(self.choice(self.users), self.uniform(0, 90))

    def busiest(self) -> User:
        """The candidate with the most attempts."""
        sat = User.objects.filter(is_staff=False, is_guest=False).annotate(n=Count("attempts"))
        return sat.order_by("-n", "pk")[0]

    def close_one_more(self) -> None:
        """An exam that runs while others close, and is closed late with an earlier end."""
        attempt = self.one(CandidateFactory.create(), 1)
        closed_at = attempt.closed_at
        open_fields: dict[str, Any] = dict.fromkeys(
            ["closed_at", "scored_items", "scored_correct", "scaled_score", "passed"]
        )
        stored = {name: getattr(attempt, name) for name in open_fields}
        Attempt.objects.filter(pk=attempt.pk).update(**open_fields, close_reason="", mode=Mode.MOCK)
        compute()
        assert closed_at is not None
        Attempt.objects.filter(pk=attempt.pk).update(**stored, close_reason="expired")


def expected() -> dict[int, dict[str, Any]]:
    """All statistics from the rows as Python reads them, by Python's own statistics."""
    everybody = set(
        User.objects.filter(is_staff=False, is_guest=False).values_list("pk", flat=True)
    )
    responses = list(
        Response.objects.filter(attempt__user__in=everybody)
        .select_related("attempt", "version")
        .order_by("attempt__started_at", "attempt_id")
    )
    by_attempt: dict[Any, list[Response]] = defaultdict(list)
    for response in responses:
        by_attempt[response.attempt_id].append(response)
    known: set[tuple[int, int]] = set()
    first: dict[int, list[Response]] = defaultdict(list)
    exposures = Counter(r.version_id for r in responses if r.attempt.closed_at)
    for response in responses:
        seen = (response.attempt.user_id, response.question_id)
        sat = by_attempt[response.attempt_id]
        if seen not in known and response.attempt.closed_at:
            answered = sum(bool(other.answer) for other in sat)
            if response.attempt.mode in EXAM_MODES and answered / len(sat) >= 0.5:
                first[response.version_id].append(response)
        known.add(seen)
    times = seconds_by_response(by_attempt)
    return {
        version: figures(first[version], by_attempt, times) | {"exposures": count}
        for version, count in exposures.items()
    }


def seconds_by_response(by_attempt: dict[Any, list[Response]]) -> dict[tuple[Any, int], float]:
    times: dict[tuple[Any, int], float] = defaultdict(float)
    for pk, responses in by_attempt.items():
        before = responses[0].attempt.started_at
        for event in AnswerEvent.objects.filter(attempt=pk, outcome="applied").order_by("pk"):
            times[pk, event.position] += (event.received_at - before).total_seconds()
            before = event.received_at
    return times


def rest_of(response: Response, sat: list[Response]) -> float | None:
    others = [other.is_correct for other in sat if other.scored and other.pk != response.pk]
    return sum(map(bool, others)) / len(others) if others else None


def figures(
    sample: list[Response],
    by_attempt: dict[Any, list[Response]],
    times: dict[tuple[Any, int], float],
) -> dict[str, Any]:
    rests = {one.pk: rest_of(one, by_attempt[one.attempt_id]) for one in sample}
    pairs = [(float(bool(r.is_correct)), rests[r.pk]) for r in sample if rests[r.pk] is not None]
    x, r = [pair[0] for pair in pairs], [float(pair[1] or 0) for pair in pairs]
    varies = len(set(x)) > 1 and len({round(value, 9) for value in r}) > 1
    spent = [times[one.attempt_id, one.position] for one in sample if one.answer]
    return {
        "answers": len(sample),
        "right": sum(bool(one.is_correct) for one in sample),
        "blank": sum(not one.answer for one in sample),
        "facility": statistics.fmean(bool(one.is_correct) for one in sample) if sample else None,
        "rests": len(r),
        "mean_rest": statistics.fmean(r) if r else None,
        "discrimination": statistics.correlation(x, r) if varies else None,
        "efficiency": (
            statistics.covariance(x, r) / statistics.covariance(sorted(x), sorted(r))
            if varies
            else None
        ),
        "timed": len(spent),
        "median_seconds": statistics.median(spent) if spent else None,
        "said": sum(one.confidence != "" for one in sample),
        "sure": sum(one.confidence == "sure" for one in sample),
        "sure_and_wrong": sum(one.confidence == "sure" and not one.is_correct for one in sample),
        "choices": expected_choices(sample, rests),
        "top_size": math.ceil(len(r) / 3),
    }


def expected_choices(
    sample: list[Response], rests: dict[int, float | None]
) -> dict[tuple[str, ...], Any]:
    takers: dict[tuple[str, ...], list[Response]] = defaultdict(list)
    for one in sample:
        whole = [tuple(one.answer)] if one.answer else []
        single = [(option,) for option in one.answer]
        parts = whole if Kind(one.version.kind).is_sequence else single
        for part in parts:
            takers[part].append(one)
    result = {}
    for part, who in takers.items():
        known = [rests[one.pk] or 0.0 for one in who if rests[one.pk] is not None]
        result[part] = (len(who), statistics.fmean(known) if known else None)
    return result


def assert_as_expected() -> None:
    found = {row.pk: row for row in ItemStatistics.objects.select_related("version")}
    wanted = expected()
    assert found.keys() == wanted.keys()
    for pk, row in found.items():
        for name, value in wanted[pk].items():
            if name != "choices":
                assert getattr(row, name) == pytest.approx(value), (pk, name)
        choices = {tuple(c["ids"]): (c["count"], c["rest"]) for c in row.choices}
        taken = {part: pair for part, pair in choices.items() if pair[0]}
        if not Kind(row.version.kind).is_sequence:
            assert list(choices) == [(o,) for o in OPTION_IDS[Kind(row.version.kind)]]
            assert taken.keys() == wanted[pk]["choices"].keys()
        most = sorted((count for count, _ in wanted[pk]["choices"].values()), reverse=True)
        assert sorted((count for count, _ in taken.values()), reverse=True) == most[:8]
        for part, (count, rest) in taken.items():
            assert (count, rest) == pytest.approx(wanted[pk]["choices"][part])


@pytest.mark.parametrize("seed", range(3))
def test_the_statements_agree_with_python_on_random_attempts(exam: Exam, seed: int) -> None:
    Sitting(seed, exam).many(70)
    compute()
    assert_as_expected()
    discriminating = ItemStatistics.objects.filter(discrimination__isnull=False)
    assert discriminating.count() > 10
    assert ItemStatistics.objects.filter(efficiency__lt=1).exists()


# ---- Incrementally -----------------------------------------------------------------------------


def everything() -> dict[int, dict[str, Any]]:
    skipped = ("computed_at",)
    return {
        row["version_id"]: {name: value for name, value in row.items() if name not in skipped}
        for row in ItemStatistics.objects.values()
    }


def assert_same(one: dict[int, dict[str, Any]], other: dict[int, dict[str, Any]]) -> None:
    assert one.keys() == other.keys()
    for pk, row in one.items():
        for name, value in row.items():
            if name != "choices":
                assert value == pytest.approx(other[pk][name]), name


def test_computing_what_changed_gives_what_computing_all_gives(exam: Exam) -> None:
    rng = Sitting(7, exam)
    rng.many(30)
    compute()

    def became_staff() -> None:
        User.objects.filter(pk=rng.busiest().pk).update(is_staff=True)

    def is_staff_no_more() -> None:
        User.objects.filter(is_staff=True).update(is_staff=False)

    def left() -> None:
        user = rng.busiest()
        rng.users.remove(user)
        user.delete()

    def guest_signs_up() -> None:
        guest = next(user for user in rng.users if user.is_guest)
        rng.one(guest, -5)
        rng.users.remove(guest)
        adoption.move_work(guest, rng.users[5], None)
        guest.delete()

    changes: list[Callable[[], None]] = [
        *(lambda: rng.many(3), rng.close_one_more, became_staff, left, guest_signs_up),
        *(is_staff_no_more, lambda: rng.many(2)),
    ]
    for change in changes:
        before = everything()
        change()
        compute()
        incremental = everything()
        assert incremental != before
        assert_as_expected()
        item_statistics.note_everything()
        compute()
        assert_same(incremental, everything())


def test_only_what_changed_is_computed_again(exam: Exam) -> None:
    old, new = make_question(exam, "old"), make_question(exam, "new")
    sit(CandidateFactory.create(), exam, [Given(old, ["b"])])
    sit(CandidateFactory.create(), exam, [Given(new, ["b"])])
    compute()
    before = of(old).computed_at
    sit(CandidateFactory.create(), exam, [Given(new, ["a"])])
    done = item_statistics.refresh_all(now=timezone.now())
    assert done == item_statistics.Refreshed(versions=1, forms=0, more=False)
    assert of(old).computed_at == before
    assert of(new).computed_at > before
    assert item_statistics.refresh_all(now=timezone.now()) == item_statistics.Refreshed(
        versions=0, forms=0, more=False
    )


def test_what_nobody_was_asked_any_more_has_no_statistics(exam: Exam) -> None:
    one = make_question(exam, "one")
    user = CandidateFactory.create()
    form = FixedForm.objects.create(
        exam=exam, slug="a", title="A", minutes=9, seed=1, created_at=NOON, published_at=NOON
    )
    sit(user, exam, [Given(one, ["b"])], mode=Mode.FIXED_FORM, fixed_form=form)
    compute()
    assert (ItemStatistics.objects.count(), FormStatistics.objects.count()) == (1, 1)
    user.delete()
    compute()
    assert (ItemStatistics.objects.count(), FormStatistics.objects.count()) == (0, 0)


def test_a_batch_takes_a_bounded_number_of_questions_the_longest_waiting_first(
    exam: Exam, monkeypatch: Any
) -> None:
    monkeypatch.setattr(item_statistics, "BATCH", 2)
    asked = [make_question(exam, f"q{n}") for n in range(5)]
    for version in asked:
        sit(CandidateFactory.create(), exam, [Given(version, ["b"])])
    sizes = []
    while done := item_statistics.refresh(now=timezone.now()):
        sizes.append(done.versions)
        if not done.more:
            break
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize("questions", [1, 9])
def test_a_batch_takes_the_same_statements_whatever_it_holds(exam: Exam, questions: int) -> None:
    asked = [make_question(exam, f"q{n}") for n in range(questions)]
    for _ in range(questions):
        sit(CandidateFactory.create(), exam, [Given(version, ["b"]) for version in asked])
    item_statistics.refresh(now=timezone.now())
    sit(CandidateFactory.create(), exam, [Given(version, ["a"]) for version in asked])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        item_statistics.refresh(now=timezone.now())
    assert len(queries) == STATEMENTS


STATEMENTS = 16


# ---- Fixed forms -------------------------------------------------------------------------------


def test_reliability_of_a_form_worked_by_hand(exam: Exam) -> None:
    """Three questions, four candidates with 3, 2, 1 and 0 right, as a perfect scale.

    Items are right for 3, 2 and 1 of 4: variances (n - 1) of .25, 1/3, .25, in all 5/6. Totals
    3, 2, 1, 0 have the variance 5/3. KR-20 = 3/2 (1 - (5/6) / (5/3)) = .75; the standard error is
    the root of 5/3 times the root of .25.
    """
    asked = [make_question(exam, f"q{n}") for n in range(3)]
    form = FixedForm.objects.create(
        exam=exam, slug="a", title="A", minutes=9, seed=1, created_at=NOON, published_at=NOON
    )
    users = [CandidateFactory.create() for _ in range(4)]
    for right, user in enumerate(users):
        given = [Given(version, ["b"] if n < right else ["a"]) for n, version in enumerate(asked)]
        given.append(Given(make_question(exam, f"tried{right}"), ["b"], scored=False))
        sit(user, exam, given, mode=Mode.FIXED_FORM, fixed_form=form)
    # Nobody's second attempt counts, nor that of who gave nothing.
    again = [Given(version, ["b"]) for version in asked]
    sit(users[0], exam, again, mode=Mode.FIXED_FORM, fixed_form=form, started_at=NOON + DAY)
    blank = [Given(version) for version in asked]
    sit(CandidateFactory.create(), exam, blank, mode=Mode.FIXED_FORM, fixed_form=form)
    compute()
    found = FormStatistics.objects.get()
    assert (found.candidates, found.items, found.mean) == (4, 3, 1.5)
    assert found.deviation == pytest.approx(math.sqrt(5 / 3))
    assert found.kr20 == pytest.approx(0.75)
    assert found.sem == pytest.approx(math.sqrt(5 / 3) * 0.5)
    assert found.sem_percent == pytest.approx(100 * math.sqrt(5 / 3) * 0.5 / 3)


def test_a_form_that_everybody_did_alike_has_no_reliability(exam: Exam) -> None:
    form = FixedForm.objects.create(
        exam=exam, slug="a", title="A", minutes=9, seed=1, created_at=NOON, published_at=NOON
    )
    asked = [Given(make_question(exam, f"q{n}"), ["b"]) for n in range(2)]
    for _ in range(2):
        sit(CandidateFactory.create(), exam, asked, mode=Mode.FIXED_FORM, fixed_form=form)
    compute()
    found = FormStatistics.objects.get()
    assert (found.deviation, found.kr20, found.sem) == (0, None, None)


def test_a_real_form_is_counted_when_it_is_handed_in(exam: Exam, candidate: User) -> None:
    fill(exam, per_task=2)
    form = fixed_forms.draft(exam=exam, title="A", minutes=9, by=None, now=NOON)
    fixed_forms.publish(form, now=NOON, seen=fixed_forms.fingerprint(form))
    form.refresh_from_db()
    wanted = Wanted(mode=Mode.FIXED_FORM, fixed_form=form)
    attempt = attempts.start(user=candidate, exam=exam, now=NOON, wanted=wanted)
    for response in attempt.responses.select_related("version"):
        save = Save(response.position, epoch=1, rev=1, given=right_places(response))
        save_answer(user=candidate, attempt_id=attempt.pk, save=save, now=NOON)
    attempts.submit(user=candidate, attempt_id=attempt.pk, now=NOON + timedelta(minutes=5))
    compute()
    assert FormStatistics.objects.get().mean == 4


# ---- The command -------------------------------------------------------------------------------


def test_the_command_computes_what_changed_or_all(exam: Exam, capsys: Any) -> None:
    one = make_question(exam, "one")
    sit(CandidateFactory.create(), exam, [Given(one, ["b"])])
    for options, computed in (([], 1), ([], 0), (["--all"], 1)):
        call_command("compute_statistics", *options)
        assert capsys.readouterr().out == f"Computed {computed} question versions and 0 forms\n"


@pytest.mark.django_db(transaction=True)
def test_two_processes_never_compute_at_once() -> None:
    exam = make_exam(slug="small")
    sit(CandidateFactory.create(), exam, [Given(make_question(exam, "one"), ["b"])])
    StatisticsState.objects.create(pk=1)
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM results_statisticsstate FOR NO KEY UPDATE")
        with pytest.raises(CommandError, match="Another process computes"):
            call_command("compute_statistics")
        assert not ItemStatistics.objects.exists()
        other.rollback()
        call_command("compute_statistics")
        assert ItemStatistics.objects.exists()
        assert not EvidenceChange.objects.exists()
    finally:
        other.close()
