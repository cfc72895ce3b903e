"""Reads from the code which module writes which table.

A write is a call of one of the ORM's verbs, a statement in SQL, or a page of the admin that saves
or deletes. What a receiver such as ``rows`` in ``rows.update(…)`` stands for is followed through
the names of its function, their annotations and Django's relations. Where that leads nowhere, the
write is reported as not understood, never passed over.

Not followed: what the database does by itself (cascades, triggers), and what libraries write for
themselves (sessions, the log of the admin).
"""

import ast
import builtins
import inspect
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model
from django.test import RequestFactory

from accounts.models import User

_SYNC = ("create", "get_or_create", "update_or_create", "bulk_create", "bulk_update")
VERBS = {f"{a}{verb}" for verb in (*_SYNC, "update", "delete", "save") for a in ("", "a")}
# Of managers of relations; sets, lists and events have them as well.
LINK_VERBS = {f"{a}{verb}" for verb in ("add", "remove", "set", "clear") for a in ("", "a")}
SQL = re.compile(
    r"\b(?:INSERT\s+INTO|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|COPY|MERGE\s+INTO"
    r'|(?<!FOR )(?<!KEY )(?<!DO )UPDATE(?:\s+ONLY)?)\s+"?(?P<table>[^\s"(;]+)'
)
UNKNOWN = "?"


@dataclass(frozen=True)
class Rows:
    """What an expression stands for: rows of a table, and the table of their links if any.

    ``table`` is the name of a model, "" for what is no rows, UNKNOWN for what was not understood.
    """

    table: str
    links: str = ""


NO_ROWS = Rows("")
NOT_UNDERSTOOD = Rows(UNKNOWN)


@dataclass(frozen=True)
class Write:
    """A place in the code that writes; ``table`` may be UNKNOWN."""

    line: int
    receiver: str
    table: str


def table_of(model: type[Model]) -> str:
    """The name of a model; of links without a model of their own, such as ``Question.notes``."""
    owner: Any = model._meta.auto_created  # the model that the links were made for, or False
    if not owner:
        return model.__name__
    field = next(f for f in owner._meta.many_to_many if f.remote_field.through is model)
    return f"{owner.__name__}.{field.name}"


MODELS = {table_of(model): model for model in apps.get_models(include_auto_created=True)}
TABLES = {model._meta.db_table: table for table, model in MODELS.items()}


def _relations(model: type[Model]) -> dict[str, Rows]:
    """What attributes of a model lead to other rows."""
    found = {}
    for field in model._meta.get_fields():
        related = field.related_model
        if not field.is_relation or not isinstance(related, type):
            continue
        forward = hasattr(field, "attname")
        name = field.name if forward else field.get_accessor_name()  # type: ignore[union-attr]
        links = ""
        if field.many_to_many:
            through = field.remote_field.through if forward else field.through  # type: ignore[union-attr]
            links = table_of(through)
        if name:
            found[name] = Rows(table_of(related), links or table_of(related))
    return found


RELATIONS = {table: _relations(model) for table, model in MODELS.items()}
LINKING_NAMES = {name for relations in RELATIONS.values() for name in relations}


# ---- One module --------------------------------------------------------------------------------


def writes_of(source: str, module: ModuleType) -> list[Write]:
    """Every write that ``source``, which was imported as ``module``, spells out."""
    return list(_Reader(module).writes(ast.parse(source)))


