"""Drawings on their way from a content folder through the bank and back, against Postgres."""

import re
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from PIL import Image

from questions import bank, checking, export, images, lint, search
from questions.content import InvalidContent, Section, read_folder
from questions.forms import ImageForm
from questions.models import Exam, NoteImage, NoteSection
from tests.authored import content, question, section, write

pytestmark = pytest.mark.django_db
NODES = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">\n  <title>Nodes</title>\n'
    '  <!-- kept -->\n  <text class="label" x="4" y="20">Primary</text>\n</svg>\n'
)
BODY = "All about **glue**.\n\n![Three kinds of node](emr-nodes.svg)\n\nSpot is cheap."


def folder_with(path: Path, svg: str = NODES, *, body: str = BODY, name: str = "emr-nodes") -> Path:
    """A content folder whose one note has this body, and one drawing."""
    write(path, content(question(), sections=(section(body=body),)))
    (path / "images").mkdir(exist_ok=True)
    (path / f"images/{name}.svg").write_text(svg)
    return path


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def stored() -> str:
    return NoteSection.objects.get().html


def edit(body: str) -> None:
    """Write the section anew, as the admin does."""
    row = NoteSection.objects.get()
    written = export.section_content(row)
    bank.save_section(row.exam, replace(written, body=body))


def test_a_load_puts_the_drawing_into_the_section(tmp_path: Path) -> None:
    assert "image " not in run("load_bank", folder_with(tmp_path))
    assert '<svg role="img" aria-label="Three kinds of node"' in stored()
    assert ">Primary</text>" in stored()
    assert NoteImage.objects.get().svg == NODES


def test_a_drawing_comes_back_byte_for_byte(tmp_path: Path) -> None:
    authored = folder_with(tmp_path / "authored")
    run("load_bank", authored)
    assert run("export_bank", "mla-c01", tmp_path / "exported") == ""
    for path in sorted(authored.rglob("*.*")):
        copy = tmp_path / "exported" / path.relative_to(authored)
        assert copy.read_bytes() == path.read_bytes(), path
    outcome = run("load_bank", tmp_path / "exported")
    assert outcome.count("0 added, 0 changed, 1 unchanged") == 2


