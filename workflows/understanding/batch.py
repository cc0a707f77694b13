import gc
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from workflows.understanding import lexicon
from workflows.understanding.readings import to_line
from workflows.understanding.verdict import read

_plain = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode  # made once: half the time of `json.dumps`


def get_ready() -> None:
    """Load all words, and spare the collector of circular garbage from going over them again and again (a tenth of the time)."""
    lexicon.keep_compiled()
    gc.collect()
    gc.freeze()


def run(lines: Iterable[str]) -> Iterator[str]:
    """Answer JSON lines `{"id","text","context","ref"}` in order, one line each; empty lines are skipped.

    A line that cannot be read gives `{"line", "id", "error"}` in its place; the message text is never repeated there.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _plain(_answer(number, line))


def _answer(number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _wrong(number, None, "not a JSON object")
    if not isinstance(row, dict):
        return _wrong(number, None, "not a JSON object")
    id, text, context = row.get("id"), row.get("text"), row.get("context")
    if not isinstance(id, str | int) or isinstance(id, bool):
        return _wrong(number, None, "id is missing or neither text nor number")
    if not isinstance(text, str):
        return _wrong(number, id, "text is missing or not a string")
    if context is not None and not isinstance(context, str):
        return _wrong(number, id, "context is neither a string nor null")
    try:
        ref = datetime.fromisoformat(row["ref"])
    except (KeyError, TypeError, ValueError):
        return _wrong(number, id, "ref is missing or not a local ISO time such as 2026-03-11T09:00:00")
    answer = to_line(str(id), read(text, context=context, ref=ref.replace(tzinfo=None)))
    return answer | {"id": id}


def _wrong(number: int, id: str | int | None, why: str) -> dict[str, Any]:
    return {"line": number, "id": id, "error": f"line {number}: {why}"}
