"""Two versions of a program side by side, in lines that a manager can read."""

from collections.abc import Iterator
from typing import Any

from workflows.programs.model import Program

_APART = ("steps", "texts", "program", "grammar")


def difference(old: Program, new: Program) -> list[str]:
    """What changed, in the order of a file: settings, steps, texts; empty when both mean the same."""
    before, after = _plain(old), _plain(new)
    head = [*_changes("", _without(before), _without(after))]
    first = [f"first step: {old.first} -> {new.first}"] if old.first != new.first else []
    return [*head, *first, *_steps(before["steps"], after["steps"]), *_texts(before["texts"], after["texts"])]


def _plain(program: Program) -> dict[str, Any]:
    return program.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _without(plain: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if key not in _APART}


def _steps(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield f"step {name}: gone"
        elif name not in before:
            yield f"step {name}: new ({_said(after[name])})"
        else:
            for line in _changes("", before[name], after[name]):
                yield f"step {name}: {line}"


def _texts(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, {}), after.get(key, {})
        for language in dict.fromkeys([*old, *new]):
            if old.get(language) != new.get(language):
                yield f"text {key}.{language}:"
                yield from (f"  - {line}" for line in [old.get(language)] if line is not None)
                yield from (f"  + {line}" for line in [new.get(language)] if line is not None)


def _changes(where: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _changes(f"{where}.{key}".strip("."), before.get(key), after.get(key))
    elif before != after:
        yield f"{where} {_said(before)} -> {_said(after)}"


def _said(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_said(item)}" for key, item in value.items())
    return ", ".join(_said(item) for item in value) if isinstance(value, list) else str(value)