def test_a_changed_drawing_changes_the_section_at_the_next_load(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    run("load_bank", folder, "--if-changed")
    assert "already" in run("load_bank", folder, "--if-changed")
    folder_with(tmp_path, NODES.replace("Primary", "Leader"))
    assert "note sections: 0 added, 1 changed" in run("load_bank", folder, "--if-changed")
    assert ">Leader</text>" in stored()


def test_a_section_edited_in_the_admin_keeps_its_drawing(tmp_path: Path) -> None:
    run("load_bank", folder_with(tmp_path))
    edit(BODY.replace("cheap", "dear"))
    assert ">Primary</text>" in stored()
    changed = folder_with(tmp_path, NODES.replace("Primary", "Leader"))
    assert "kept as they are: glue" in run("load_bank", changed)
    assert "Spot is dear." in stored()
    assert ">Leader</text>" in stored()
    assert "kept as they are: glue" in run("load_bank", changed)


def test_a_removed_section_stays_removed_when_its_file_is_loaded_again(tmp_path: Path) -> None:
    run("load_bank", folder_with(tmp_path))
    NoteSection.objects.update(removed_at=timezone.now())
    run("load_bank", folder_with(tmp_path, NODES.replace("Primary", "Leader")))
    assert NoteSection.objects.get().removed_at is not None


def test_nobody_inlines_a_drawing_by_writing_or_uploading_one(tmp_path: Path) -> None:
    run("load_bank", folder_with(tmp_path))
    edit(f"{NODES}\n\n![mine](mine.svg)\n\n![x](data:image/svg+xml,x)")
    assert "<svg" not in stored()
    exam = Exam.objects.get()
    png = BytesIO()
    Image.new("RGB", (4, 4)).save(png, "PNG")
    for name, source in (("mine.svg", NODES.encode()), ("emr-nodes.svg", png.getvalue())):
        with pytest.raises(images.UnusableImage, match="drawings come from the content folder"):
            bank.store_image(exam, name, source)
    with pytest.raises(images.UnusableImage, match="cannot be read as"):
        bank.store_image(exam, "mine.png", NODES.encode())
    assert list(NoteImage.objects.values_list("name", "svg")) == [("emr-nodes.svg", NODES)]


def test_an_image_is_a_file_or_a_drawing(tmp_path: Path) -> None:
    run("load_bank", folder_with(tmp_path))
    for fields in ({"file": "notes/x.webp"}, {"name": "emr-nodes.png"}):
        with pytest.raises(IntegrityError, match="file_or_drawing"), transaction.atomic():
            NoteImage.objects.update(**fields)


@pytest.mark.parametrize(
    ("svg", "name", "problem"),
    [
        (
            NODES.replace("<text", "<script/><text"),
            "emr-nodes",
            "images/emr-nodes.svg: <script>: is not allowed in <svg>",
        ),
        (NODES, "EMR nodes", "images/EMR nodes.svg: file: is not named like images/short-name.svg"),
        ("x" * 200_001, "emr-nodes", "images/emr-nodes.svg: file: has 200,001 bytes"),
    ],
)
def test_problems_of_drawings_come_with_the_others(
    tmp_path: Path, svg: str, name: str, problem: str
) -> None:
    folder = folder_with(tmp_path, svg, name=name)
    (folder / "questions/glue/orders-move.yaml").write_text("kind: choice\n")
    with pytest.raises(CommandError, match=re.escape(problem)) as refused:
        run("load_bank", folder)
    assert "orders-move.yaml: stem: is missing" in str(refused.value)
    assert not Exam.objects.exists()


def test_a_picture_of_another_kind_is_none_of_these_rules(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "images/photo.png").write_bytes(b"\x89PNG")
    assert set(read_folder(folder).drawings) == {"emr-nodes.svg"}


def findings(*sections: Section, drawings: dict[str, str]) -> list[tuple[str, bool]]:
    whole = replace(content(question(), sections=sections), drawings=drawings)
    return [(f.message, f.is_error) for f in lint.check(whole) if f.rule in RULES]


RULES = ("drawing", "alt", "unused-drawing")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (BODY, []),
        ("Nothing.", [("no note shows this drawing", False)]),
        ("![](emr-nodes.svg)", [("![](…emr-nodes.svg) does not say what the picture shows", True)]),
        (f"{BODY} ![x](y.svg)", [("there is no images/y.svg", True)]),
        (f"{BODY} ![x](photo.jpg)", []),
    ],
)
def test_lint_tells_of_missing_unused_and_nameless_drawings(
    body: str, found: list[tuple[str, bool]]
) -> None:
    assert findings(section(body=body), drawings={"emr-nodes.svg": NODES}) == found


def test_a_missing_drawing_stops_the_load(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "images/emr-nodes.svg").unlink()
    with pytest.raises(CommandError, match=r"01-glue\.md: drawing: there is no images/emr-nodes"):
        run("load_bank", folder)
    with pytest.raises(InvalidContent, match="there is no images"):
        bank.load(read_folder(folder), now=timezone.now())


def test_the_check_in_the_admin_knows_the_drawings(tmp_path: Path) -> None:
    run("load_bank", folder_with(tmp_path))
    others = checking.check_exam(Exam.objects.get()).others
    assert not [finding for finding in others if finding.rule in RULES]


def test_excerpts_of_a_search_leave_the_words_of_drawings_out(tmp_path: Path) -> None:
    run("load_bank", folder_with(tmp_path))
    (hit,) = search.search_notes(Exam.objects.get(), "spot")
    assert " ".join(hit.excerpt.split()) == "about glue. <mark>Spot</mark> is cheap"


@pytest.mark.parametrize("is_held", [True, False])
def test_the_admin_takes_no_upload_as_a_drawing(tmp_path: Path, is_held: bool) -> None:
    run("load_bank", folder_with(tmp_path))
    png = BytesIO()
    Image.new("RGB", (4, 4)).save(png, "PNG")
    data = {"exam": Exam.objects.get().pk, "name": "mine.svg"}
    form = ImageForm(
        data,
        MultiValueDict({"upload": [SimpleUploadedFile("mine.png", png.getvalue())]}),
        instance=NoteImage.objects.get() if is_held else None,
    )
    assert form.errors == {"upload": ["Drawings (.svg) come from the content folder only."]}
