import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from questions import blind_checks
from questions.content import (
    ExamContent,
    ExamStatus,
    InvalidContent,
    QuestionContent,
    dump_exam,
    dump_question,
    dump_section,
    folder_digest,
    parse,
    parse_section,
    read_folder,
)
from questions.kinds import Kind
from tests.authored import (
    FIXTURES,
    content,
    exam_content,
    exam_with_skills,
    options,
    question,
    question_content,
    question_with_all_fields,
    write,
)

GOOD = dump_question(question_content())


def problems_of(text: str) -> list[str]:
    _, problems = parse(QuestionContent, text, file="q.yaml")
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind: choice", "kind: chioce", "kind: 'chioce' is unknown; it must be choice, response"),
        ('task: "1.1"', "task: 3.10", "task: must be text, but was read as the number 3.1; write"),
        ('task: "1.1"', "task:", "task: is empty"),
        ('task: "1.1"\n', "", "task: is missing"),
        ('task: "1.1"', 'task: "1.1"\ntask: "1.2"', "task: stands twice (line 3)"),
        ("notes: [glue]", "notes: glue", "notes: must be a list, but was read as the text 'glue'"),
        ("notes: [glue]", "notes: []", "notes: is an empty list"),
        ("notes: [glue]", "notes: [glue, glue]", "notes: 'glue' stands twice"),
        ("difficulty: 2", "difficulty: 4", "difficulty: must be 1 (recall), 2 (apply) or 3"),
        ("difficulty: 2", "difficulty: true", "difficulty: must be a whole number, but was read"),
        ("difficulty: 2", 'difficulty: "2"', "difficulty: must be a whole number, but was read"),
        ("stem: |", "stm: |", "stm: is not a field here; do you mean stem?"),
        ("    rationale: |", "    rational: |", "rational: is not a field here; do you mean rat"),
        ("correct: true", "correct: yes", "correct: must be true or false, but was read as the t"),
        ("- id: a", "- id: 1", "options[0].id: must be text, but was read as the number 1"),
        ("https://docs", "http://docs", "is not the address of a page (https://…)"),
        (
            "2026-11-23",
            '"2026-11-23"',
            "verified: must be a date such as 2026-11-23 without quotes",
        ),
        ("2026-11-23", "2026-13-23", "yaml: has a value that cannot be read: month must be in"),
        ("2026-11-23", "2026-11-23T10:00:00", "verified: must be a date such as 2026-11-23"),
        ("kind: choice", "kind: [choice", "line 2: is not YAML"),
        ("kind: choice", "kind: !!python/object:os.system x", "line 1: is not YAML: could not"),
        ("kind: choice", "- choice", "is not YAML"),
        ("difficulty: 2", "difficulty: 2\nlint: [echo]", "lint: must be fields with values, but"),
        ("difficulty: 2", "difficulty: 2\nenemies: [A B]", "enemies[0]: 'A B' is no name: use"),
        ("difficulty: 2", "difficulty: 2\nskills: {x: []}", "skills.x: is an empty list"),
        (
            "difficulty: 2",
            "difficulty: 2\nskills: {x: [1.2]}",
            "skills.x[0]: must be text, but was",
        ),
        ("difficulty: 2", "difficulty: 2\nskills: [1]", "skills: must be fields with values, but"),
        (
            "difficulty: 2",
            'difficulty: 2\nskills: {x: ["1.1.1", "1.1.1"]}',
            "skills.x: '1.1.1' stands twice",
        ),
        ("difficulty: 2", "difficulty: 2\npassages: {glue: }", "passages.glue: is empty"),
        (
            "difficulty: 2",
            f"difficulty: 2\npassages: {{glue: {'x' * 301}}}",
            "passages.glue: has 301 characters; at most 300 are allowed",
        ),
        ("correct: true", 'correct: true\n    tempts: ""', "tempts: is empty"),
        (
            "correct: true",
            f"correct: true\n    tempts: {'x' * 61}",
            "tempts: has 61 characters; at",
        ),
        ("correct: true", 'correct: true\n    tempts: "a\\nb"', "tempts: must be one line"),
        ("correct: true", "correct: true\n    tempt: x", "tempt: is not a field here; do you mean"),
        ("- https://docs", "- url: https://docs", "references[0].title: is missing"),
        (
            "- https://docs.aws.amazon.com/glue/",
            "- {url: ftp://x.org, title: X}",
            "references[0].url: 'ftp://x.org' is not the address of a page",
        ),
        (
            "- https://docs.aws.amazon.com/glue/",
            "- {url: https://x.org, title: X, page: 1}",
            "references[0].page: is not a field here",
        ),
        ("- https://docs.aws.amazon.com/glue/", "- 1", "references[0]: must be text, but was read"),
        ("A shop", "[" * 5000, "stem: has 5,000 times [, too many of them"),
        ("A shop", "x" * 10_001, "stem: has 10,"),
    ],
)
def test_a_mistake_is_told_in_the_authors_words(old: str, new: str, problem: str) -> None:
    assert old in GOOD
    told = problems_of(GOOD.replace(old, new, 1))
    assert any(problem in line for line in told), told
    assert all(line.startswith("q.yaml: ") for line in told)


