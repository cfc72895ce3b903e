"""The bank: exams, their blueprint, study notes, questions and their immutable versions."""

from __future__ import annotations

from itertools import zip_longest

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q, Value
from django.urls import reverse

from questions import blind_checks, check_records
from questions.kinds import Kind

KIND_CHOICES = [(kind.value, kind.value.capitalize()) for kind in Kind]


class Exam(models.Model):
    """What is examined. Format and blueprint are data: no code knows a particular exam."""

    slug = models.SlugField(unique=True)
    code = models.CharField(max_length=20, help_text="As candidates know it, such as ABC-X01.")
    title = models.CharField(max_length=200)
    items = models.PositiveSmallIntegerField(help_text="Questions in one full form.")
    scored_items = models.PositiveSmallIntegerField(help_text="Of these, how many count.")
    minutes = models.PositiveSmallIntegerField(help_text="Standard time for a full form.")
    scale_min = models.PositiveSmallIntegerField()
    scale_max = models.PositiveSmallIntegerField()
    pass_mark = models.PositiveSmallIntegerField(help_text="On the scale.")
    kinds = ArrayField(models.CharField(max_length=10, choices=KIND_CHOICES))
    status = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="Whether and when it can be booked, if that is known: an ``ExamStatus``.",
    )
    notice = models.TextField(blank=True, help_text="Shown on the start page, e.g. retirement.")
    glossary = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        blank=True,
        editable=False,
        help_text="Short names that questions use, and what they stand for.",
    )
    content_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of the content folder last loaded."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scored_items__gt=0) & Q(scored_items__lte=F("items")),
                name="exam_scored_items_within_items",
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="exam_takes_time"),
            models.CheckConstraint(
                condition=Q(scale_min__lt=F("pass_mark")) & Q(pass_mark__lte=F("scale_max")),
                name="exam_pass_mark_on_scale",
            ),
            models.CheckConstraint(
                condition=Q(kinds__contained_by=[kind.value for kind in Kind]),
                name="exam_kinds_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("exams:start", args=[self.slug])


class Domain(models.Model):
    """A part of an exam's blueprint, with its share of the questions in percent."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="domains")
    code = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    weight = models.PositiveSmallIntegerField(help_text="Percent of the exam.")

    class Meta:
        ordering = ["exam", "code"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "code"], name="domain_code_unique_in_exam"),
            models.CheckConstraint(
                condition=Q(weight__gte=1) & Q(weight__lte=100), name="domain_weight_is_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"Domain {self.code}: {self.title}"


class Task(models.Model):
    """A task statement of a domain, e.g. 1.2; every question belongs to one.

    ``guests`` are versions of questions of other exams that serve this task too; ``skills`` is
    what the task consists of: ``[{"code", "title"}]`` in the blueprint's order.
    """

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="tasks")
    code = models.CharField(max_length=10)
    title = models.CharField(max_length=300)
    skills = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), blank=True, editable=False
    )

    class Meta:
        ordering = ["domain", "code"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "code"], name="task_code_unique_in_domain"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class NoteSection(models.Model):
    """One heading of the study notes, with what stands under it."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="note_sections")
    anchor = models.SlugField(max_length=200)
    title = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()
    body = models.TextField(blank=True, help_text="Markdown.")
    html = models.TextField(blank=True, editable=False, help_text="Rendered and sanitised.")
    status = models.TextField(blank=True, help_text="Service status, e.g. in maintenance.")
    added = models.BooleanField(
        default=False, help_text="Not in the owner's notes; added for the blueprint."
    )
    tasks = models.ManyToManyField(Task, related_name="note_sections", blank=True)
    references = ArrayField(models.URLField(max_length=500), default=list, blank=True)
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it vanished from the notes; kept for its questions."
    )
    loaded_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of the note file last loaded."
    )
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("body", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["exam", "position"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "anchor"], name="note_anchor_unique_in_exam"),
        ]
        indexes = [GinIndex(fields=["search"], name="note_search")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("questions:note", args=[self.exam.slug, self.anchor])


class NoteImage(models.Model):
    """An image that the notes refer to; without a file it shows as a labelled placeholder.

    A drawing is held as its source, which only loading a content folder stores.
    """

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="note_images")
    name = models.CharField(max_length=200, help_text="As the notes refer to it.")
    file = models.ImageField(
        upload_to="notes/", blank=True, width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    source_digest = models.CharField(max_length=64, blank=True, editable=False)
    svg = models.TextField(
        blank=True, editable=False, help_text="Of a drawing, instead of a file: checked SVG."
    )

    class Meta:
        ordering = ["exam", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(svg="") | (Q(file="") & Q(name__endswith=".svg")),
                name="note_image_is_file_or_drawing",
            ),
            models.UniqueConstraint(fields=["exam", "name"], name="note_image_unique_in_exam"),
        ]

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """A question's stable identity. What candidates see is in its versions."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="questions")
    slug = models.SlugField(max_length=100)
    # Unique by a constraint with a condition, not a OneToOneField: Postgres locks a row whose
    # plainly unique column changes as if its key did, and then every start that draws the
    # question would wait for the transaction that publishes it.
    published = models.ForeignKey(
        "QuestionVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="The version that new attempts draw.",
    )
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Retired questions are drawn no more, but stay readable."
    )
    loaded_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of the question file last loaded."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["exam", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "slug"], name="question_slug_unique_in_exam"),
            models.UniqueConstraint(
                fields=["published"],
                condition=Q(published__isnull=False),
                name="question_published_version_once",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


def pool_indexes(prefix: str, version: str) -> list[models.Index]:
    """Two orders of what serves a task: by chance, the same for ever, and the newest first.

    They hold what a draw asks of a question before it reads it. The newest have the highest ids;
    an expression of it, so that Postgres can take no other index for this order.
    """
    held = [version, "question", "kind", "difficulty"]
    chance = Func(F("question"), Value(0), function="hashint8extended")
    recency = ExpressionWrapper(F("question") * -1, models.BigIntegerField())
    return [
        models.Index(F("task"), chance, name=f"{prefix}_by_task_and_chance", include=held),
        models.Index(F("task"), recency, name=f"{prefix}_by_task_and_recency", include=held),
    ]


class QuestionVersion(models.Model):
    """One immutable state of a question; a trigger refuses every change to a row.

    ``options``: ``[{"id", "text", "html"}]`` in the authored order; ``prompts`` (matching):
    ``[{"text", "html"}]``; ``rationales``: ``{option id: {"text", "html"}}``, with ``"tempts"``
    (what the option tempts with) where the author named it; ``key``: option ids, one per prompt
    for matching and in the right order for ordering. The ``html`` beside each Markdown text is
    rendered and sanitised when the version is made. ``skills``: ``{exam slug: [skill code]}``.
    """

    class Origin(models.TextChoices):
        FILE = "file", "content file"
        ADMIN = "admin", "admin"

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=KIND_CHOICES)
    task = models.ForeignKey(
        Task, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    difficulty = models.PositiveSmallIntegerField(
        choices=[(1, "1 recall"), (2, "2 apply"), (3, "3 analyse")]
    )
    stem = models.TextField()
    stem_html = models.TextField()
    options = models.JSONField()
    prompts = models.JSONField(default=list)
    rationales = models.JSONField()
    key = ArrayField(models.CharField(max_length=20))
    key_size = models.PositiveSmallIntegerField(help_text="How many options the key names.")
    notes = models.ManyToManyField(NoteSection, through="VersionNote", related_name="versions")
    references = ArrayField(models.URLField(max_length=500), default=list)
    reference_titles = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        help_text='Of each reference ("" if it has none), or nothing if none has one.',
    )
    verified = models.DateField(help_text="The day somebody checked it against its references.")
    enemies = ArrayField(models.SlugField(max_length=100), default=list)
    also = models.ManyToManyField(
        Task,
        through="GuestTask",
        related_name="guests",
        help_text="Tasks of other exams that this version serves too.",
    )
    skills = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    lint = models.JSONField(default=dict, help_text="Answered lint warnings: {rule: reason}.")
    digest = models.CharField(max_length=64, help_text="Of everything an author wrote.")
    source = models.CharField(max_length=5, choices=Origin)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["question", "number"]
        # The first also serves the foreign key of the task.
        indexes = pool_indexes("version", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["question", "number"], name="version_number_unique_in_question"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="version_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(difficulty__gte=1) & Q(difficulty__lte=3),
                name="version_difficulty_known",
            ),
            models.CheckConstraint(
                condition=Q(key__len=F("key_size")) & Q(key_size__gt=0), name="version_key_size"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question.slug} v{self.number}"

    @property
    def titled_references(self) -> list[tuple[str, str]]:
        """Every reference as its address and its title; "" where it has none."""
        return list(zip_longest(self.references, self.reference_titles, fillvalue=""))


class GuestTask(models.Model):
    """That a version serves a task of another exam too.

    What follows ``task`` a trigger copies from the version, which never changes: so guests are
    found in the same two orders as the questions of the task's own exam, by servers of any release.
    """

    questionversion = models.ForeignKey(QuestionVersion, on_delete=models.CASCADE)
    task = models.ForeignKey(Task, on_delete=models.CASCADE)
    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="+", db_index=False, editable=False
    )
    kind = models.CharField(max_length=10, choices=KIND_CHOICES, editable=False)
    difficulty = models.PositiveSmallIntegerField(editable=False)

    class Meta:
        db_table = "questions_questionversion_also"
        # Not a constraint with a name of its own: the table is older than this model.
        unique_together = [("questionversion", "task")]
        indexes = pool_indexes("guest", "questionversion")

    def __str__(self) -> str:
        return f"{self.questionversion_id} serves task {self.task_id}"


class VersionNote(models.Model):
    """That a version draws on a note section; ``position`` keeps the author's order.

    ``passage`` quotes the words of the section that the question draws on, if it names any.
    """

    version = models.ForeignKey(QuestionVersion, on_delete=models.CASCADE)
    section = models.ForeignKey(NoteSection, on_delete=models.PROTECT)
    position = models.PositiveSmallIntegerField()
    passage = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "section"], name="version_note_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} draws on {self.section_id}"


class BlindCheck(models.Model):
    """That a question was answered without its key; the row of blind-check.csv."""

    question = models.OneToOneField(Question, on_delete=models.CASCADE, related_name="blind_check")
    digest = models.CharField(
        max_length=check_records.DIGEST_LENGTH, blank=True, help_text="Of the text that was judged."
    )
    checked_on = models.DateField()
    first_answer_agreed = models.BooleanField()
    verdict = models.CharField(
        max_length=10, choices=[(verdict, verdict) for verdict in blind_checks.VERDICTS]
    )
    changed = models.TextField(
        blank=True, help_text="What checks found, and what was changed for it."
    )

    def __str__(self) -> str:
        return f"{self.question_id} {self.verdict} on {self.checked_on}"


class OptionsOnlyCheck(models.Model):
    """That somebody picked a question's key without its stem; a row of options-only.csv."""

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="options_only_checks"
    )
    digest = models.CharField(
        max_length=check_records.DIGEST_LENGTH, help_text="Of the options that were seen."
    )
    checked_on = models.DateField()
    picked_key = models.BooleanField()
    sure = models.BooleanField(help_text="Whether the checker called the pick sure.")

    def __str__(self) -> str:
        return f"{self.question_id} picked from on {self.checked_on}"
