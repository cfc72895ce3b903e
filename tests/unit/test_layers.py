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
# A package counts by each of its files.
PURE = (
    "questions/kinds.py",
    "questions/content",
    "questions/lint",
    "questions/blind_checks.py",
    "questions/options_only.py",
    "questions/check_records.py",
    "questions/diagrams.py",
    "questions/differences.py",
    "questions/notes.py",
    "questions/rendering.py",
    "questions/images.py",
    "exams/selection.py",
    "exams/scoring.py",
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


@pytest.mark.parametrize("name", PURE)
def test_the_pure_core_knows_no_django(name: str) -> None:
    path = ROOT / name
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert files
    assert [str(file) for file in files if "django" in imported_packages(file)] == []


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
