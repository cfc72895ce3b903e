"""Loading and exporting the bank, against Postgres."""

import time
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from questions import bank, export
from questions.blind_checks import BlindCheck
from questions.checking import check_exam
from questions.content import (
    Content,
    ExamContent,
    InvalidContent,
    Question,
)
from questions.kinds import Kind
from questions.models import Exam, NoteSection, QuestionVersion, Task, VersionNote
from questions.models import Question as QuestionRow
from tests.authored import (
    FIXTURES,
    blind_check,
    content,
    exam_content,
    exam_with_skills,
    many_questions,
    options,
    question,
    question_content,
    question_with_all_fields,
    section,
    write,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def load(*questions: Question, **fields: tuple[object, ...]) -> bank.Loaded:
    return bank.load(content(*questions, **fields), now=NOW)  # type: ignore[arg-type]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_load_stores_everything_that_the_files_say() -> None:
    load(question(lint={"echo": "Known."}, enemies=()), question("other"))
    version = QuestionVersion.objects.get(question__slug="orders-move")
    assert (version.number, version.kind, version.task.code) == (1, "choice", "1.1")
    assert version.question.published == version
    assert (version.key, version.key_size, version.source) == (["b"], 1, "file")
    assert [option["id"] for option in version.options] == ["a", "b", "c", "d"]
    assert version.options[1]["html"] == version.options[1]["text"]
    assert version.rationales["a"]["html"].startswith("<p>It copies")
    assert version.lint == {"echo": "Known."}
    assert [link.section.anchor for link in version.versionnote_set.all()] == ["glue"]
    exam = Exam.objects.get()
    assert (exam.code, exam.domains.count()) == ("MLA-C01", 4)
    assert NoteSection.objects.get().html == "<p>All about <strong>glue</strong>.</p>"


def test_loading_twice_changes_nothing() -> None:
    first = load(question(), question("other"))
    second = load(question(), question("other"))
    assert (first.questions.added, first.sections.added) == (("orders-move", "other"), ("glue",))
    assert (second.questions.added, second.questions.changed) == ((), ())
    assert second.questions.unchanged == ("orders-move", "other")
    assert second.sections.unchanged == ("glue",)
    assert QuestionVersion.objects.count() == 2


def test_a_changed_file_makes_the_next_version() -> None:
    load(question())
    outcome = load(question(difficulty=3))
    assert outcome.questions.changed == ("orders-move",)
    row = QuestionRow.objects.get()
    assert row.published is not None
    assert (row.published.number, row.published.difficulty) == (2, 3)
    assert [version.difficulty for version in row.versions.order_by("number")] == [2, 3]


def test_nothing_is_written_when_anything_is_wrong() -> None:
    load(question())
    with pytest.raises(InvalidContent, match="no note section nowhere"):
        load(question(difficulty=3), question("other", notes=("nowhere",)))
    assert QuestionVersion.objects.get().difficulty == 2


def test_a_text_that_cannot_be_rendered_stops_the_load_whole() -> None:
    tangled = [option.model_copy(update={"rationale": "1. " * 900}) for option in options(1)]
    with pytest.raises(InvalidContent, match="other: text: has lists or quotations nested too"):
        load(question(), question("other", options=tuple(tangled)))
    assert not Exam.objects.exists()


def test_a_version_made_in_the_admin_is_reported_and_never_overwritten(author: User) -> None:
    load(question())
    row = QuestionRow.objects.get()
    edited = bank.publish_version(row, question_content(difficulty=1), by=author)
    outcome = load(question(difficulty=3))
    row.refresh_from_db()
    assert outcome.questions.kept == ("orders-move",)
    assert row.published == edited
    assert (edited.number, edited.source, edited.created_by) == (2, "admin", author)


def test_a_file_that_took_over_the_admins_edit_goes_on_from_there(author: User) -> None:
    load(question())
    row = QuestionRow.objects.get()
    bank.publish_version(row, question_content(difficulty=1), by=author)
    assert load(question(difficulty=1)).questions.unchanged == ("orders-move",)
    assert load(question(difficulty=3)).questions.changed == ("orders-move",)


def test_publishing_what_is_published_makes_no_version(author: User) -> None:
    load(question())
    row = QuestionRow.objects.get()
    assert bank.publish_version(row, question_content(), by=author).number == 1
    with pytest.raises(InvalidContent, match="exactly one correct"):
        bank.publish_version(row, question_content(options=options()), by=author)


def test_a_question_whose_file_is_gone_is_reported_and_stays() -> None:
    load(question(), question("other"))
    outcome = load(question())
    assert outcome.questions.removed == ("other",)
    assert QuestionRow.objects.get(slug="other").published is not None


def test_a_section_whose_file_is_gone_stays_marked_until_it_comes_back() -> None:
    both = (section("glue"), section("athena", position=2))
    load(question(), sections=both)
    assert load(question()).sections.removed == ("athena",)
    assert NoteSection.objects.get(anchor="athena").removed_at == NOW
    assert load(question()).sections.removed == ()
    assert load(question(), sections=both).sections.changed == ("athena",)
    assert NoteSection.objects.get(anchor="athena").removed_at is None


def test_a_task_that_questions_belong_to_cannot_vanish() -> None:
    load(question())
    whole = content(question(task="1.2"))
    domains = list(whole.exam.domains)
    domains[0] = domains[0].model_copy(update={"tasks": domains[0].tasks[1:]})
    exam: ExamContent = whole.exam.model_copy(update={"domains": tuple(domains)})
    with pytest.raises(InvalidContent, match=r"lacks task 1\.1, which questions belong to"):
        bank.load(Content(exam, whole.sections, whole.questions), now=NOW)


def test_the_shipped_folders_come_back_byte_for_byte(tmp_path: Path) -> None:
    folders = [FIXTURES / "mla-c01", FIXTURES / "mla-c02"]
    run("load_bank", *map(str, folders))
    for folder in folders:
        exam = Exam.objects.get(slug=folder.name)
        copy = tmp_path / folder.name
        assert export.write_folder(exam, copy) == []
        assert bytes_of(copy) == bytes_of(folder)
    again = run("load_bank", str(tmp_path / "mla-c01"), str(tmp_path / "mla-c02"))
    assert "mla-c01: questions: 0 added, 0 changed" in again
    assert "mla-c01: note sections: 0 added, 0 changed" in again


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_an_export_equals_files_in_the_house_style_byte_for_byte(tmp_path: Path) -> None:
    ordering = {"kind": "ordering", "options": options(), "stem": "Put the steps in order."}
    prompts = tuple({"text": f"Need {match}", "match": match} for match in "cab")
    matching = {"kind": "matching", "options": options(), "prompts": prompts, "stem": "Match."}
    response = {"kind": "response", "options": options(0, 3, size=5), "stem": "Which TWO?"}
    authored = write(
        tmp_path / "authored",
        content(
            question("one", enemies=("two",), lint={"stem-question": "A reason: with #signs."}),
            question("two", **ordering),
            question("three", **matching),
            question("four", **response, notes=("glue", "athena")),
            question("six", also={"twin": "1.2"}),
            question("five", stem="```python\n  x = [1]\n```\n\n- a\n\nWhich fits?"),
            sections=(section("glue", status="Renamed."), section("athena", position=2)),
        ),
    )
    run("load_bank", str(authored), str(write(tmp_path / "twin", twin())))
    run("export_bank", "mla-c01", str(tmp_path / "exported"))
    for path in sorted(authored.rglob("*.*")):
        copy = tmp_path / "exported" / path.relative_to(authored)
        assert copy.read_bytes() == path.read_bytes(), path
    assert "6 unchanged" in run("load_bank", str(tmp_path / "exported"))


def complete() -> Content:
    """A question with every optional field, in an exam with skills and a status."""
    return replace(content(question_with_all_fields()), exam=exam_with_skills())


def test_every_optional_field_comes_back_byte_for_byte(tmp_path: Path) -> None:
    authored = write(tmp_path / "authored", complete())
    run("load_bank", str(authored))
    run("export_bank", "mla-c01", str(tmp_path / "exported"))
    assert bytes_of(tmp_path / "exported") == bytes_of(authored)
    assert "1 unchanged" in run("load_bank", str(tmp_path / "exported"))
    assert export.bank_content(Exam.objects.get()).exam == exam_with_skills()


def test_what_an_option_tempts_with_is_stored_with_the_rationales_only() -> None:
    bank.load(complete(), now=NOW)
    version = QuestionVersion.objects.get()
    assert version.rationales["a"]["tempts"] == "nightly copies"
    assert "tempts" not in version.rationales["b"]
    assert {frozenset(option) for option in version.options} == {frozenset({"id", "text", "html"})}
    assert version.titled_references == [
        ("https://docs.aws.amazon.com/glue/", ""),
        ("https://docs.aws.amazon.com/athena/", "What is: Athena?"),
    ]
    assert version.skills == {"mla-c01": ["1.1.2", "1.1.1"]}
    assert version.versionnote_set.get().passage == "All about glue."


def test_a_version_that_older_code_stored_has_no_titles_and_no_skills() -> None:
    """Servers of the release before may go on writing while a new one starts."""
    load(question())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO questions_questionversion (question_id, number, kind, task_id,"
            " difficulty, stem, stem_html, options, prompts, rationales, key, key_size,"
            ' "references", verified, enemies, lint, digest, source, created_at)'
            " SELECT question_id, 2, kind, task_id, 3, stem, stem_html, options, prompts,"
            ' rationales, key, key_size, "references", verified, enemies, lint, digest, source,'
            " now() FROM questions_questionversion"
        )
        cursor.execute(
            "INSERT INTO questions_versionnote (version_id, section_id, position)"
            " SELECT version.id, link.section_id, 0 FROM questions_versionnote link,"
            " questions_questionversion version WHERE version.number = 2"
        )
    version = QuestionVersion.objects.get(number=2)
    assert version.titled_references == [("https://docs.aws.amazon.com/glue/", "")]
    assert export.question_content(version) == question_content(difficulty=3)


def test_the_skills_of_a_task_are_those_of_the_file() -> None:
    bank.load(complete(), now=NOW)
    task = Task.objects.get(code="1.1")
    assert task.skills == [
        {"code": "1.1.1", "title": "Skill 1"},
        {"code": "1.1.2", "title": "Skill 2"},
    ]
    with pytest.raises(InvalidContent, match=r"task 1\.1 has no skill 1\.1\.2"):
        bank.load(content(question_with_all_fields()), now=NOW)
    load(question())
    task.refresh_from_db()
    assert (task.skills, Exam.objects.get().status) == ([], None)


def test_skills_may_be_those_of_another_exam(author: User) -> None:
    other = exam_with_skills().model_copy(update={"slug": "twin", "code": "TWIN"})
    bank.load(Content(other, (), ()), now=NOW)
    load(question())
    served = question_content(also={"twin": "2.1"}, skills={"twin": ("2.1.1",)})
    bank.publish_version(QuestionRow.objects.get(), served, by=author)
    wrong = question_content(also={"twin": "2.1"}, skills={"twin": ("1.1.1",)})
    with pytest.raises(InvalidContent, match=r"task 2\.1 has no skill 1\.1\.1"):
        bank.publish_version(QuestionRow.objects.get(), wrong, by=author)


def test_publishing_is_warned_when_the_note_lost_the_passage() -> None:
    bank.load(complete(), now=NOW)
    exam = Exam.objects.get()
    assert bank.check(exam, question_with_all_fields()) == []
    exam.note_sections.update(body="Another text.")
    (finding,) = bank.check(exam, question_with_all_fields())
    assert (finding.rule, finding.is_error) == ("passage", False)
    (checked,) = check_exam(exam).questions
    assert [finding.rule for finding in checked.findings] == ["passage"]


def twin() -> Content:
    """Another exam without questions of its own, which asks choice questions only."""
    exam = exam_content().model_copy(
        update={"slug": "twin", "code": "TWIN", "kinds": (Kind.CHOICE,)}
    )
    return Content(exam, (), ())


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_questions_find_tasks_of_other_exams_whatever_folder_comes_first(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    write(tmp_path / "first", content(question(also={"twin": "1.2"})))
    write(tmp_path / "second", twin())
    run("load_bank", *(str(tmp_path / name) for name in order))
    version = QuestionVersion.objects.get()
    assert [(t.domain.exam.slug, t.code) for t in version.also.all()] == [("twin", "1.2")]
    assert "1 unchanged" in run("load_bank", str(tmp_path / "first"))


def test_tasks_of_other_exams_go_with_each_version(author: User) -> None:
    bank.load(twin(), now=NOW)
    load(question(also={"twin": "1.2"}))
    row = QuestionRow.objects.get()
    written = export.written(row.versions.get())
    edited = question_content(**(written | {"difficulty": 3}))
    version = bank.publish_version(row, edited, by=author)
    assert [task.code for task in version.also.all()] == ["1.2"]
    assert load(question(also={"twin": "2.1"})).questions.kept == ("orders-move",)


def test_a_task_that_guests_serve_cannot_vanish() -> None:
    bank.load(twin(), now=NOW)
    load(question(also={"twin": "1.2"}))
    first, *rest = twin().exam.domains
    domains = (first.model_copy(update={"tasks": first.tasks[:1]}), *rest)
    exam = twin().exam.model_copy(update={"domains": domains})
    with pytest.raises(InvalidContent, match=r"lacks task 1\.2, which questions belong to"):
        bank.load(Content(exam, (), ()), now=NOW)


def test_the_record_of_blind_checks_is_that_of_the_files() -> None:
    def loaded(*rows: BlindCheck) -> tuple[BlindCheck, ...]:
        bank.load(replace(content(question(), question("other")), checks=rows), now=NOW)
        return export.blind_checks_of(Exam.objects.get())

    first, other = blind_check("orders-move"), blind_check("other", verdict="unclear")
    assert loaded(first, other, blind_check("stray")) == (first, other)
    changed = blind_check("other", changed="Mended.")
    assert loaded(changed) == (changed,)


def test_load_bank_loads_all_folders_or_none(tmp_path: Path) -> None:
    good = write(tmp_path / "good", content(question()))
    bad = write(tmp_path / "bad", content(question("other")))
    (bad / "questions/glue/other.yaml").write_text("kind: choice\n")
    with pytest.raises(CommandError, match=r"other\.yaml: stem: is missing"):
        run("load_bank", str(good), str(bad))
    assert not Exam.objects.exists()


def test_load_bank_passes_over_what_it_loaded_last(tmp_path: Path) -> None:
    folder = write(tmp_path, content(question()))
    assert "1 added" in run("load_bank", str(folder), "--if-changed")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert "already" in run("load_bank", str(folder), "--if-changed")
    assert len(queries) <= 1 + 2  # one look, inside a transaction
    path = folder / "questions/glue/orders-move.yaml"
    path.write_text(path.read_text().replace("difficulty: 2", "difficulty: 1"))
    assert "1 changed" in run("load_bank", str(folder), "--if-changed")


def test_lint_bank_fails_on_errors_and_prints_warnings(tmp_path: Path) -> None:
    folder = write(tmp_path, content(question(stem="No question.")))
    assert "[warning stem-question]" in run("lint_bank", str(folder))
    write(tmp_path, content(question(options=options())))
    with pytest.raises(CommandError, match="1 errors"):
        run("lint_bank", str(folder))


@pytest.mark.parametrize("field", ["stem", "key", "rationales", "number", "digest", "verified"])
def test_a_stored_version_never_changes(field: str) -> None:
    load(question())
    changed = {
        "stem": "x",
        "key": ["a"],
        "rationales": {},
        "number": 7,
        "digest": "",
        "verified": "2020-01-01",
    }
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        QuestionVersion.objects.update(**{field: changed[field]})
    assert QuestionVersion.objects.get().number == 1


def test_who_made_a_version_may_be_forgotten(author: User) -> None:
    load(question())
    bank.publish_version(QuestionRow.objects.get(), question_content(difficulty=1), by=author)
    author.delete()
    assert QuestionVersion.objects.get(number=2).created_by is None


def test_poison_is_stored_as_text_and_shown_as_none() -> None:
    stem = "A page holds `<script>alert(1)</script>` and [a link](javascript:alert(1)).\nWhy?"
    load(question(stem=stem, options=options(1)))
    version = QuestionVersion.objects.get()
    assert version.stem == stem
    assert "<script" not in version.stem_html
    assert "javascript" not in version.stem_html


def queries_to_load(count: int) -> int:
    with CaptureQueriesContext(connection) as queries:
        load(*many_questions(count))
    return len(queries)


def test_queries_do_not_grow_with_the_questions() -> None:
    few = queries_to_load(10)
    Exam.objects.get().questions.all().update(published=None)
    QuestionRow.objects.all().delete()
    assert queries_to_load(200) <= few


def test_thousands_of_questions_load_within_seconds() -> None:
    everything = many_questions(2000)
    started = time.process_time()
    load(*everything)
    assert time.process_time() - started < 30
    assert VersionNote.objects.count() == 2000
    assert QuestionRow.objects.filter(published__isnull=False).count() == 2000


def test_images_of_the_folder_travel_through_load_and_export(
    tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    part = section(body="![Net](net%20one.png) and ![Gone](gone.png)")
    folder = write(tmp_path / "authored", content(question(), sections=(part,)))
    (folder / "images").mkdir()
    Image.new("RGB", (8, 4)).save(folder / "images/net one.png")
    assert "image gone.png: no such file" in run("load_bank", str(folder))
    html = NoteSection.objects.get().html
    assert 'height="4" src="/media/notes/' in html
    run("export_bank", "mla-c01", str(tmp_path / "exported"))
    assert "0 changed, 1 unchanged" in run("load_bank", str(tmp_path / "exported"))
    assert NoteSection.objects.get().html == html


def test_an_export_tells_what_it_found_there_already(tmp_path: Path) -> None:
    run("load_bank", str(write(tmp_path / "authored", content(question()))))
    folder = write(tmp_path / "exported", content(question("stray")))
    told = run("export_bank", "mla-c01", str(folder))
    assert told == "questions/glue/stray.yaml: was there already and is not in the bank\n"
    with pytest.raises(CommandError, match="There is no exam nothing"):
        run("export_bank", "nothing", str(folder))