class _Reader:
    """Follows names through one module."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def writes(self, tree: ast.Module) -> Iterator[Write]:
        passed_over = {id(text) for node in ast.walk(tree) for text in _parts_and_docstrings(node)}
        for node, scope in _with_scopes(tree, ()):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from self._call(node, node.func, scope)
            elif id(node) not in passed_over:
                yield from _statements(node)

    def _call(self, node: ast.Call, func: ast.Attribute, scope: "Scope") -> Iterator[Write]:
        rows = self.rows(func.value, scope)
        receiver = ast.unparse(func.value)
        if func.attr in VERBS and rows != NO_ROWS:
            yield Write(node.lineno, receiver, rows.table)
        elif func.attr in LINK_VERBS and rows.links:
            yield Write(node.lineno, receiver, rows.links)
        elif func.attr in LINK_VERBS and rows == NOT_UNDERSTOOD:
            last = func.value.attr if isinstance(func.value, ast.Attribute) else ""
            if last in LINKING_NAMES:
                yield Write(node.lineno, receiver, UNKNOWN)

    def rows(
        self, node: ast.AST | None, scope: "Scope", seen: frozenset[int] = frozenset()
    ) -> Rows:
        """What ``node`` stands for."""
        if node is None or id(node) in seen:
            return NOT_UNDERSTOOD
        seen |= {id(node)}
        if isinstance(node, ast.Name):
            return self._name(node.id, scope, seen)
        if isinstance(node, ast.Attribute):
            return self._attribute(node.value, node.attr, scope, seen)
        if isinstance(node, ast.Call):
            return self._result(node, scope, seen)
        if isinstance(node, _NO_ROWS) and not (isinstance(node, ast.Constant) and not node.value):
            return NO_ROWS
        found = _agreed([self.rows(part, scope, seen) for part in _same_rows(node)])
        is_part = isinstance(node, ast.Subscript) and found == NO_ROWS
        return NOT_UNDERSTOOD if is_part else found

    def _name(self, name: str, scope: "Scope", seen: frozenset[int]) -> Rows:
        for function in reversed(scope):
            bound = list(_bindings(function, name))
            if bound:
                return _agreed([self._bound(node, scope, seen) for node in bound])
        return _rows_of_object(getattr(self.module, name, getattr(builtins, name, None)))

    def _bound(self, binding: "Binding", scope: "Scope", seen: frozenset[int]) -> Rows:
        if binding.annotation is not None:
            annotated = self._annotated(binding.annotation)
            if annotated != NOT_UNDERSTOOD:
                return annotated
        return self.rows(binding.value, scope, seen)

    def _annotated(self, node: ast.AST) -> Rows:
        """The first model that an annotation names."""
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                return self._annotated(ast.parse(part.value))
            if isinstance(part, ast.Name):
                found = getattr(self.module, part.id, None)
                if isinstance(found, type) and issubclass(found, Model):
                    return Rows(table_of(found))
        return NO_ROWS if ast.unparse(node).startswith(("dict[", "set[", "str")) else NOT_UNDERSTOOD

    def _attribute(self, value: ast.AST, attr: str, scope: "Scope", seen: frozenset[int]) -> Rows:
        if isinstance(value, ast.Name) and not any(_bindings(f, value.id) for f in scope):
            found = getattr(self.module, value.id, None)
            if isinstance(found, ModuleType):
                return _rows_of_object(getattr(found, attr, None))
        base = self.rows(value, scope, seen)
        if base.table not in MODELS:
            return NOT_UNDERSTOOD  # a dict is no rows, but its values may be
        if attr == "through" and base.links:
            return Rows(base.links)
        return RELATIONS[base.table].get(attr, Rows(base.table))

    def _result(self, node: ast.Call, scope: "Scope", seen: frozenset[int]) -> Rows:
        called = self.rows(node.func, scope, seen)
        if called.table in MODELS:
            return called
        # list(rows), get_object_or_404(rows, …), replace(row, …): of what is put in.
        given = [self.rows(argument, scope, seen) for argument in node.args]
        return next((rows for rows in given if rows.table in MODELS), called)


def _rows_of_object(found: object) -> Rows:
    """What a global name, or the result of calling it, stands for."""
    if isinstance(found, type) and issubclass(found, Model):
        return Rows(table_of(found))
    home = getattr(found, "__module__", None) or type(found).__module__
    if inspect.isfunction(found):
        with suppress(Exception):  # an annotation that only type checkers can read
            returned = get_type_hints(found).get("return")
            for part in (returned, *getattr(returned, "__args__", ())):
                if isinstance(part, type) and issubclass(part, Model):
                    return Rows(table_of(part))
    is_foreign = found is not None and not home.startswith((*APPS, "django"))
    is_storage = home.startswith("django.core.files")
    return NO_ROWS if is_foreign or is_storage else NOT_UNDERSTOOD


def _agreed(found: list[Rows]) -> Rows:
    """What all that is understood agrees on."""
    understood = {rows for rows in found if rows != NOT_UNDERSTOOD}
    return understood.pop() if len(understood) == 1 else NOT_UNDERSTOOD


_NO_ROWS = (ast.Constant, ast.JoinedStr, ast.Dict, ast.DictComp, ast.Set)


def _same_rows(node: ast.AST) -> list[ast.expr]:
    """The parts of an expression that it has its rows from."""
    match node:
        case ast.Subscript(value=value) | ast.Await(value=value) | ast.NamedExpr(value=value):
            return [value]
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            return [element]
        case ast.List(elts=several) | ast.Tuple(elts=several) | ast.BoolOp(values=several):
            return several
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
    return []


# ---- Names -------------------------------------------------------------------------------------

Scope = tuple[ast.AST, ...]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Binding:
    """A place where a name gets its value."""

    value: ast.AST | None = None
    annotation: ast.AST | None = None


def _with_scopes(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Every node with the functions that it is in."""
    for child in ast.iter_child_nodes(node):
        yield child, scope
        inner = (*scope, child) if isinstance(child, _FUNCTIONS) else scope
        yield from _with_scopes(child, inner)


