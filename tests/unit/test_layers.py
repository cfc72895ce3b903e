import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# From the ground up. Each part may import from those before it, and only from those.
LAYERS = ("accounts", "questions", "exams", "results", "exam_platform")
CLAIM = "Pure: no Django"
# Pure although its docstring has something else to say.
ALSO_PURE = ("questions/images.py",)

# The rooms of exams, from the lowest: each may import those before it, and itself.
ROOMS = (
    ("exams/days.py", "exams/models.py", "exams/recipes.py", "exams/rules.py"),
    ("exams/assembly/",),
    ("exams/engine/", "exams/admin.py", "exams/apps.py", "exams/management/"),
    ("exams/pages/",),
    ("exams/views/", "exams/templatetags/", "exams/urls.py"),
)


def module_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def imported_modules(file: Path) -> Iterator[str]:
    for node in ast.walk(module_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import hides which app it is from"
            yield node.module or ""


def imported_packages(file: Path) -> set[str]:
    return {module.split(".")[0] for module in imported_modules(file)}


def wrong_imports(files: Iterable[Path], forbidden: set[str]) -> dict[str, list[str]]:
    """The packages among ``forbidden`` that ``files`` import, by file."""
    return {
        str(file.relative_to(ROOT)): sorted(found)
        for file in files
        if (found := imported_packages(file) & forbidden)
    }


def test_every_part_has_its_layer() -> None:
    parts = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    assert parts == set(LAYERS)


@pytest.mark.parametrize("part", LAYERS)
def test_a_part_imports_only_parts_below_it(part: str) -> None:
    above = set(LAYERS[LAYERS.index(part) + 1 :]) | {"tests"}
    files = sorted((ROOT / part).rglob("*.py"))
    assert files
    assert not wrong_imports(files, above)


def pure_modules() -> list[Path]:
    """Those that claim to be pure, wherever they are."""
    files = [file for part in LAYERS for file in (ROOT / part).rglob("*.py")]
    claims = [file for file in files if CLAIM in (ast.get_docstring(module_of(file)) or "")]
    return sorted({*claims, *(ROOT / name for name in ALSO_PURE)})


def test_the_pure_core_knows_no_django() -> None:
    files = pure_modules()
    # Fewer would mean that the claims are worded otherwise now, and nobody looks any more.
    assert len(files) >= 14
    assert not wrong_imports(files, {"django"})


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


def test_no_code_knows_a_particular_exam() -> None:
    """Exams are data. Only their folders, the tests and the documents may name one."""
    exams = [path.parent.name for path in (ROOT / "fixtures").glob("*/exam.yaml")]
    named = re.compile("|".join([*exams, r"\bC0\d\b"]), re.IGNORECASE)
    folders = (*LAYERS, "templates", "static")
    files = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".txt"}
    ]
    assert len(files) > 100
    assert [str(file) for file in files if named.search(file.read_text())] == []