@pytest.mark.parametrize(
    "text", ["", "- 1", "[" * 3000, "&a [*a]", "\x00", "? [a]\n: 1", "x: \x01", "%", "a: b: c"]
)
def test_a_file_of_nonsense_is_a_problem_not_a_crash(text: str) -> None:
    assert problems_of(text)


@pytest.mark.parametrize("escape", ["\\0", "\\ud800", "\\u2028", "\\x7f", "\\uFEFF"])
def test_a_character_that_storage_or_lines_cannot_take_is_told(escape: str) -> None:
    text = re.sub(r"stem: \|\n(  .*\n)+", f'stem: "a{escape * 2}b"\n'.replace("\\", r"\\"), GOOD)
    assert any("stem: contains the invisible character U+" in line for line in problems_of(text))


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path, content(question("one"), question("two")))
    (folder / "exam.yaml").write_text((folder / "exam.yaml").read_text().replace("28", "29"))
    (folder / "notes/01-glue.md").write_text("no front matter")
    for slug in ("one", "two"):
        (folder / f"questions/glue/{slug}.yaml").write_text("kind: choice\n")
    with pytest.raises(InvalidContent) as invalid:
        read_folder(folder)
    told = {(problem.file, problem.field) for problem in invalid.value.problems}
    assert ("exam.yaml", "domains") in told
    assert ("notes/01-glue.md", "front matter") in told
    assert {("questions/glue/one.yaml", "stem"), ("questions/glue/two.yaml", "stem")} <= told


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("questions/glue/Orders.yaml", "is not named like short-slug.yaml"),
        ("questions/glue/orders.yml", "is not named like short-slug.yaml"),
        ("questions/athena/orders-move.yaml", "has the same slug as"),
        ("notes/glue.md", "is not named like 07-anchor.md"),
        ("notes/02-glue.md", "has the same anchor as notes/01-glue.md"),
    ],
)
def test_a_file_that_would_be_passed_over_is_a_problem(
    tmp_path: Path, name: str, problem: str
) -> None:
    folder = write(tmp_path, content(question()))
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("---\n---\n# Glue\n\nText.\n" if name.endswith(".md") else GOOD)
    with pytest.raises(InvalidContent, match=problem):
        read_folder(folder)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("weight: 28", "weight: 30", "weights add up to 102, not 100"),
        ("scored_items: 50", "scored_items: 66", "scored_items: must be between 1 and items"),
        ("minutes: 130", "minutes: 0", "minutes: must be at least 1"),
        ("pass_mark: 720", "pass_mark: 100", "pass_mark: must lie above scale_min"),
        ('code: "1.2"', 'code: "1.1"', "task 1.1 stands twice"),
        ('- code: "2"', '- code: "1"', "domain 1 stands twice"),
        ("kinds: [choice", "kinds: [essay", "'essay' is unknown; it must be choice"),
        ('code: "1.1.2"', 'code: "1.2.1"', "domains: skill 1.2.1 stands twice"),
        ("title: Skill 1", "titel: Skill 1", "titel: is not a field here; do you mean title"),
        ("label: current (beta)", f"label: {'x' * 41}", "status.label: has 41 characters"),
        ("  bookable: true\n", "", "status.bookable: is missing"),
        ("bookable: true", "bookable: soon", "status.bookable: must be true or false"),
        ("bookable: true", "bookabel: true", "bookabel: is not a field here; do you mean bookable"),
        ("[English, Japanese]", "[English, English]", "status.languages: 'English' stands twice"),
        ("since: 2026-09-29", "since: 29 September", "status.since: must be a date such as"),
        (
            "since: 2026-09-29",
            "since: 2026-09-29\n  until: 2026-09-28",
            "status.until: must not be before since",
        ),
    ],
)
def test_a_wrong_blueprint_is_told(tmp_path: Path, old: str, new: str, problem: str) -> None:
    folder = write(tmp_path, replace(content(), exam=exam_with_skills()))
    assert old in (folder / "exam.yaml").read_text()
    path = folder / "exam.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InvalidContent, match=re.escape(problem)):
        read_folder(folder)


