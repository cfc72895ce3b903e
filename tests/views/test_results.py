"""Reports of closed attempts over HTTP."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ExtraTime, User
from exams.engine import attempts
from exams.engine.audit import audit
from exams.models import Attempt
from exams.pages.explanations import load_explained_question
from questions.kinds import Kind, letter_of
from questions.models import Exam, NoteSection
from results.receipts import load_receipts
from results.reports import EXCERPT_LENGTH, excerpt_of, load_report
from tests.bank import CANARY, fill, make_exam, make_section
from tests.sittings import answer, answer_rightly, begin, practise, right_places

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def exam() -> Exam:
    exam = make_exam(items=13, scored_items=10)
    fill(exam, per_task=3)
    return exam


@pytest.fixture
def running(candidate: User, exam: Exam) -> Attempt:
    return begin(candidate, exam)


@pytest.fixture
def web(client: Client, candidate: User) -> Client:
    client.force_login(candidate)
    return client


def hand_in(attempt: Attempt, *, after: timedelta = 65 * MINUTE) -> Attempt:
    return attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=attempt.started_at + after)


def report_of(attempt: Attempt) -> str:
    return reverse("results:report", args=[attempt.pk])


class TestReport:
    def test_it_shows_score_verdict_time_and_domains(self, web: Client, running: Attempt) -> None:
        answer_rightly(running, 7)
        attempt = hand_in(running)
        page = web.get(report_of(attempt)).content.decode()
        assert "✓ Pass" in page
        assert "<strong>730</strong> of 1000" in page
        assert "<strong>7</strong> of 10 (70%)" in page
        assert "1 h 5 min of 2 h 10 min" in page
        assert "The score is an estimate" in page
        assert page.count('<meter class="bar"') == 4

    def test_a_fail_is_called_a_fail(self, web: Client, running: Attempt) -> None:
        page = web.get(report_of(hand_in(running))).content.decode()
        assert "✗ Fail" in page
        assert "<strong>100</strong> of 1000" in page

    def test_it_goes_by_the_rules_that_the_attempt_began_with(
        self, web: Client, running: Attempt
    ) -> None:
        answer_rightly(running, 7)
        Exam.objects.update(pass_mark=800, scale_min=0, scale_max=900, minutes=5)
        running.exam.domains.update(weight=25)
        attempt = hand_in(running)
        assert (attempt.scaled_score, attempt.passed) == (730, True)
        assert list(audit(Attempt.objects.get(pk=attempt.pk))) == []
        page = " ".join(web.get(report_of(attempt)).content.decode().split())
        assert "<strong>730</strong> of 1000" in page
        assert "(pass at 720)" in page
        assert "0% = 100, 100% = 1000" in page
        shares = re.findall(r'<td class="number share">(\d+)%</td>', page)
        assert shares == ["28", "26", "22", "24"]

    def test_unscored_questions_are_disclosed_and_kept_out_of_the_domains(
        self, web: Client, running: Attempt
    ) -> None:
        for response in running.responses.filter(scored=False).select_related("version"):
            answer(running, response.position, right_places(response))
        attempt = hand_in(running)
        report = load_report(attempt)
        assert (report.unscored.correct, report.unscored.items) == (3, 3)
        assert sum(row.tally.items for row in report.domains) == 10
        assert sum(row.tally.correct for row in report.domains) == 0
        page = web.get(report_of(attempt)).content.decode()
        assert "3 unscored questions did not" in page

    def test_the_domains_add_up_to_the_score(self, running: Attempt) -> None:
        answer_rightly(running, 6)
        report = load_report(hand_in(running))
        assert sum(row.tally.correct for row in report.domains) == 6
        assert report.percent == 60

    def test_extra_time_is_shown_on_the_result(
        self, web: Client, candidate: User, exam: Exam
    ) -> None:
        candidate.extra_time = ExtraTime.DOUBLE
        attempt = hand_in(begin(candidate, exam))
        page = web.get(report_of(attempt)).content.decode()
        assert "of 4 h 20 min" in page
        assert "Double time" in page

    @pytest.mark.parametrize(
        ("show", "count"), [("all", 13), ("wrong", 8), ("flagged", 1), ("unscored", 3), ("?", 13)]
    )
    def test_the_list_of_questions_is_filtered(
        self, web: Client, running: Attempt, show: str, count: int
    ) -> None:
        answer_rightly(running, 5)
        attempts.set_flag(user=running.user, attempt_id=running.pk, position=2, flagged=True)
        attempt = hand_in(running)
        part = web.get(report_of(attempt), {"show": show}, headers={"HX-Request": "true"})
        assert part.content.decode().count('<th scope="row">') == count

    def test_the_way_through_the_questions_keeps_the_filter(
        self, web: Client, running: Attempt
    ) -> None:
        for position in (2, 5, 9):
            attempts.set_flag(
                user=running.user, attempt_id=running.pk, position=position, flagged=True
            )
        report = report_of(hand_in(running))
        assert 'report/q/5/?show=flagged"' in web.get(f"{report}?show=flagged").content.decode()
        page = web.get(f"{report}q/5/?show=flagged").content.decode()
        assert 'report/q/2/?show=flagged"' in page
        assert 'report/q/9/?show=flagged"' in page
        assert "report/q/6/" not in page
        assert "report/q/10/" not in web.get(f"{report}q/9/?show=flagged").content.decode()

    def test_a_filter_keeps_the_focus_and_the_count_is_announced(
        self, web: Client, running: Attempt
    ) -> None:
        report = report_of(hand_in(running))
        part = web.get(f"{report}?show=wrong", headers={"HX-Request": "true"}).content.decode()
        assert 'id="show-wrong"' in part
        assert 'id="question-count"' in part
        assert "13 questions shown" in part
        assert web.get(report).content.decode().count('id="question-count"') == 1

    def test_excerpts_are_plain_words(self) -> None:
        stem = "<p>May call <code>Create&lt;Job&gt;</code> &amp; <strong>more</strong></p>"
        assert excerpt_of(stem) == "May call Create<Job> & more"
        assert len(excerpt_of("<p>word</p>" * 100)) == EXCERPT_LENGTH

    def test_only_what_has_a_pass_mark_looks_failed(
        self, web: Client, candidate: User, exam: Exam, running: Attempt
    ) -> None:
        assert "verdict-fail" in web.get(report_of(hand_in(running))).content.decode()
        study = practise(candidate, make_section(exam), now=timezone.now())
        page = web.get(report_of(hand_in(study, after=MINUTE))).content.decode()
        assert "verdict-fail" not in page
        assert "Study more" in page

    def test_a_running_attempt_has_no_report(self, web: Client, running: Attempt) -> None:
        for address in (report_of(running), report_of(running) + "q/1/"):
            response = web.get(address)
            assert response.status_code == 302
            assert response["Location"] == running.get_absolute_url()

    @pytest.mark.parametrize("items", [13, 65])
    def test_it_costs_the_same_statements_at_every_length(
        self, web: Client, candidate: User, items: int, django_assert_num_queries: Any
    ) -> None:
        exam = make_exam(slug="budget", items=items, scored_items=10)
        fill(exam, per_task=7)
        attempt = hand_in(begin(candidate, exam))
        # Session, user, attempt, questions, domains, time given back for outages.
        with django_assert_num_queries(6):
            web.get(report_of(attempt))
        with django_assert_num_queries(6):
            web.get(report_of(attempt) + "q/1/")


class TestPractice:
    def test_a_section_is_practised_from_its_page_and_reported_without_a_verdict(
        self, web: Client, exam: Exam
    ) -> None:
        section = make_section(exam)
        assert "Practice this section" in web.get(section.get_absolute_url()).content.decode()
        first = web.post(reverse("exams:practice_section", args=[exam.slug, section.anchor]))
        attempt = Attempt.objects.get()
        assert first["Location"] == reverse("exams:question", args=[attempt.pk, 1])
        answer_rightly(attempt, 4)
        page = web.get(report_of(hand_in(attempt, after=MINUTE))).content.decode()
        assert "<strong>4</strong> of 4 correct (100%)" in page
        assert "10 in the session" in page
        assert "Back to the notes: Glue" in page
        assert "Pass" not in page
        assert "Fail" not in page
        assert "Estimated score" not in page
        assert "4 of 4" in web.get(reverse("results:history")).content.decode()

    def test_untimed_study_gives_way_and_keeps_its_answers(self, web: Client, exam: Exam) -> None:
        address = reverse("exams:practice_section", args=[exam.slug, make_section(exam).anchor])
        first = web.post(address)
        assert web.post(address)["Location"] == first["Location"]
        answer_rightly(Attempt.objects.get(), 1)
        assert web.post(address).status_code == 302
        assert (Attempt.objects.open().count(), Attempt.objects.closed().count()) == (1, 1)
        assert Attempt.objects.closed().get().scored_correct == 1

    def test_timed_study_is_ended_only_when_that_is_agreed(self, web: Client, exam: Exam) -> None:
        chosen = {"items": 10, "minutes": 20, "source": "all"}
        web.post(reverse("exams:study", args=[exam.slug]), chosen)
        address = reverse("exams:practice_section", args=[exam.slug, make_section(exam).anchor])
        page = web.post(address)
        assert page.status_code == 409
        assert "End it and start new" in page.content.decode()
        assert Attempt.objects.count() == 1
        web.post(address, {"replace": "1"})
        assert (Attempt.objects.open().count(), Attempt.objects.closed().count()) == (1, 1)

    def test_a_section_without_questions_says_so(self, web: Client, exam: Exam) -> None:
        bare = NoteSection.objects.create(exam=exam, anchor="bare", title="Bare", position=9)
        address = reverse("exams:practice_section", args=[exam.slug, bare.anchor])
        page = web.post(address, follow=True).content.decode()
        assert "No question fits this now" in page

    def test_an_unknown_section_is_not_found(self, web: Client, exam: Exam) -> None:
        address = reverse("exams:practice_section", args=[exam.slug, "nothing"])
        assert web.post(address).status_code == 404


class TestReviewedQuestion:
    def position(self, attempt: Attempt, kind: Kind) -> int:
        return attempt.responses.filter(version__kind=kind).values_list("position", flat=True)[0]

    def test_every_option_has_its_verdict_and_its_rationale(
        self, web: Client, running: Attempt
    ) -> None:
        position = self.position(running, Kind.RESPONSE)
        response = running.responses.select_related("version").get(position=position)
        right, missed = right_places(response)
        wrong = next(place for place in "12345" if place not in (right, missed))
        answer(running, position, [right, wrong])
        attempt = hand_in(running)
        reviewed = load_explained_question(attempt, position)
        verdicts = sorted(option.verdict for option in reviewed.options)
        assert verdicts == ["left", "left", "missed", "right", "wrong"]
        page = web.get(f"{report_of(attempt)}q/{position}/").content.decode()
        assert page.count(f"Because {CANARY}") == 5
        words = " ".join(page.split())
        assert "1 of 2 correct" in words
        assert "✓ Correct answer" in words
        assert "✗ Your answer" in words
        places = [page.index(f'<li class="{verdict}">') for verdict in ("missed", "wrong", "left")]
        assert places == sorted(places), "the key comes first, ordinary distractors last"
        assert "<strong>✗ Incorrect</strong>" in re.sub(r"\s+</strong>", "</strong>", words)
        assert "/notes/mla-c01/glue/" in page

    def test_an_ordering_is_reviewed_in_its_right_order(self, running: Attempt) -> None:
        position = self.position(running, Kind.ORDERING)
        response = running.responses.select_related("version").get(position=position)
        first, second, third, fourth = right_places(response)
        answer(running, position, [first, second, fourth, third])
        reviewed = load_explained_question(hand_in(running), position)
        assert [pair.place for pair in reviewed.pairs] == [1, 2, 3, 4]
        letters = [letter_of(int(place)) for place in (first, second, third, fourth)]
        assert [pair.right.letter for pair in reviewed.pairs] == letters
        assert [option.letter for option in reviewed.answers] == letters
        yours = [pair.yours.letter for pair in reviewed.pairs if pair.yours]
        assert yours == [letters[0], letters[1], letters[3], letters[2]]
        assert [pair.is_right for pair in reviewed.pairs] == [True, True, False, False]

    def test_a_matching_is_reviewed_prompt_by_prompt(self, web: Client, running: Attempt) -> None:
        position = self.position(running, Kind.MATCHING)
        response = running.responses.select_related("version").get(position=position)
        right = right_places(response)
        answer(running, position, [right[0], "", right[1]])
        attempt = hand_in(running)
        reviewed = load_explained_question(attempt, position)
        assert [pair.is_right for pair in reviewed.pairs] == [True, False, False]
        assert [option.letter for option in reviewed.unused] == [
            letter_of(response.option_order.index("b") + 1)
        ]
        page = web.get(f"{report_of(attempt)}q/{position}/").content.decode()
        assert "no answer" in page
        assert "Why not the others" in page

    def test_a_blank_is_called_a_blank(self, web: Client, running: Attempt) -> None:
        page = web.get(report_of(hand_in(running)) + "q/1/").content.decode()
        assert "Not answered" in page

    @pytest.mark.parametrize("position", [0, 14])
    def test_a_position_outside_the_form_is_not_found(
        self, web: Client, running: Attempt, position: int
    ) -> None:
        hand_in(running)
        assert web.get(f"{report_of(running)}q/{position}/").status_code == 404


class TestReceipts:
    def test_every_save_is_listed_with_letters_as_shown_and_what_became_of_it(
        self, web: Client, running: Attempt
    ) -> None:
        position = running.responses.filter(version__kind=Kind.MATCHING)[0].position
        answer(running, position, ["2", "", "1"], rev=2)
        answer(running, position, ["3", "", ""], rev=1)
        answer(running, position, [], rev=3)
        attempt = hand_in(running)
        answer(running, position, ["1", "2", "3"], rev=4, after=70 * MINUTE)
        rows = load_receipts(attempt)
        assert [(row.sequence, row.answer, row.counted) for row in rows] == [
            ("1.2", "B _ A", True),
            ("1.1", "C _ _", False),
            ("1.3", "blank", True),
            ("1.4", "A B C", False),
        ]
        page = web.get(reverse("results:receipts", args=[attempt.pk])).content.decode()
        assert "refused: after the attempt was closed" in page

    def test_they_can_be_downloaded(self, web: Client, running: Attempt) -> None:
        answer_rightly(running, 2)
        address = reverse("results:receipts", args=[hand_in(running).pk])
        response = web.get(address, {"format": "csv"})
        assert response["Content-Type"].startswith("text/csv")
        assert len(response.content.decode().splitlines()) == 3

    def test_there_are_none_while_the_exam_runs(self, web: Client, running: Attempt) -> None:
        response = web.get(reverse("results:receipts", args=[running.pk]))
        assert response["Location"] == running.get_absolute_url()

    @pytest.mark.parametrize("saves", [1, 8])
    def test_they_cost_the_same_statements_however_many_there_are(
        self, web: Client, running: Attempt, saves: int, django_assert_num_queries: Any
    ) -> None:
        answer_rightly(running, saves)
        address = reverse("results:receipts", args=[hand_in(running).pk])
        with django_assert_num_queries(5):
            web.get(address)


def test_links_lead_from_the_report_to_practice_of_a_domain_and_of_what_was_missed(
    web: Client, running: Attempt, exam: Exam
) -> None:
    answer_rightly(running, 4)
    page = web.get(report_of(hand_in(running))).content.decode()
    study = reverse("exams:study", args=[exam.slug])
    assert f'href="{study}?domains=2"' in page
    link = f"{study}?source=missed&attempt={running.pk}&items=9"
    assert link.replace("&", "&amp;") in page
    assert "of 9 matching questions" in web.get(link).content.decode()


class TestHistory:
    def test_it_lists_own_attempts_only(
        self, web: Client, running: Attempt, stranger: User, exam: Exam
    ) -> None:
        hand_in(running)
        others = hand_in(begin(stranger, exam))
        page = web.get(reverse("results:history")).content.decode()
        assert report_of(running) in page
        assert report_of(others) not in page

    def test_it_is_filtered_by_mode(self, web: Client, candidate: User, exam: Exam) -> None:
        mocks = [hand_in(begin(candidate, exam, seed=n), after=MINUTE) for n in range(21)]
        section = make_section(exam)
        study = hand_in(practise(candidate, section, now=mocks[0].started_at), after=MINUTE)
        history = reverse("results:history")
        page = web.get(history).content.decode()
        assert [label in page for label in ("All (22)", "Mock exam (21)", "Study (1)")] == [
            True
        ] * 3
        assert "Half mock" not in page
        of_study = web.get(history, {"mode": "study"}).content.decode()
        assert report_of(study) in of_study
        assert report_of(mocks[0]) not in of_study
        assert "mode=mock&amp;page=2" in web.get(history, {"mode": "mock"}).content.decode()
        unknown = web.get(history, {"mode": "nothing"})
        assert (unknown.status_code, unknown.content.count(b'<th scope="row">')) == (200, 20)

    def test_without_attempts_it_says_what_to_do(self, web: Client) -> None:
        assert "No exams yet." in web.get(reverse("results:history")).content.decode()

    @pytest.mark.parametrize("count", [2, 25])
    def test_it_costs_the_same_statements_however_many_there_are(
        self,
        web: Client,
        candidate: User,
        exam: Exam,
        count: int,
        django_assert_num_queries: Any,
    ) -> None:
        for number in range(count):
            hand_in(begin(candidate, exam, seed=number), after=MINUTE)
        # Session, user, modes, number of rows, rows.
        with django_assert_num_queries(5):
            page = web.get(reverse("results:history"))
        assert page.content.count(b'<th scope="row">') == min(count, 20)


def test_a_stranger_finds_no_report(running: Attempt, stranger: User) -> None:
    hand_in(running)
    web = Client()
    web.force_login(stranger)
    assert web.get(report_of(running)).status_code == 404
    assert web.get(report_of(running) + "q/1/").status_code == 404
    assert web.get(report_of(running) + "receipts/").status_code == 404


def test_somebody_signed_out_is_sent_to_the_sign_in_page(running: Attempt) -> None:
    for address in (report_of(running), report_of(running) + "q/1/", reverse("results:history")):
        assert Client().get(address)["Location"].startswith("/accounts/login/")