def _bindings(function: ast.AST, name: str) -> list[Binding]:
    return [binding for bound, binding in _all_bindings(function) if bound == name]


def _all_bindings(function: ast.AST) -> Iterator[tuple[str, Binding]]:
    if isinstance(function, _FUNCTIONS):
        given = function.args
        for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs):
            yield argument.arg, Binding(annotation=argument.annotation)
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _targets(target, value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                yield name, Binding(value, annotation)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, Binding(value)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield from _targets(target, value)
            case ast.withitem(optional_vars=ast.Name(id=name), context_expr=value):
                yield name, Binding(value)


def _targets(target: ast.AST, value: ast.AST) -> Iterator[tuple[str, Binding]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, Binding(value)
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            for one, given in zip(targets, values, strict=False):
                yield from _targets(one, given)
        case ast.Tuple(elts=[ast.Name(id=name), *rest]), ast.Call(func=ast.Attribute(attr=verb)):
            # get_or_create and its like give the row first.
            yield name, Binding(value if verb.endswith("or_create") else None)
            for one in rest:
                yield from _targets(one, ast.Constant(None))
        case ast.Tuple(elts=targets), _:
            for one in targets:
                yield from _targets(one, ast.Constant(None))


def _parts_and_docstrings(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            yield node.value
        case ast.JoinedStr(values=parts):
            yield from parts


def _statements(node: ast.AST) -> Iterator[Write]:
    """The writes of a string in SQL; a table whose name is put in later is UNKNOWN."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value if isinstance(part, ast.Constant) else "{}" for part in parts]
    if isinstance(node, ast.Constant | ast.JoinedStr) and all(isinstance(t, str) for t in texts):
        for found in SQL.finditer("".join(map(str, texts))):
            yield Write(node.lineno, found[0], TABLES.get(found["table"], UNKNOWN))


# ---- The whole ---------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "exam_platform", "exams", "questions", "results")


def all_writes() -> dict[str, list[Write]]:
    """The writes of every module that has any, by its path."""
    files = [file for app in APPS for file in sorted((ROOT / app).rglob("*.py"))]
    found = {}
    for file in files:
        name = file.relative_to(ROOT).with_suffix("")
        if "migrations" in name.parts:
            continue
        module = import_module(".".join(name.parts).removesuffix(".__init__"))
        if writes := writes_of(file.read_text(), module):
            found[str(file.relative_to(ROOT))] = writes
    return found


def admin_writes() -> dict[str, set[str]]:
    """The tables that pages of the admin write by themselves, by the module that declares them."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True)
    found: dict[str, set[str]] = {}
    for site in admin.site._registry.values():
        home = type(site).__module__
        if home.split(".")[0] in APPS and (tables := set(_admin_tables(site, request))):
            found.setdefault(f"{home.replace('.', '/')}.py", set()).update(tables)
    return found


def _admin_tables(site: "admin.ModelAdmin[Any]", request: Any) -> Iterator[str]:
    kind = type(site)
    saved: list[Model | None] = []  # what the pages that save show: nothing yet, or a row
    if site.has_add_permission(request) and kind.add_view is admin.ModelAdmin.add_view:
        saved.append(None)
    if site.has_change_permission(request) and kind.change_view is admin.ModelAdmin.change_view:
        saved.append(site.model())
    may_delete = site.has_delete_permission(request)
    may_delete = may_delete and kind.delete_view is admin.ModelAdmin.delete_view
    if may_delete or (saved and _saves(kind, "save_model")):
        yield table_of(site.model)
    if _saves(kind, "save_related"):
        for row in saved:
            yield from _related_tables(site, request, row)


def _related_tables(
    site: "admin.ModelAdmin[Any]", request: Any, row: Model | None
) -> Iterator[str]:
    shown = set(flatten_fieldsets(site.get_fieldsets(request, row)))
    for field in site.model._meta.many_to_many:
        if field.name in shown:
            yield table_of(field.remote_field.through)
    for inline in site.get_inline_instances(request, row):
        may_delete = inline.can_delete and inline.has_delete_permission(request, row)
        may_add = inline.has_add_permission(request, row)
        if may_add or may_delete or inline.has_change_permission(request, row):
            yield table_of(inline.model)


def _saves(kind: type, method: str) -> bool:
    """Whether a page saves by Django's own method, or by one that calls it."""
    own = getattr(kind, method)
    is_djangos = own is getattr(admin.ModelAdmin, method)
    return is_djangos or f"super().{method}" in inspect.getsource(own)
