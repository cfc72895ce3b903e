"""An exam's folder read whole: every problem of every file is collected. Pure: no Django."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from questions import blind_checks, diagrams, options_only
from questions.check_records import R, Record
from questions.content.blueprint import blueprint_problems
from questions.content.fields import is_slug
from questions.content.parsing import parse, parse_section
from questions.content.problems import InvalidContent, Problem
from questions.content.schema import Content, ExamContent, Question, QuestionContent, Section

FILE_LIMIT = 200_000
_NOTE_FILE = re.compile(r"(\d{1,4})-([\w-]+)\.md\Z")


@dataclass(slots=True)
class _Reading:
    """One pass over a folder: collects the problems instead of stopping at the first."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def report(self, file: str, field_name: str, message: str) -> None:
        self.problems.append(Problem(file, field_name, message))

    def text(self, path: Path) -> str | None:
        file = self.name(path)
        try:
            raw = path.read_bytes()
            text = raw.decode()
        except (OSError, UnicodeDecodeError) as problem:
            self.report(file, "file", f"cannot be read: {problem}")
            return None
        if len(raw) > FILE_LIMIT:
            self.report(file, "file", f"has {len(raw):,} bytes; at most {FILE_LIMIT:,} are allowed")
            return None
        return text.replace("\r\n", "\n")

    def name(self, path: Path) -> str:
        return str(PurePosixPath(path.relative_to(self.folder)))


def read_folder(folder: Path) -> Content:
    """The content of an exam folder. Raises InvalidContent with all problems of all files."""
    reading = _Reading(folder)
    exam = _read_exam(reading)
    sections = tuple(_read_sections(reading))
    questions = tuple(_read_questions(reading))
    drawings = dict(_read_drawings(reading))
    checks = _read_record(reading, blind_checks.RECORD)
    picks = _read_record(reading, options_only.RECORD)
    if reading.problems or exam is None:
        raise InvalidContent(sorted(reading.problems))
    return Content(
        exam=exam,
        sections=sections,
        questions=questions,
        images=folder / "images",
        digest=folder_digest(folder),
        drawings=drawings,
        checks=checks,
        options_only=picks,
    )


def read_exam(folder: Path) -> ExamContent:
    """``exam.yaml`` of a folder alone. Raises InvalidContent."""
    reading = _Reading(folder)
    exam = _read_exam(reading)
    if exam is None:
        raise InvalidContent(reading.problems)
    return exam


def folder_digest(folder: Path) -> str:
    """SHA-256, in hex, of the names and bytes of every content file in ``folder``."""
    digest = hashlib.sha256()
    for path in content_files(folder):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def content_files(folder: Path) -> list[Path]:
    """Every file of ``folder`` that is read as content, in a fixed order."""
    names = ("exam.yaml", blind_checks.RECORD.file, options_only.RECORD.file)
    single = [folder / name for name in names]
    present = [path for path in single if path.is_file()]
    return present + _files(folder, "notes", "images", "questions")


def _files(folder: Path, *parts: str) -> list[Path]:
    """All files in these parts of ``folder``, hidden ones left out, in a fixed order."""
    found = [path for part in parts for path in (folder / part).rglob("*") if path.is_file()]
    return sorted(path for path in found if not path.name.startswith("."))


def _read_exam(reading: _Reading) -> ExamContent | None:
    path = reading.folder / "exam.yaml"
    text = reading.text(path)
    if text is None:
        return None
    exam, problems = parse(ExamContent, text, file="exam.yaml")
    problems += list(blueprint_problems(exam)) if exam else []
    reading.problems += problems
    return None if problems else exam


def _read_sections(reading: _Reading) -> Iterator[Section]:
    anchors: dict[str, str] = {}
    for path in _files(reading.folder, "notes"):
        file = reading.name(path)
        named = _NOTE_FILE.match(path.name)
        if not named:
            reading.report(file, "file", "is not named like 07-anchor.md")
            continue
        if (first := anchors.setdefault(named[2], file)) != file:
            reading.report(file, "file", f"has the same anchor as {first}")
        if (text := reading.text(path)) is not None:
            section, problems = parse_section(text, position=int(named[1]), file=file)
            reading.problems += problems
            if section:
                yield section


def _read_questions(reading: _Reading) -> Iterator[Question]:
    slugs: dict[str, str] = {}
    for path in _files(reading.folder, "questions"):
        file = reading.name(path)
        if path.suffix != ".yaml" or not is_slug(path.stem):
            reading.report(file, "file", "is not named like short-slug.yaml")
            continue
        if (first := slugs.setdefault(path.stem, file)) != file:
            reading.report(file, "file", f"has the same slug as {first}")
        if (text := reading.text(path)) is not None:
            content, problems = parse(QuestionContent, text, file=file)
            reading.problems += problems
            if content:
                yield Question(path.stem, content, file)


def _read_drawings(reading: _Reading) -> Iterator[tuple[str, str]]:
    for path in _files(reading.folder, "images"):
        file = reading.name(path)
        if path.suffix.lower() != ".svg":
            continue
        if path.parent.name != "images" or not diagrams.NAME.match(path.name):
            reading.report(file, "file", "is not named like images/short-name.svg")
            continue
        if (source := reading.text(path)) is not None:
            found = diagrams.problems(source)
            reading.problems += [Problem(file, where, message) for where, message in found]
            yield path.name, source


def _read_record(reading: _Reading, record: Record[R]) -> tuple[R, ...]:
    path = reading.folder / record.file
    text = reading.text(path) if path.exists() else None
    if text is None:
        return ()
    rows, found = record.parse(text)
    reading.problems += [Problem(record.file, where, message) for where, message in found]
    return rows
