"""The keys of the guideline files, from the model that reads them: name, what stands there, and what it means."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final

from cds_service.knowledge import files, language, model
from cds_service.knowledge.table import Table

_TELLS: Final = (
    "Every table of the files in `cds_service/knowledge/spine_imaging/`, from the model that reads them. A key that "
    "is not here is a mistake that `spine-cds check` names. How to change what stands there is told in "
    "[changing things](../contributing.md)."
)
_HOMES: Final = (model, files, language)


def guideline_keys_page() -> str:
    """One section a table, in the order of the model."""
    parts = ["# Keys of the guideline files", _TELLS]
    for home in _HOMES:
        for name, owner in vars(home).items():
            if _is_table(owner) and owner.__module__ == home.__name__:
                parts += _section(name, owner)
    return "\n\n".join(parts) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Table) and value is not Table


def _section(name: str, owner: type[Table]) -> list[str]:
    meanings = _meanings(owner.__module__).get(name, {})
    rows = ["| key | holds | needed | meaning |", "|---|---|---|---|"]
    for key, field in owner.model_fields.items():
        needed = "yes" if field.is_required() else "no"
        holds = _spelled(owner.__annotations__.get(key, ""))
        rows.append(f"| `{key}` | {holds} | {needed} | {meanings.get(key, '')} |")
    return [f"## {name}", inspect.getdoc(owner) or "", "\n".join(rows)]


def _spelled(annotation: Any) -> str:
    """The annotation as the source has it, as code that a cell can hold."""
    text = " ".join(str(annotation).split())
    return (
        f"`{text.replace('|', '&#124;')}`" if "|" not in text else f"<code>{_escaped(text)}</code>"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")


@cache
def _meanings(module: str) -> Mapping[str, Mapping[str, str]]:
    """What the source says below each field, by class and field."""
    home = next(one for one in _HOMES if one.__name__ == module)
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(home)).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = _said(node.body)
    return found


def _said(body: list[ast.stmt]) -> dict[str, str]:
    said: dict[str, str] = {}
    for field, after in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            said[field.target.id] = " ".join(str(after.value.value).split()).replace("|", "\\|")
    return said
