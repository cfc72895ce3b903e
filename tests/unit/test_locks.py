"""How rows are locked, read from the code.

A foreign key that points at a row takes FOR KEY SHARE of it. FOR UPDATE forbids that: whoever
adds a row that refers to a locked one waits, and may deadlock. FOR NO KEY UPDATE does not, so it
is what every lock takes that neither deletes the row nor changes its key.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "accounts",
    "exam_platform",
    "exams",
    "questions",
    "results",
)
# They lock FOR UPDATE unless told otherwise; the second and third can be told nothing.
LOCKING = {"select_for_update", "update_or_create", "aupdate_or_create"}
EXCUSE = re.compile(r"# FOR UPDATE: \w+")
STRONG_LOCK = re.compile(r"\bFOR\s+UPDATE\b")


@dataclass(frozen=True)
class Lock:
    """A place in the code that locks rows as if their keys changed."""

    line: int
    text: str


def strong_locks(source: str) -> list[Lock]:
    """Locks of ``source`` that neither say ``no_key=True`` nor, on a line of theirs, why not."""
    lines = source.splitlines()
    nodes = list(ast.walk(ast.parse(source)))
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in nodes:
        if is_strong_call(node):
            # The call itself: a chain of calls before it begins on lines above.
            own = lines[(node.func.end_lineno or 1) - 1 : node.end_lineno]
        elif id(node) not in parts and is_strong_statement(node):
            own = lines[node.lineno - 1 : node.end_lineno]
        else:
            continue
        if not any(EXCUSE.search(line) for line in own):
            found.append(Lock(node.lineno, own[0].strip()))
    return found


def is_strong_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LOCKING
        and not any(ast.unparse(keyword) == "no_key=True" for keyword in node.keywords)
    )


def is_strong_statement(node: ast.AST) -> TypeGuard[ast.Constant | ast.JoinedStr]:
    """Whether a string is SQL that locks; prose about locks has no SELECT."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value for part in parts if isinstance(part, ast.Constant)]
    text = " ".join(text for text in texts if isinstance(text, str))
    return bool(STRONG_LOCK.search(text) and re.search(r"\b(SELECT|PERFORM)\b", text))


@pytest.mark.parametrize("app", APPS)
def test_every_lock_leaves_the_key_or_says_why_not(app: str) -> None:
    files = sorted((ROOT / app).rglob("*.py"))
    assert files
    found = [
        f"{file.relative_to(ROOT)}:{lock.line}: {lock.text}"
        for file in files
        for lock in strong_locks(file.read_text())
    ]
    assert not found, (
        "These locks make others wait who add a row that refers to a locked one. Say no_key=True, "
        "or on the same line '# FOR UPDATE: <reason>'"
    )


@pytest.mark.parametrize(
    "source",
    [
        "rows.select_for_update()",
        "rows.select_for_update(of=('self',))",
        "rows.select_for_update(no_key=False)",
        "rows.filter(a=1).select_for_update().first()",
        "rows.update_or_create(a=1)",
        "sql = 'SELECT 1 FROM t FOR UPDATE'",
        "sql = f'''\nSELECT 1 FROM {t}\nFOR UPDATE OF x'''",
        "# FOR UPDATE: of another line\nrows.select_for_update()",
        "rows.select_for_update()  # FOR UPDATE:",
    ],
)
def test_a_lock_without_an_excuse_is_found(source: str) -> None:
    assert len(strong_locks(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "rows.select_for_update(no_key=True)",
        "rows.select_for_update(\n    of=('self',),\n    no_key=True,\n)",
        "rows.select_for_update()  # FOR UPDATE: the row is deleted",
        "(\n    rows.filter(a=1)\n    .select_for_update()  # FOR UPDATE: the row is deleted\n)",
        "sql = 'SELECT 1 FROM t FOR NO KEY UPDATE'",
        "'''Says of FOR UPDATE that it is too strong.'''",
    ],
)
def test_a_lock_that_leaves_the_key_or_is_excused_passes(source: str) -> None:
    assert strong_locks(source) == []