@pytest.mark.parametrize(
    ("fields", "bookable"),
    [
        ({}, True),
        ({"bookable": False}, False),
        ({"until": date(2026, 11, 23)}, True),
        ({"until": date(2026, 11, 22)}, False),
        ({"since": date(2027, 1, 14)}, True),
    ],
)
def test_an_exam_can_be_booked_until_its_last_day(fields: dict[str, Any], bookable: bool) -> None:
    given: dict[str, Any] = {"label": "current", "bookable": True}
    status = ExamStatus(**(given | fields))
    assert status.is_bookable(today=date(2026, 11, 23)) is bookable


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# Glue\n", "front matter: is missing"),
        ("---\ntasks: [1.1]\n---\n# Glue\n\nx", "tasks[0]: must be text, but was read as the n"),
        ("---\nstate: x\n---\n# Glue\n\nx", "state: is not a field here"),
        ("---\n---\nText without a title.", "title: is missing: start the text with # Title"),
        ("---\n---\n# " + "x" * 201 + "\n\ny", "has more than 200 characters"),
        ("---\n---\n# Glue\n\n" + "y" * 100_001, "Glue: has 100,002 characters; at most 100,000"),
    ],
)
def test_a_wrong_note_file_is_told(text: str, problem: str) -> None:
    section, problems = parse_section(text, position=1, file="notes/01-glue.md")
    assert section is None
    assert any(problem in str(told) for told in problems), problems


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({}, ("b",)),
        ({"kind": "ordering"}, ("a", "b", "c", "d")),
        (
            {"kind": "matching", "prompts": ({"text": "x", "match": "c"},)},
            ("c",),
        ),
    ],
)
def test_the_key_follows_from_what_the_author_marked(
    fields: dict[str, Any], key: tuple[str, ...]
) -> None:
    assert question_content(**fields).key == key


def test_the_digest_covers_every_field() -> None:
    base = question_content()
    others = [
        question_content(difficulty=3),
        question_content(lint={"echo": "because"}),
        question_content(enemies=("other",)),
        question_content(options=base.options[::-1]),
        question_content(also={"other": "1.1"}),
        question_content(skills={"other": ("1.1.1",)}),
        question_content(passages={"glue": "All about glue."}),
        question_content(options=question_with_all_fields().content.options),
        question_content(references=question_with_all_fields().content.references),
    ]
    assert len({base.digest, *(other.digest for other in others)}) == 10
    assert question_content().digest == base.digest


