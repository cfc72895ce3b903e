import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each app with those it may import from: accounts, questions <- exams <- results.
MAY_IMPORT = {
    "accounts": set[str](),
    "questions": {"accounts"},
    "exams": {"accounts", "questions"},
    "results": {"accounts", "questions", "exams"},
}
PURE = (
    "questions/kinds.py",
    "questions/content.py",
    "questions/lint.py",
    "questions/blind_checks.py",
    "questions/notes.py",
    "questions/rendering.py",
    "questions/images.py",
    "exams/recipes.py",
    "exams/assembly/selection.py",
    "exams/engine/annotations.py",
    "exams/engine/scheduling.py",
    "exams/engine/scoring.py",
)
# The rooms of exams, from the lowest: each may import those before it, and itself.
ROOMS = (
    ("exams/models.py", "exams/recipes.py"),
    ("exams/assembly/",),
    ("exams/engine/", "exams/admin.py", "exams/apps.py", "exams/management/"),
    ("exams/pages/",),
    ("exams/views/", "exams/templatetags/", "exams/urls.py"),
)


def imported_modules(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import hides which app it is from"
            yield node.module or ""


def imported_packages(file: Path) -> set[str]:
    return {module.split(".")[0] for module in imported_modules(file)}


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_an_app_imports_only_apps_below_it(app: str) -> None:
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[app] - {app}
    files = sorted((ROOT / app).rglob("*.py"))
    assert files
    wrong = {
        str(file.relative_to(ROOT)): sorted(found)
        for file in files
        if (found := imported_packages(file) & forbidden)
    }
    assert not wrong


def room_of(path: str) -> int:
    """The number of the room that a file of exams is in. Raises when it is in none."""
    rooms = [number for number, parts in enumerate(ROOMS) if path.startswith(parts)]
    assert len(rooms) == 1, f"{path} is in no room of exams, or in several"
    return rooms[0]


def file_of(module: str) -> str:
    path = module.replace(".", "/")
    return f"{path}.py" if (ROOT / f"{path}.py").exists() else f"{path}/"


def test_the_rooms_of_exams_import_downwards_only() -> None:
    outside = ("exams/__init__.py", "exams/migrations/")
    files = [str(file.relative_to(ROOT)) for file in sorted((ROOT / "exams").rglob("*.py"))]
    inside = [file for file in files if not file.startswith(outside)]
    assert len(inside) > 30
    wrong = {
        f"{file} -> {module}"
        for file in inside
        for module in exam_modules(ROOT / file)
        if room_of(file_of(module)) > room_of(file)
    }
    assert not wrong


def exam_modules(file: Path) -> set[str]:
    """The modules of exams that a file imports, those named after ``import`` too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "exams":
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in named if (ROOT / f"{name.replace('.', '/')}.py").exists()}
            found |= modules or {str(node.module)}
    return found


@pytest.mark.parametrize("name", PURE)
def test_the_pure_core_knows_no_django(name: str) -> None:
    assert "django" not in imported_packages(ROOT / name)


def test_no_code_knows_a_particular_exam() -> None:
    """Exams are data. Only their folders, the tests and the documents may name one."""
    exams = [path.parent.name for path in (ROOT / "fixtures").glob("*/exam.yaml")]
    named = re.compile("|".join([*exams, r"\bC0\d\b"]), re.IGNORECASE)
    folders = ("exam_platform", "accounts", "questions", "exams", "results", "templates", "static")
    files = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".txt"}
    ]
    assert len(files) > 100
    assert [str(file) for file in files if named.search(file.read_text())] == []
