"""The one place that writes to the bank: loading folders, publishing versions, importing notes.

Authored content has two homes, files and the admin. ``loaded_digest`` remembers what a file said
when it was last loaded, so that a load can tell on which side a change was made: it takes changes
of files, reports changes of the admin, and never overwrites one with the other.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from questions import blind_checks, export, images, lint, notes, rendering
from questions import content as files
from questions.blind_checks import BlindCheck
from questions.content import InvalidContent, Problem, QuestionContent, Section
from questions.kinds import Kind
from questions.models import BlindCheck as BlindCheckRow
from questions.models import (
    Domain,
    Exam,
    GuestTask,
    NoteImage,
    NoteSection,
    Question,
    QuestionVersion,
    Task,
    VersionNote,
)

BATCH = 500
_LOAD_LOCK = 0x62616E6B  # any number, the same in every process


@dataclass(frozen=True, slots=True)
class Changes:
    """What a load or an import did, by anchor or slug; ``kept`` was newer than the files."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageReport:
    """The images that notes refer to: those found, and those not with the reason."""

    found: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of loading one folder. ``questions.removed`` lost their file, nothing else."""

    exam: str
    sections: Changes
    questions: Changes
    images: ImageReport


@dataclass(frozen=True, slots=True)
class Imported:
    """The outcome of importing a notes file."""

    sections: Changes
    images: ImageReport


# ---- Loading -----------------------------------------------------------------------------------


def load(content: files.Content, *, now: datetime) -> Loaded:
    """As ``load_all``, of one folder."""
    (loaded,) = load_all([content], now=now)
    return loaded


@transaction.atomic
def load_all(contents: Sequence[files.Content], *, now: datetime) -> list[Loaded]:
    """Bring the bank in line with ``contents``; loading the same again changes nothing.

    All blueprints come before all questions, which may serve tasks of several exams. Takes a
    constant number of queries per folder and 500 new versions. Raises InvalidContent, with
    nothing written, when anything has errors.
    """
    if not contents:
        return []
    _wait_for_other_loads()
    loading = {c.exam.slug: lint.OtherExam.of(c.exam) for c in contents}
    others = other_exams() | loading
    _refuse_errors(f for content in contents for f in lint.errors(content, others))
    exams = [_store_exam(content.exam) for content in contents]
    blueprints = [
        _store_blueprint(exam, content.exam) for exam, content in zip(exams, contents, strict=True)
    ]
    return [
        _load_content(exam, content, tasks=tasks, now=now)
        for exam, content, tasks in zip(exams, contents, blueprints, strict=True)
    ]


def _load_content(
    exam: Exam, content: files.Content, *, tasks: Mapping[str, Task], now: datetime
) -> Loaded:
    """Sections, questions and the record of their checks, when every blueprint is stored."""
    sections, report = _load_sections(exam, content, tasks=tasks, now=now)
    questions = _load_questions(exam, content.questions, tasks=tasks)
    _load_checks(exam, content.checks)
    Exam.objects.filter(pk=exam.pk).update(content_digest=content.digest)
    return Loaded(exam.slug, sections, questions, report)


def is_loaded(folder: Path) -> bool:
    """Whether the bank was last loaded from exactly these files."""
    slug = files.read_exam(folder).slug
    return Exam.objects.filter(slug=slug, content_digest=files.folder_digest(folder)).exists()


def _refuse_errors(findings: Iterable[lint.Finding]) -> None:
    problems = [Problem(f.file, f.field, f.message) for f in findings if f.is_error]
    if problems:
        raise InvalidContent(problems)


def _wait_for_other_loads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOAD_LOCK])


def _store_exam(exam: files.ExamContent) -> Exam:
    fields = exam.model_dump(mode="json", exclude={"domains"})
    row = Exam(**fields)
    Exam.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=[name for name in fields if name != "slug"],
    )
    return row


def _store_blueprint(exam: Exam, content: files.ExamContent) -> dict[str, Task]:
    """Domains and tasks as ``content`` has them; returns the tasks by code."""
    domains = Domain.objects.bulk_create(
        [Domain(exam=exam, code=d.code, title=d.title, weight=d.weight) for d in content.domains],
        update_conflicts=True,
        unique_fields=["exam", "code"],
        update_fields=["title", "weight"],
    )
    tasks = Task.objects.bulk_create(
        [
            Task(domain=row, code=task.code, title=task.title)
            for row, domain in zip(domains, content.domains, strict=True)
            for task in domain.tasks
        ],
        update_conflicts=True,
        unique_fields=["domain", "code"],
        update_fields=["title"],
    )
    _drop_vanished_tasks(exam, {task.pk for task in tasks})
    exam.domains.exclude(pk__in=[domain.pk for domain in domains]).delete()
    return {task.code: task for task in tasks}


def _drop_vanished_tasks(exam: Exam, present: set[int]) -> None:
    vanished = Task.objects.filter(domain__exam=exam).exclude(pk__in=present)
    used = vanished.filter(Q(versions__isnull=False) | Q(guests__isnull=False)).distinct()
    if problems := [
        Problem("exam.yaml", "domains", f"lacks task {task.code}, which questions belong to")
        for task in used
    ]:
        raise InvalidContent(problems)
    vanished.delete()


# ---- Questions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Held:
    """A question as the bank holds it, locked: what is published, how far versions count."""

    row: Question
    published_digest: str = ""
    latest: int = 0


def _load_questions(
    exam: Exam, questions: Sequence[files.Question], *, tasks: Mapping[str, Task]
) -> Changes:
    held = _lock_questions(exam)
    sides = {q.slug: _newer_side(held.get(q.slug), q.content.digest) for q in questions}
    to_write = [q for q in questions if sides[q.slug] in ("added", "changed")]
    held |= _create_missing(exam, [q.slug for q in to_write if q.slug not in held])
    _write_versions(exam, to_write, held=held, tasks=tasks)
    _remember_agreement([q for q in questions if sides[q.slug] == "unchanged"], held)
    lost = {slug for slug, question in held.items() if question.row.loaded_digest} - sides.keys()
    return Changes(**_by_side(sides), removed=tuple(sorted(lost)))


def _lock_questions(exam: Exam) -> dict[str, _Held]:
    versions = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number")
    rows = (
        exam.questions.select_for_update(of=("self",))
        .annotate(published_digest=Coalesce(F("published__digest"), Value("")))
        .annotate(latest=Coalesce(Subquery(versions.values("number")[:1]), 0))
    )
    return {row.slug: _Held(row, row.published_digest, row.latest) for row in rows}


def _newer_side(held: _Held | None, digest: str) -> str:
    """What loading a file with this digest means for the question."""
    if held is None:
        return "added"
    if held.published_digest == digest:
        return "unchanged"
    edited_in_admin = held.published_digest != held.row.loaded_digest
    return "kept" if edited_in_admin else "changed"


def _by_side(sides: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    names = ("added", "changed", "unchanged", "kept")
    return {name: tuple(key for key, side in sides.items() if side == name) for name in names}


def _create_missing(exam: Exam, slugs: Iterable[str]) -> dict[str, _Held]:
    rows = [Question(exam=exam, slug=slug) for slug in slugs]
    created = Question.objects.bulk_create(rows, batch_size=BATCH)
    return {row.slug: _Held(row) for row in created}


def _write_versions(
    exam: Exam,
    questions: Sequence[files.Question],
    *,
    held: Mapping[str, _Held],
    tasks: Mapping[str, Task],
) -> None:
    """The next version of each question, published."""
    versions = [
        _version(
            held[q.slug].row,
            q.content,
            number=held[q.slug].latest + 1,
            task=tasks[q.content.task],
            source=QuestionVersion.Source.FILE,
        )
        for q in questions
    ]
    QuestionVersion.objects.bulk_create(versions, batch_size=BATCH)
    written = [(v, q.content) for v, q in zip(versions, questions, strict=True)]
    _link_notes(exam, written)
    _link_tasks(written)
    newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number")
    Question.objects.filter(pk__in=[version.question_id for version in versions]).update(
        published=Subquery(newest.values("pk")[:1]),
        loaded_digest=Subquery(newest.values("digest")[:1]),
    )


def _version(
    question: Question,
    content: QuestionContent,
    *,
    number: int,
    task: Task,
    source: QuestionVersion.Source,
    by: User | None = None,
) -> QuestionVersion:
    """Version ``number`` of ``question``, rendered but not yet stored."""
    return QuestionVersion(
        question=question,
        number=number,
        task=task,
        source=source,
        created_by=by,
        kind=content.kind.value,
        difficulty=content.difficulty,
        key=list(content.key),
        key_size=len(content.key),
        references=list(content.references),
        verified=content.verified,
        enemies=list(content.enemies),
        lint=content.lint,
        digest=content.digest,
        **_texts(question.slug, content),
    )


def _texts(slug: str, content: QuestionContent) -> dict[str, Any]:
    """The fields of a version that hold Markdown, with its HTML."""
    try:
        return {
            "stem": content.stem,
            "stem_html": rendering.render(content.stem),
            "options": [{"id": o.id, **_inline(o.text)} for o in content.options],
            "prompts": [_inline(prompt.text) for prompt in content.prompts],
            "rationales": {o.id: _block(o.rationale) for o in content.options},
        }
    except rendering.UnrenderableText as problem:
        raise InvalidContent([Problem(slug, "text", str(problem))]) from None


def _inline(text: str) -> dict[str, str]:
    return {"text": text, "html": rendering.render_inline(text)}


def _block(text: str) -> dict[str, str]:
    return {"text": text, "html": rendering.render(text)}


def _link_notes(exam: Exam, versions: Sequence[tuple[QuestionVersion, QuestionContent]]) -> None:
    sections = dict(exam.note_sections.values_list("anchor", "pk"))
    links = [
        VersionNote(version=version, section_id=sections[anchor], position=position)
        for version, content in versions
        for position, anchor in enumerate(content.notes)
    ]
    VersionNote.objects.bulk_create(links, batch_size=BATCH * 4)


def _link_tasks(versions: Sequence[tuple[QuestionVersion, QuestionContent]]) -> None:
    """Store which tasks of other exams the versions serve too."""
    slugs = {slug for _, content in versions for slug in content.also}
    rows = Task.objects.filter(domain__exam__slug__in=slugs)
    tasks = {
        (slug, code): pk for slug, code, pk in rows.values_list("domain__exam__slug", "code", "pk")
    }
    GuestTask.objects.bulk_create(
        (
            GuestTask(questionversion_id=version.pk, task_id=tasks[named])
            for version, content in versions
            for named in content.also.items()
        ),
        batch_size=BATCH * 4,
    )


def _remember_agreement(questions: Iterable[files.Question], held: Mapping[str, _Held]) -> None:
    """Where file and bank say the same, the next change counts from there."""
    agreeing = []
    for question in questions:
        row, digest = held[question.slug].row, question.content.digest
        if row.loaded_digest != digest:
            row.loaded_digest = digest
            agreeing.append(row)
    Question.objects.bulk_update(agreeing, ["loaded_digest"], batch_size=BATCH)


def _load_checks(exam: Exam, checks: Iterable[BlindCheck]) -> None:
    """Make the record of blind checks the one of the files."""
    questions = dict(exam.questions.values_list("slug", "pk"))
    rows = [
        BlindCheckRow(question_id=questions[check.slug], **check.model_dump(exclude={"slug"}))
        for check in checks
        if check.slug in questions
    ]
    BlindCheckRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["question"],
        update_fields=[name for name in blind_checks.COLUMNS if name != "slug"],
        batch_size=BATCH,
    )
    kept = [row.question_id for row in rows]
    BlindCheckRow.objects.filter(question__exam=exam).exclude(question__in=kept).delete()


class NewerVersion(Exception):
    """Somebody published another version since the one that an edit started from."""

    def __init__(self, version: QuestionVersion) -> None:
        super().__init__(f"{version} was published meanwhile")
        self.version = version


@transaction.atomic
def publish_version(
    question: Question, content: QuestionContent, *, by: User | None, based_on: int | None = None
) -> QuestionVersion:
    """Make ``content`` the next version of ``question`` and publish it; the admin's way in.

    Content equal to what is published makes no version. Raises InvalidContent with all errors,
    and NewerVersion when another version than number ``based_on`` is published by now.
    """
    # A join with the published version would show the one from before the wait for the lock.
    row = (
        Question.objects.select_for_update(of=("self",)).select_related("exam").get(pk=question.pk)
    )
    _refuse_errors(check(row.exam, files.Question(row.slug, content)))
    if row.published and row.published.digest == content.digest:
        return row.published
    if row.published and based_on not in (None, row.published.number):
        raise NewerVersion(row.published)
    version = _version(
        row,
        content,
        number=row.versions.aggregate(latest=Coalesce(Max("number"), 0))["latest"] + 1,
        task=Task.objects.get(domain__exam=row.exam, code=content.task),
        source=QuestionVersion.Source.ADMIN,
        by=by,
    )
    QuestionVersion.objects.bulk_create([version])
    _link_notes(row.exam, [(version, content)])
    _link_tasks([(version, content)])
    row.published = version
    row.save(update_fields=["published"])
    return version


@transaction.atomic
def add_question(exam: Exam, slug: str, content: QuestionContent, *, by: User | None) -> Question:
    """A new question with its first version, published. Raises InvalidContent."""
    row, is_new = Question.objects.get_or_create(exam=exam, slug=slug)
    if not is_new:
        raise InvalidContent([Problem(slug, "slug", "is the name of another question")])
    publish_version(row, content, by=by)
    return row


def retire(question: Question, *, now: datetime) -> bool:
    """Draw ``question`` no more; returns whether that is new."""
    rows = Question.objects.filter(pk=question.pk, retired_at=None)
    return bool(rows.update(retired_at=now))


def bring_back(question: Question) -> bool:
    """Draw a retired question again; returns whether that is new."""
    rows = Question.objects.filter(pk=question.pk, retired_at__isnull=False)
    return bool(rows.update(retired_at=None))


@transaction.atomic
def delete_question(question: Question) -> None:
    """Delete ``question`` with its versions. Raises ProtectedError once an attempt has used it."""
    Question.objects.filter(pk=question.pk).update(published=None)
    Question.objects.filter(pk=question.pk).delete()


def check(exam: Exam, question: files.Question) -> list[lint.Finding]:
    """What there is to say about ``question`` if it were published now."""
    others = exam.questions.filter(retired_at=None, published__isnull=False)
    stems = others.exclude(slug=question.slug).values_list(
        "slug", "published__stem", "published__enemies"
    )
    found = lint.check_question(question, surroundings(exam))
    return found + lint.check_stem(question, stems)


def surroundings(exam: Exam) -> lint.Surroundings:
    """What questions of ``exam`` may refer to (four queries)."""
    sections = exam.note_sections.values_list("anchor", "title", "status")
    return lint.Surroundings(
        kinds=frozenset(Kind(kind) for kind in exam.kinds),
        tasks=frozenset(Task.objects.filter(domain__exam=exam).values_list("code", flat=True)),
        sections={anchor: lint.is_closed(title, status) for anchor, title, status in sections},
        slugs=frozenset(exam.questions.values_list("slug", flat=True)),
        others={slug: other for slug, other in other_exams().items() if slug != exam.slug},
    )


def other_exams() -> dict[str, lint.OtherExam]:
    """What each exam asks, for questions of other exams that serve its tasks too (one query)."""
    codes = ArrayAgg("domains__tasks__code", filter=Q(domains__tasks__isnull=False), default=[])
    rows = Exam.objects.values_list("slug", "kinds").annotate(codes=codes)
    return {
        slug: lint.OtherExam(frozenset(map(Kind, kinds)), frozenset(tasks))
        for slug, kinds, tasks in rows
    }


# ---- Notes -------------------------------------------------------------------------------------


def _load_sections(
    exam: Exam, content: files.Content, *, tasks: Mapping[str, Task], now: datetime
) -> tuple[Changes, ImageReport]:
    rows = _lock_sections(exam)
    kept = {s.anchor for s in content.sections if _is_edited(rows.get(s.anchor), s)}
    report = _store_images(exam, content.sections, content.images, content.drawings)
    wanted = [section for section in content.sections if section.anchor not in kept]
    changes = _write_sections(exam, wanted, rows=rows, tasks=tasks, loaded=True)
    # What was edited here keeps its text, but shows images as they are now.
    standing = [row for row in rows.values() if row.anchor in kept and not row.removed_at]
    edited = [export.section_content(row) for row in standing]
    _write_sections(exam, edited, rows=rows, tasks=tasks, loaded=False)
    present = {section.anchor for section in content.sections}
    gone = [row for row in rows.values() if row.loaded_digest and row.anchor not in present]
    removed = _remove_sections(gone, now=now)
    # Forgotten, so that a file that comes back is loaded again.
    NoteSection.objects.filter(pk__in=[row.pk for row in gone]).update(loaded_digest="")
    return replace(changes, kept=tuple(sorted(kept)), removed=removed), report


@transaction.atomic
def import_notes(
    text: str, *, exam: Exam, file: str, image_folder: Path | None, now: datetime
) -> Imported:
    """Make the sections of a Markdown file the exam's own notes; importing again changes nothing.

    Sections of the same anchor keep their tasks, status, references and questions. Own sections
    (not ``added`` ones) that the file lacks are removed. Raises InvalidContent.
    """
    passages = notes.split(notes.normalised(text))
    if problems := notes.problems(passages, file=file):
        raise InvalidContent(problems)
    _wait_for_other_loads()
    rows = _lock_sections(exam)
    sections = [_imported(p, n, rows.get(p.anchor)) for n, p in enumerate(passages, start=1)]
    report = _store_images(exam, sections, image_folder, {})
    tasks = {task.code: task for task in Task.objects.filter(domain__exam=exam)}
    changes = _write_sections(exam, sections, rows=rows, tasks=tasks, loaded=False)
    present = {section.anchor for section in sections}
    gone = [row for row in rows.values() if not row.added and row.anchor not in present]
    return Imported(replace(changes, removed=_remove_sections(gone, now=now)), report)


@transaction.atomic
def save_section(exam: Exam, section: Section) -> None:
    """Store ``section`` as edited in the admin, rendered. Raises InvalidContent."""
    _rewrite_sections(exam, [section])


def _rewrite_sections(exam: Exam, sections: Sequence[Section]) -> None:
    tasks = {task.code: task for task in Task.objects.filter(domain__exam=exam)}
    _write_sections(exam, sections, rows=_lock_sections(exam), tasks=tasks, loaded=False)


def _imported(passage: notes.Passage, position: int, old: NoteSection | None) -> Section:
    front = export.section_content(old).front if old else files.SectionFront()
    front = front.model_copy(update={"added": False})
    return Section(passage.anchor, passage.title, passage.body, front, position)


def _lock_sections(exam: Exam) -> dict[str, NoteSection]:
    rows = exam.note_sections.select_for_update().prefetch_related("tasks")
    return {row.anchor: row for row in rows}


def _is_edited(row: NoteSection | None, section: Section) -> bool:
    """Whether the section was imported, edited or removed in the bank since a file made it."""
    if row is None:
        return False
    if row.removed_at:
        return bool(row.loaded_digest)
    return export.section_content(row).digest not in (row.loaded_digest, section.digest)


def _write_sections(
    exam: Exam,
    sections: Sequence[Section],
    *,
    rows: Mapping[str, NoteSection],
    tasks: Mapping[str, Task],
    loaded: bool,
) -> Changes:
    """Store ``sections``, touching only rows that differ."""
    shown = pictures(exam)
    sides: dict[str, str] = {}
    to_write = []
    for section in sections:
        old = rows.get(section.anchor)
        row = _section_row(exam, section, html=_note_html(section, shown))
        row.loaded_digest = section.digest if loaded else old.loaded_digest if old else ""
        sides[section.anchor] = _section_side(old, section, html=row.html)
        if sides[section.anchor] != "unchanged" or (old and old.loaded_digest != row.loaded_digest):
            to_write.append((row, section))
    _upsert_sections(to_write, tasks=tasks)
    return Changes(**_by_side(sides))


def _section_side(old: NoteSection | None, section: Section, *, html: str) -> str:
    if old is None:
        return "added"
    same = export.section_content(old).digest == section.digest and old.html == html
    return "unchanged" if same and old.removed_at is None else "changed"


def _section_row(exam: Exam, section: Section, *, html: str) -> NoteSection:
    return NoteSection(
        exam=exam,
        anchor=section.anchor,
        title=section.title,
        position=section.position,
        body=section.body,
        html=html,
        status=section.front.status,
        added=section.front.added,
        references=list(section.front.references),
    )


def _note_html(section: Section, pictures: Mapping[str, rendering.Picture]) -> str:
    with _naming(section):
        return rendering.render_note(section.body, pictures)


def _image_names(section: Section) -> list[str]:
    with _naming(section):
        return rendering.image_names(section.body)


@contextmanager
def _naming(section: Section) -> Iterator[None]:
    """Says of a text that cannot be rendered which section it is."""
    try:
        yield
    except rendering.UnrenderableText as problem:
        place = section.file or section.anchor
        raise InvalidContent([Problem(place, section.title, str(problem))]) from None


_SECTION_IDENTITY = {"id", "exam", "anchor", "search"}


def _upsert_sections(
    written: Sequence[tuple[NoteSection, Section]], *, tasks: Mapping[str, Task]
) -> None:
    if not written:
        return
    fields = {field.name for field in NoteSection._meta.concrete_fields} - _SECTION_IDENTITY
    rows = NoteSection.objects.bulk_create(
        [row for row, _ in written],
        update_conflicts=True,
        unique_fields=["exam", "anchor"],
        update_fields=sorted(fields),
    )
    links = NoteSection.tasks.through
    links.objects.filter(notesection__in=rows).delete()
    links.objects.bulk_create(
        links(notesection_id=row.pk, task_id=tasks[code].pk)
        for row, (_, section) in zip(rows, written, strict=True)
        for code in section.front.tasks
    )


def _remove_sections(gone: Iterable[NoteSection], *, now: datetime) -> tuple[str, ...]:
    """Mark sections as removed; the rows stay for the questions that draw on them."""
    present = [row for row in gone if row.removed_at is None]
    rows = NoteSection.objects.filter(pk__in=[row.pk for row in present])
    rows.update(removed_at=now)
    return tuple(sorted(row.anchor for row in present))


# ---- Images ------------------------------------------------------------------------------------


def pictures(exam: Exam) -> dict[str, rendering.Picture]:
    """The images held for the notes of ``exam``, by the names that the notes use."""
    shown = {}
    for row in exam.note_images.exclude(file="", svg=""):
        url = row.file.url if row.file else ""
        shown[row.name] = rendering.Picture(url, row.width or 0, row.height or 0, row.svg)
    return shown


def _store_images(
    exam: Exam, sections: Iterable[Section], folder: Path | None, drawings: Mapping[str, str]
) -> ImageReport:
    """Store what ``folder`` and ``drawings`` hold of the images that ``sections`` refer to.

    An image held already stays when both lack it.
    """
    names = dict.fromkeys(name for s in sections for name in _image_names(s))
    rows = {row.name: row for row in exam.note_images.all()}
    missing: dict[str, str] = {}
    for name in names:
        row = rows.setdefault(name, NoteImage(exam=exam, name=name))
        try:
            if name in drawings:
                _keep_drawing(row, drawings[name])
            else:
                _take_file(row, folder)
        except images.UnusableImage as problem:
            missing[name] = str(problem)
        if not (row.file or row.svg) and name not in missing:
            missing[name] = "no such file" if folder else "no folder of images given"
    return ImageReport(tuple(name for name in names if name not in missing), missing)


@transaction.atomic
def store_image(exam: Exam, name: str, source: bytes) -> NoteImage:
    """Keep ``source`` as the image that notes call ``name``; the notes that show it are rendered
    anew. Raises UnusableImage."""
    row = NoteImage.objects.filter(exam=exam, name=name).first() or NoteImage(exam=exam, name=name)
    _keep(row, source)
    showing = exam.note_sections.filter(removed_at=None, body__contains=name)
    _rewrite_sections(exam, [export.section_content(s) for s in showing.prefetch_related("tasks")])
    return NoteImage.objects.get(exam=exam, name=name)


def _take_file(row: NoteImage, folder: Path | None) -> None:
    """Point ``row`` at its re-encoded file, if ``folder`` holds one that it does not have yet."""
    path = images.find(folder, row.name) if folder else None
    if path is None or len(row.name) > 200:
        return
    _keep(row, images.read(path))


def _keep_drawing(row: NoteImage, svg: str) -> None:
    """Store a drawing that was checked when its file was read, unless ``row`` has it already."""
    if row.svg != svg:
        NoteImage.objects.update_or_create(exam=row.exam, name=row.name, defaults={"svg": svg})
        row.svg = svg


def _keep(row: NoteImage, source: bytes) -> None:
    """Re-encode and store ``source`` unless ``row`` has it already. Raises UnusableImage."""
    if row.name.endswith(".svg"):
        raise images.UnusableImage("would be a drawing; drawings come from the content folder")
    digest = hashlib.sha256(source).hexdigest()
    if digest in (row.source_digest, Path(row.file.name or "").stem):
        return
    image = images.to_webp(source)
    stored = f"notes/{hashlib.sha256(image.data).hexdigest()}.webp"
    if not default_storage.exists(stored):
        default_storage.save(stored, ContentFile(image.data))
    NoteImage.objects.update_or_create(
        exam=row.exam,
        name=row.name,
        defaults={
            "file": stored,
            "width": image.width,
            "height": image.height,
            "source_digest": digest,
        },
    )
    row.file = stored
