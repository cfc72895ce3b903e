"""Study over HTTP: checking answers, explanations, pauses, annotations; each with its stranger."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.engine import attempts, spaced_review
from exams.engine import study as study_engine
from exams.models import Attempt, Mode, Outcome, Response, ReviewCard
from exams.recipes import Recipe
from questions.kinds import Kind
from questions.models import Exam, NoteSection, QuestionVersion, Task, VersionNote
from tests.bank import CANARY, fill, make_exam, make_version
from tests.canaries import leaks, make_secretive_exam
from tests.people import client_of
from tests.sittings import answer, begin, deadline_of, right_places

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def exam() -> Exam:
    return make_secretive_exam()


@pytest.fixture
def study(candidate: User, exam: Exam) -> Attempt:
    return begin_study(candidate, exam)


@pytest.fixture
def web(candidate: User) -> Client:
    return client_of(candidate)


def begin_study(user: User, exam: Exam, **recipe: Any) -> Attempt:
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(**{"items": 12} | recipe))
    return attempts.start(user=user, exam=exam, now=timezone.now(), wanted=wanted, seed=1)


def url(name: str, attempt: Attempt, *args: int) -> str:
    return reverse(f"exams:{name}", args=[attempt.pk, *args])


def choice_in(attempt: Attempt) -> int:
    """The position of a question that takes one option."""
    return attempt.responses.filter(version__kind=Kind.CHOICE)[0].position


def text(web: Client, address: str) -> str:
    return web.get(address).content.decode()


def save(web: Client, attempt: Attempt, position: int, given: list[str], rev: int = 1) -> Any:
    form = {"epoch": attempt.epoch, "rev": rev, "answer": given}
    return web.post(url("save", attempt, position), form)


class TestCheck:
    @pytest.mark.parametrize("kind", Kind)
    def test_a_checked_answer_is_explained_and_no_other_key_is_told(
        self, web: Client, study: Attempt, kind: Kind
    ) -> None:
        response = study.responses.select_related("version").filter(version__kind=kind)[0]
        page = text(web, url("question", study, response.position))
        assert "data-check" in page
        assert not leaks(study, page)
        save(web, study, response.position, right_places(response))
        shown = web.post(url("reveal", study, response.position), follow=True).content.decode()
        assert "Correct" in shown
        assert CANARY in shown
        assert "Notes: Glue" in shown
        assert "data-check" not in shown
        others = study.responses.exclude(pk=response.pk)
        assert not leaks(
            study, "".join(text(web, url("question", study, o.position)) for o in others)
        )

    def test_the_passage_that_is_cited_is_quoted_or_else_how_its_section_begins(
        self, web: Client, study: Attempt
    ) -> None:
        response = study.responses.select_related("version").get(position=1)
        link = VersionNote.objects.get(version=response.version)
        VersionNote.objects.filter(pk=link.pk).update(passage="Glue **crawls** `a<b>` tables.")
        web.post(url("reveal", study, 1))
        page = text(web, url("question", study, 1))
        assert "Glue crawls a&lt;b&gt; tables." in page
        assert link.section.get_absolute_url() in page
        VersionNote.objects.filter(pk=link.pk).update(passage="")
        NoteSection.objects.filter(pk=link.section_id).update(html="<p>How it begins.</p>")
        web.post(url("submit", study))
        assert "How it begins." in text(web, reverse("results:question", args=[study.pk, 1]))

    def test_references_have_their_titles_where_they_have_one(self, study: Attempt) -> None:
        version = make_version(
            study.responses.all()[0].question,
            study.responses.all()[0].task,
            Kind.CHOICE,
            references=["https://docs.example.org/a", "https://docs.example.org/b"],
            reference_titles=["R&D guide", ""],
        )
        page = render_to_string("exams/_passages.html", {"version": version, "explained": None})
        assert re.findall(r">\s*([^<>]*?)\s*</a>", page) == [
            "R&amp;D guide",
            "docs.example.org/b",
        ]

    def test_htmx_gets_the_explained_question_in_place(self, web: Client, study: Attempt) -> None:
        page = web.post(url("reveal", study, 1), headers={"HX-Request": "true"}).content.decode()
        assert page.strip().startswith('<div id="screen"')
        assert "Not answered" in page

    def test_the_plain_form_saves_and_checks_in_one_step(self, web: Client, study: Attempt) -> None:
        form = {"epoch": 1, "rev": 1, "answer": ["1"], "go": "check"}
        position = choice_in(study)
        web.post(url("question", study, position), form)
        response = study.responses.get(position=position)
        assert response.answer
        assert response.revealed_at is not None

    def test_the_plain_form_asks_before_it_shows_the_answer_to_a_blank_question(
        self, web: Client, study: Attempt
    ) -> None:
        form = {"epoch": 1, "rev": 1, "go": "check"}
        asked = web.post(url("question", study, 1), form)
        assert asked.status_code == 422
        assert "it counts as wrong" in asked.content.decode()
        assert not leaks(study, asked.content.decode())
        assert study.responses.get(position=1).revealed_at is None
        web.post(url("question", study, 1), form | {"rev": 2, "go": "show"})
        assert study.responses.get(position=1).revealed_at is not None

    def test_a_revealed_answer_is_final_and_the_refusal_is_journaled(
        self, web: Client, study: Attempt
    ) -> None:
        position = choice_in(study)
        save(web, study, position, ["1"])
        web.post(url("reveal", study, position))
        kept = study.responses.get(position=position).answer
        refused = save(web, study, position, ["2"], rev=2)
        assert (refused.status_code, refused.json()["outcome"]) == (409, "revealed")
        assert study.responses.get(position=position).answer == kept
        assert study.events.filter(outcome=Outcome.REVEALED).count() == 1
        repeated = save(web, study, position, ["1"], rev=1)
        assert repeated.json()["outcome"] == "repeated"

    def test_what_is_explained_is_not_among_the_questions_to_go_on_with(
        self, web: Client, study: Attempt
    ) -> None:
        web.post(url("reveal", study, 1))
        together = text(web, url("questions", study))
        assert together.count("<template ") == 11
        assert "Question 1 <" not in together
        assert "of 12<" in together

    def test_checking_twice_marks_and_schedules_once(self, web: Client, study: Attempt) -> None:
        web.post(url("reveal", study, 1))
        first = study.responses.get(position=1).revealed_at
        web.post(url("reveal", study, 1))
        assert study.responses.get(position=1).revealed_at == first
        assert ReviewCard.objects.count() == 1

    @pytest.mark.parametrize("mode", [Mode.MOCK, Mode.CUSTOM])
    def test_an_exam_explains_nothing(
        self, candidate: User, web: Client, exam: Exam, mode: Mode
    ) -> None:
        recipe = Recipe(items=8, minutes=10)
        sat = attempts.start(
            user=candidate, exam=exam, now=timezone.now(), wanted=Wanted(mode=mode, recipe=recipe)
        )
        page = web.post(url("reveal", sat, 1), follow=True).content.decode()
        assert "explained when the exam has ended" in page
        assert not leaks(sat, page)
        assert not sat.responses.exclude(revealed_at=None).exists()

    def test_what_an_open_exam_asks_is_not_explained_in_study(
        self, candidate: User, web: Client, exam: Exam, study: Attempt
    ) -> None:
        mock = begin(candidate, exam)
        page = web.post(url("reveal", study, 1), follow=True).content.decode()
        assert "An exam that you have open asks this question too" in page
        assert not leaks(study, page)
        attempts.submit(user=candidate, attempt_id=mock.pk, now=timezone.now())
        assert CANARY in web.post(url("reveal", study, 1), follow=True).content.decode()

    def test_a_closed_attempt_leads_to_its_report(self, web: Client, study: Attempt) -> None:
        web.post(url("submit", study))
        assert web.post(url("reveal", study, 1))["Location"] == url("attempt", study)

    def test_a_stranger_checks_nothing(self, stranger: User, study: Attempt) -> None:
        other = client_of(stranger)
        assert other.post(url("reveal", study, 1)).status_code == 404
        assert not study.responses.exclude(revealed_at=None).exists()

    def test_a_position_that_is_not_there_is_not_found(self, web: Client, study: Attempt) -> None:
        assert web.post(url("reveal", study, 99)).status_code == 404


class TestEnd:
    def test_only_what_was_answered_or_checked_counts(self, web: Client, study: Attempt) -> None:
        rows = list(study.responses.select_related("version").order_by("position"))
        save(web, study, 1, right_places(rows[0]))
        web.post(url("reveal", study, 2))
        assert "They do not count" in text(web, url("submit", study))
        web.post(url("submit", study))
        study.refresh_from_db()
        assert (study.scored_correct, study.scored_items) == (1, 2)
        assert list(study.responses.order_by("position").values_list("is_correct", flat=True)) == [
            *(True, False),
            *[None] * 10,
        ]
        assert "not reached" in text(web, reverse("results:report", args=[study.pk]))


class TestFinish:
    def test_a_question_that_was_checked_blank_counts_and_is_not_called_unanswered(
        self, web: Client, study: Attempt
    ) -> None:
        web.post(url("reveal", study, 1))
        page = " ".join(text(web, url("submit", study)).split())
        assert "11 unanswered:" in page
        assert 'q/1/"' not in page

    def test_to_go_on_leads_to_the_question_last_seen_also_when_it_is_explained(
        self, web: Client, study: Attempt
    ) -> None:
        web.post(url("reveal", study, 2))
        web.post(url("seen", study), {"position": "2", "epoch": "1"})
        assert web.get(url("attempt", study))["Location"] == url("question", study, 2)


class TestPause:
    def test_the_clock_stands_while_paused_and_nothing_is_shown(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        study = begin_study(candidate, exam, minutes=30)
        before = deadline_of(study)
        web.post(url("pause", study))
        page = text(web, url("question", study, 1))
        assert "The clock stands" in page
        assert "What about" not in page
        Attempt.objects.filter(pk=study.pk).update(paused_at=timezone.now() - 10 * MINUTE)
        web.post(url("unpause", study))
        study.refresh_from_db()
        assert abs(deadline_of(study) - before - 10 * MINUTE) < timedelta(seconds=5)

    def test_a_paused_attempt_does_not_expire_and_late_saves_of_it_count(
        self, candidate: User, exam: Exam
    ) -> None:
        study = begin_study(candidate, exam, minutes=30)
        study_engine.pause(user=candidate, attempt_id=study.pk, now=study.started_at + MINUTE)
        later = study.started_at + 90 * MINUTE
        assert attempts.close_expired(now=later) == 0
        assert answer(study, choice_in(study), ["1"], after=90 * MINUTE).is_acknowledged

    @pytest.mark.parametrize("minutes", [None, 30])
    def test_an_exam_cannot_be_paused_and_untimed_study_need_not(
        self, web: Client, candidate: User, exam: Exam, minutes: int | None
    ) -> None:
        attempt = begin(candidate, exam) if minutes else begin_study(candidate, exam)
        assert "Pause" not in text(web, url("question", attempt, 1))
        page = web.post(url("pause", attempt), follow=True).content.decode()
        assert "cannot be paused" in page
        attempt.refresh_from_db()
        assert attempt.paused_at is None

    def test_nothing_is_explained_while_the_clock_stands(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        study = begin_study(candidate, exam, minutes=30)
        web.post(url("pause", study))
        for headers in ({}, {"HX-Request": "true"}):
            page = web.post(url("reveal", study, 1), headers=headers, follow=True).content.decode()
            assert CANARY not in page
        assert not study.responses.exclude(revealed_at=None).exists()

    def test_a_stranger_pauses_nothing(self, stranger: User, candidate: User, exam: Exam) -> None:
        study = begin_study(candidate, exam, minutes=30)
        for name in ("pause", "unpause"):
            assert client_of(stranger).post(url(name, study)).status_code == 404
        study.refresh_from_db()
        assert study.paused_at is None


class TestAnnotations:
    FORM = {
        "epoch": 1,
        "rev": 1,
        "struck": ["2", "3"],
        "highlight": ["0-4", "3-9"],
        "note": "Read  again",
        "confidence": "guess",
    }

    def test_they_are_kept_and_shown_again(self, web: Client, study: Attempt) -> None:
        receipt = web.post(url("annotations", study, 1), self.FORM)
        assert receipt.json()["outcome"] == "applied"
        kept = study.responses.get(position=1)
        assert kept.struck == kept.option_order[1:3]
        assert (kept.note, kept.highlights, kept.confidence) == ("Read  again", [[0, 9]], "guess")
        assert 'data-highlights="0-9 "' in text(web, url("question", study, 1))
        assert web.post(url("annotations", study, 1), self.FORM).json()["outcome"] == "repeated"
        older = self.FORM | {"rev": 1, "note": "other"}
        stale = web.post(url("annotations", study, 1), older)
        assert (stale.status_code, stale.json()["outcome"]) == (409, "stale")

    def test_a_flag_shows_in_the_palette_until_it_is_taken_off(
        self, web: Client, study: Attempt
    ) -> None:
        for rev, flagged, cell in (
            (1, "1", 'class="unanswered flagged noted" data-cell="1"'),
            (2, "", 'class="unanswered flagged noted" data-cell="1"'),
            (3, "0", 'class="unanswered noted" data-cell="1"'),
        ):
            marks = self.FORM | {"rev": rev, "flagged": flagged}
            for outcome in ("applied", "repeated"):
                assert web.post(url("annotations", study, 1), marks).json()["outcome"] == outcome
            assert cell in text(web, url("question", study, 1))

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("note", "x" * 2001, "2000 characters; it has 2001"),
            ("highlight", "9-3", "starts before it ends"),
            ("highlight", "a", "two numbers"),
            ("highlight", [f"{n}-{n + 1}" for n in range(0, 200, 3)], "50 passages"),
            ("confidence", "very", "sure, unsure or guess"),
            ("struck", "9", "no option"),
        ],
    )
    def test_nonsense_is_refused_in_words(
        self, web: Client, study: Attempt, field: str, value: object, words: str
    ) -> None:
        refused = web.post(url("annotations", study, 1), self.FORM | {field: value})
        assert refused.status_code == 422
        assert words in refused.json()["message"]
        assert study.responses.get(position=1).note == ""

    @pytest.mark.parametrize("note", ["<script>alert(1)</script>", "=1+1", "a\r\nb"])
    def test_a_note_is_text_wherever_it_is_shown(
        self, web: Client, study: Attempt, note: str
    ) -> None:
        web.post(url("annotations", study, 1), self.FORM | {"note": note})
        web.post(url("submit", study))
        page = text(web, reverse("results:question", args=[study.pk, 1]))
        assert "<script>alert" not in page
        assert "My note" in page

    def test_of_a_window_that_was_taken_over_they_are_refused(
        self, web: Client, study: Attempt
    ) -> None:
        web.post(url("take_over", study))
        refused = web.post(url("annotations", study, 1), self.FORM)
        assert (refused.status_code, refused.json()["outcome"]) == (409, "superseded")

    @pytest.mark.parametrize("items", [3, 12])
    def test_they_cost_four_statements(
        self, web: Client, candidate: User, items: int, django_assert_num_queries: Any
    ) -> None:
        study = begin_study(candidate, make_secretive_exam(slug="other"), items=items)
        with django_assert_num_queries(4):  # session, user, order of options, the save
            web.post(url("annotations", study, 1), self.FORM)


class TestReview:
    def test_what_was_missed_or_doubted_is_due_later_and_can_be_reviewed_then(
        self, web: Client, candidate: User, study: Attempt
    ) -> None:
        rows = list(study.responses.select_related("version").order_by("position"))
        save(web, study, 1, right_places(rows[0]))
        save(web, study, 2, right_places(rows[1]))
        web.post(url("annotations", study, 2), {"epoch": 1, "rev": 1, "confidence": "guess"})
        for position in (1, 2, 3):
            web.post(url("reveal", study, position))
        web.post(url("submit", study))
        cards = ReviewCard.objects.filter(user=candidate)
        assert {card.question_id for card in cards} == {rows[1].question_id, rows[2].question_id}
        page = text(web, "/")
        assert "Nothing is due today" in page
        cards.update(due=timezone.now())
        assert "2 questions that you missed or doubted are due" in text(web, "/")
        web.post(reverse("exams:review_due", args=[study.exam.slug]))
        review = Attempt.objects.open().get(mode=Mode.REVIEW)
        asked = set(review.responses.values_list("question_id", flat=True))
        assert asked == {card.question_id for card in cards}
        assert review.deadline is None

    def test_what_serves_two_exams_comes_back_in_those_that_were_sat(
        self, candidate: User, exam: Exam
    ) -> None:
        guest_exam = make_exam(slug="guest", items=4, scored_items=4)
        tasks = {task.code: task for task in Task.objects.filter(domain__exam=guest_exam)}
        for version in QuestionVersion.objects.filter(question__exam=exam).select_related("task"):
            version.also.add(tasks[version.task.code])
        study = begin_study(candidate, guest_exam)
        study_engine.reveal(
            user=candidate, attempt_id=study.pk, position=1, now=timezone.now() - 9 * DAY
        )
        queue = spaced_review.daily_queue(candidate, now=timezone.now())
        assert [(row.slug, row.due) for row in queue] == [("guest", 1)]

    def test_nothing_due_says_so(self, web: Client, exam: Exam) -> None:
        page = web.post(reverse("exams:review_due", args=[exam.slug]), follow=True)
        assert "No question fits this now" in page.content.decode()
        assert not Attempt.objects.exists()

    def test_answers_of_a_mock_feed_the_queue_and_blanks_do_not(
        self, candidate: User, exam: Exam
    ) -> None:
        mock = begin(candidate, exam)
        wrong = mock.responses.filter(version__kind=Kind.CHOICE).select_related("version")[0]
        place = next(p for p in "1234" if [p] != right_places(wrong))
        answer(mock, wrong.position, [place])
        attempts.submit(user=candidate, attempt_id=mock.pk, now=mock.started_at + MINUTE)
        card = ReviewCard.objects.get()
        assert card.question_id == wrong.question_id
        assert card.due >= mock.started_at + timedelta(days=1)


def test_a_response_of_study_never_changes_after_it_was_revealed(study: Attempt) -> None:
    position = choice_in(study)
    study_engine.reveal(user=study.user, attempt_id=study.pk, position=position, now=timezone.now())
    assert answer(study, position, ["1"]).outcome == Outcome.REVEALED
    assert Response.objects.get(attempt=study, position=position).answer == []


@pytest.mark.parametrize("size", [12, 60])
def test_the_explained_question_costs_the_same_statements_at_every_length(
    web: Client, candidate: User, size: int, django_assert_num_queries: Any
) -> None:
    exam = make_exam(slug="budget")
    fill(exam, per_task=7)
    study = begin_study(candidate, exam, items=size)
    web.post(url("reveal", study, 1))
    # Session, user, attempt, sheet, question, explained response, its notes.
    with django_assert_num_queries(7):
        web.get(url("question", study, 1))
