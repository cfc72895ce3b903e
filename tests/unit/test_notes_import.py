import io
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from questions import bank, images, notes
from questions.models import Exam, NoteImage, NoteSection, QuestionVersion
from tests.authored import FIXTURES, content, question, section
from tests.notes_file import ALL_ANCHORS, IMAGES, SECTIONS, notes_file

OWNERS_FILE = FIXTURES.parents[1] / "shared/notes/mla-c01-notes.md"
FILES = {"synthetic": notes_file()}
if OWNERS_FILE.exists():
    FILES["owner's"] = OWNERS_FILE.read_text()

NOW = timezone.now()
every_file = pytest.mark.parametrize("text", FILES.values(), ids=FILES)


def table_of_contents(text: str) -> list[str]:
    return re.findall(r"^- \[.*\]\(#(.*)\)$", text, re.MULTILINE)


@every_file
def test_anchors_are_those_of_the_files_own_table_of_contents(text: str) -> None:
    passages = notes.split(text)
    assert [passage.anchor for passage in passages] == table_of_contents(text)
    assert len(passages) == SECTIONS
    assert not notes.problems(passages, file="notes.md")


@every_file
def test_no_word_of_a_section_is_lost(text: str) -> None:
    first = text.index("\n## ") + 1
    parts = [f"## {p.title}\n\n{p.body}" for p in notes.split(text)]
    assert len("".join("".join(parts).split())) >= len("".join(text[first:].split())) * 0.99


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("before\n\n## A\nx\n## B", [("a", "A", "x"), ("b", "B", "")]),
        ("## A\n```\n## no\n```\ny", [("a", "A", "```\n## no\n```\ny")]),
        (
            "## A\n~~~~\n```\n## no\n~~~~\n## B",
            [("a", "A", "~~~~\n```\n## no\n~~~~"), ("b", "B", "")],
        ),
        ("## A\n```\nnever closed\n## B", [("a", "A", "```\nnever closed"), ("b", "B", "")]),
        ("## A\n<!--\n## no\n-->", [("a", "A", "<!--\n## no\n-->")]),
        ("# A\n## A\n### A\n## A", [("a-1", "A", "### A"), ("a-3", "A", "")]),
        ("## A\n## A-1\n## A", [("a", "A", ""), ("a-1", "A-1", ""), ("a-2", "A", "")]),
        ("Under\n-----\nx\n\n- item\n---", [("under", "Under", "x\n\n- item\n---")]),
        ("## A ##\n##no\n##\n   ## B", [("a", "A", "##no\n##"), ("b", "B", "")]),
        ("## Ünïcode 日本\nx", [("ünïcode-日本", "Ünïcode 日本", "x")]),
        ("## !!!\nx", [("section", "!!!", "x")]),
        ("no headings", []),
    ],
)
def test_sections_are_level_two_headings_and_nothing_else(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert [(p.anchor, p.title, p.body) for p in notes.split(text)] == expected


def test_windows_files_are_read_as_others() -> None:
    text = notes_file()
    windows = "\ufeff" + text.replace("\n", "\r\n")
    assert notes.split(notes.normalised(windows)) == notes.split(text)


# ---- Into the bank -----------------------------------------------------------------------------


@pytest.fixture
def exam(db: None, settings: Settings, tmp_path: Path) -> Exam:
    settings.MEDIA_ROOT = tmp_path / "media"
    loaded = content(
        question(notes=("data-formats",)),
        sections=(
            section("data-formats", position=7, tasks=("1.1",), status="Renamed."),
            section("added-one", position=50, added=True),
            section("gone", position=51),
        ),
    )
    bank.load(loaded, now=NOW)
    return Exam.objects.get()


def run(path: Path, *arguments: str) -> list[str]:
    out = StringIO()
    call_command("import_notes", str(path), "--exam", "mla-c01", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "notes.md"
    path.write_text(notes_file())
    return path


def picture(name: str, folder: Path, **options: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    Image.new("RGB", (64, 32), "teal").save(path, **options)  # type: ignore[arg-type]
    return path


def test_a_first_import_adds_every_section_and_names_every_image(exam: Exam, file: Path) -> None:
    lines = run(file)
    assert lines[-1] == (
        f"{SECTIONS - 1} added, 1 changed, 0 unchanged, 1 removed; "
        f"images: 0 found, {IMAGES} missing"
    )
    assert "changed: data-formats" in lines
    assert sum(line.startswith("image missing: picture-") for line in lines) == IMAGES
    stored = NoteSection.objects.filter(exam=exam, added=False, removed_at=None)
    assert [row.anchor for row in stored.order_by("position")] == list(ALL_ANCHORS)
    shown = "".join(stored.values_list("html", flat=True))
    assert shown.count('<figure class="placeholder">') == IMAGES
    assert "Picture 3 <code>picture-3.png</code>" in shown


def test_importing_again_changes_nothing(exam: Exam, file: Path) -> None:
    run(file)
    before = list(NoteSection.objects.order_by("pk").values())
    assert run(file)[-1].startswith(f"0 added, 0 changed, {SECTIONS} unchanged, 0 removed")
    assert list(NoteSection.objects.order_by("pk").values()) == before


def test_sections_keep_their_questions_tasks_and_status(exam: Exam, file: Path) -> None:
    before = NoteSection.objects.get(anchor="data-formats")
    run(file)
    after = NoteSection.objects.get(anchor="data-formats")
    assert (after.pk, after.status) == (before.pk, "Renamed.")
    assert [task.code for task in after.tasks.all()] == ["1.1"]
    assert QuestionVersion.objects.get().notes.get() == after
    assert after.position == 2


def test_own_sections_that_vanish_stay_marked_and_added_ones_stay(exam: Exam, file: Path) -> None:
    assert "removed: gone (kept for its questions)" in run(file)
    assert NoteSection.objects.get(anchor="gone").removed_at is not None
    assert NoteSection.objects.get(anchor="added-one").removed_at is None
    file.write_text(notes_file() + "\n## Gone\nback\n")
    assert "changed: gone" in run(file)
    assert NoteSection.objects.get(anchor="gone").removed_at is None


def test_a_load_after_an_import_keeps_what_was_imported(exam: Exam, file: Path) -> None:
    run(file)
    imported = NoteSection.objects.get(anchor="data-formats").body
    loaded = content(
        question(notes=("data-formats",)),
        sections=(section("data-formats", body="A newer file."), section("gone", position=51)),
    )
    outcome = bank.load(loaded, now=NOW)
    assert outcome.sections.kept == ("data-formats", "gone")
    assert NoteSection.objects.get(anchor="data-formats").body == imported


def test_images_are_re_encoded_upright_and_without_metadata(
    exam: Exam, file: Path, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "a secret place"
    picture("picture-0.png", tmp_path / "images", exif=exif)
    assert run(file, "--images", str(tmp_path / "images"))[-1].endswith(
        f"1 found, {IMAGES - 1} missing"
    )
    row = NoteImage.objects.get(name="picture-0.png")
    with row.file.open() as stored, Image.open(stored) as image:
        assert (image.format, image.size) == ("WEBP", (32, 64))
        assert not image.getexif()
    assert b"secret" not in Path(row.file.path).read_bytes()
    html = NoteSection.objects.get(anchor="amazon-managed-service-for-anything").html
    assert f'<img alt="Picture 0" height="64" src="/media/{row.file.name}" width="32">' in html


def test_an_image_held_stays_when_a_later_import_lacks_it(
    exam: Exam, file: Path, tmp_path: Path
) -> None:
    picture("picture-0.png", tmp_path / "images")
    run(file, "--images", str(tmp_path / "images"))
    assert run(file)[-1].startswith(f"0 added, 0 changed, {SECTIONS} unchanged")
    assert NoteImage.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "%2e%2e/secret.png", "a/../../secret.png", "link.png"]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(
    exam: Exam, tmp_path: Path, name: str
) -> None:
    picture("secret.png", tmp_path)
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    path = tmp_path / "notes.md"
    path.write_text(f"## A\n\n![x]({name})\n")
    lines = run(path, "--images", str(folder))
    assert f"image missing: {name}: leads out of the folder of images" in lines
    assert not NoteImage.objects.exists()


def encoded(**options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read"),
        (encoded(format="PNG")[:40], "cannot be read"),
        (encoded(format="ICO"), "cannot be read"),
        (
            encoded(format="GIF", save_all=True, append_images=[Image.new("RGB", (8, 8), "red")]),
            "is an animation",
        ),
    ],
    ids=["empty", "svg", "cut off", "another format", "animation"],
)
def test_what_is_not_one_still_picture_is_refused(source: bytes, message: str) -> None:
    with pytest.raises(images.UnusableImage, match=message):
        images.to_webp(source)


@pytest.mark.parametrize("size", [(6000, 6000), (20000, 20000)])
def test_a_picture_of_too_many_pixels_is_refused_unread(size: tuple[int, int]) -> None:
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    with pytest.raises(images.UnusableImage, match="more than 30,000,000 pixels"):
        images.to_webp(out.getvalue())


def test_transparent_pictures_stay_transparent_and_large_ones_shrink() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4000, 1000), (0, 0, 0, 0)).save(out, "PNG")
    made = images.to_webp(out.getvalue())
    assert (made.width, made.height) == (2000, 500)
    with Image.open(io.BytesIO(made.data)) as image:
        assert image.mode == "RGBA"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("no headings", "has no level-2 heading"),
        ("## A\n\nx\x00y", "contains the invisible character U+0000"),
        ("## A\n\n" + "x" * 100_001, "has 100,001 characters"),
        ("## " + "x" * 201 + "\n", "more than 200 characters"),
        ("## A\n\n" + "1. " * 3000, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_stored_is_refused_whole(
    exam: Exam, tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "notes.md"
    path.write_text("## Fine\n\nx\n\n" + text if "##" in text else text)
    with pytest.raises(CommandError, match=re.escape(problem)):
        run(path)
    assert not NoteSection.objects.filter(anchor="fine").exists()


def test_an_unknown_exam_or_file_is_told(exam: Exam, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "nowhere.md")
    Exam.objects.update(slug="other")
    with pytest.raises(CommandError, match="There is no exam mla-c01"):
        run(tmp_path / "nowhere.md")


@every_file
def test_notes_import_over_the_loaded_ones_keeps_every_question_linked(
    db: None, settings: Settings, tmp_path: Path, text: str
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    anchors = table_of_contents(text)
    loaded = tuple(section(anchor, position=n) for n, anchor in enumerate(anchors, start=1))
    cited = question(notes=(anchors[0], anchors[-1]))
    bank.load(content(cited, sections=loaded), now=NOW)
    path = tmp_path / "notes.md"
    path.write_text(text)
    summary = run(path)[-1]
    assert summary.startswith(f"0 added, {SECTIONS} changed, 0 unchanged, 0 removed")
    assert summary.endswith(f"0 found, {IMAGES} missing")
    drawn = QuestionVersion.objects.get().notes.filter(removed_at=None)
    assert set(drawn.values_list("anchor", flat=True)) == {anchors[0], anchors[-1]}