def test_every_optional_field_reads_back_as_it_was_written() -> None:
    complete = question_with_all_fields().content
    read, problems = parse(QuestionContent, dump_question(complete), file="q.yaml")
    assert (read, problems) == (complete, [])
    assert complete.addresses == (
        "https://docs.aws.amazon.com/glue/",
        "https://docs.aws.amazon.com/athena/",
    )
    assert complete.reference_titles == ("", "What is: Athena?")


def test_skills_and_status_of_an_exam_read_back_as_they_were_written() -> None:
    exam = exam_with_skills()
    read, problems = parse(ExamContent, dump_exam(exam), file="exam.yaml")
    assert (read, problems) == (exam, [])
    assert exam.skill_codes["3.2"] == ("3.2.1", "3.2.2")


def test_the_order_of_other_exams_says_nothing() -> None:
    one, other = {"a": "1.1", "b": "1.2"}, {"b": "1.2", "a": "1.1"}
    assert question_content(also=one).digest == question_content(also=other).digest


def test_the_digest_of_before_a_field_came_stays_right() -> None:
    """A loaded bank knows questions by their digests: a new field must not change them all."""
    known = "067e1d0b7a1c8a7799b57e5ff675aed8e6fd5e56a4a26119c315139db67b5828"
    assert question_content().digest == known


def test_what_a_blind_checker_judges_has_a_digest_of_its_own() -> None:
    base = question_content()
    unseen = [
        question_content(difficulty=3, task="2.1", also={"other": "1.1"}, lint={"echo": "x"}),
        question_content(options=base.options[::-1]),
        question_with_all_fields().content,
        question_content(
            options=tuple(
                option.model_copy(update={"id": option.id * 2, "rationale": "Another."})
                for option in base.options
            )
        ),
    ]
    assert {other.judged_digest for other in unseen} == {base.judged_digest}
    seen = [
        question_content(stem="Which one?"),
        question_content(options=options(2)),
        question_content(kind="ordering", options=options()),
        question_content(kind="ordering", options=options()[::-1]),
        question_content(options=options(1)[:3]),
    ]
    assert len({base.judged_digest, *(other.judged_digest for other in seen)}) == 6


def test_the_digest_of_a_folder_covers_names_and_bytes(tmp_path: Path) -> None:
    folder = write(tmp_path, content(question()))
    digests = [folder_digest(folder), folder_digest(folder)]
    path = folder / "questions/glue/orders-move.yaml"
    path.write_text(path.read_text() + "\n")
    digests.append(folder_digest(folder))
    path.rename(path.with_name("orders-gone.yaml"))
    digests.append(folder_digest(folder))
    assert len(set(digests)) == 3
    assert digests[0] == digests[1]


def test_the_shipped_exam_is_mla_c01() -> None:
    exam = exam_content()
    assert (exam.slug, exam.items, exam.scored_items, exam.minutes) == ("mla-c01", 65, 50, 130)
    assert (exam.scale_min, exam.scale_max, exam.pass_mark) == (100, 1000, 720)
    assert [domain.weight for domain in exam.domains] == [28, 26, 22, 24]
    assert len(exam.task_codes) == 12
    assert set(exam.kinds) == set(Kind)
    assert "28 September 2026" in exam.notice


def test_the_shipped_files_are_as_the_writer_writes_them() -> None:
    for folder in sorted(path.parent for path in FIXTURES.glob("*/exam.yaml")):
        shipped = read_folder(folder)
        texts = {"exam.yaml": dump_exam(shipped.exam)}
        texts |= {section.file: dump_section(section) for section in shipped.sections}
        texts |= {q.file: dump_question(q.content) for q in shipped.questions}
        if shipped.checks:
            texts[blind_checks.FILE] = blind_checks.dump(shipped.checks)
        for file, text in texts.items():
            assert (folder / file).read_text() == text, f"{folder.name}/{file}"
