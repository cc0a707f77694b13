"""What we say ourselves, to everybody: seen, it tells nothing of anybody. Read only when something was found."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.watch.folding import plain
from tests.watch.secrets import Secret

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("bot", "handlers", "workflows", "integrations", "core", "storage")
NOT_OURS = ("workflows/understanding/", "workflows/simulation/", "bot/surfaces/")
"""Words that patients say, or sample patients: there a name or a text is not our own."""


def is_ours(secret: Secret) -> bool:
    """Whether this stands in our own words, so that seeing it says nothing."""
    return bool(secret.words) and secret.words in wording()


@cache
def wording() -> str:
    """Every sentence of the code and of the program, form and wording files, in plain form."""
    return "".join(plain(text) for text in _texts())


def _texts() -> Iterator[str]:
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*")):
            where = path.relative_to(ROOT).as_posix()
            if where.startswith(NOT_OURS):
                continue
            if path.suffix == ".py":
                yield from _literals(path.read_text())
            elif path.suffix in (".yaml", ".yml"):
                yield path.read_text().replace("{clinic}", "Lakeside Clinic")


def _literals(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _has_doc(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def _has_doc(node: ast.AST) -> bool:
    return ast.get_docstring(node, clean=False) is not None  # type: ignore[arg-type]
