"""The filters of a desk: what may be picked, what is, and what they hide, in words. The same on Home and on the signed-in page."""

from collections.abc import Mapping

from bot.narrowing import ALL, MOST_CHOICES, Narrowing
from workflows.desk import NARROWS, Desk
from workflows.lenses import STATES
from workflows.staff import PRACTICE

LABELS = {"kind": "Every kind", "program": "Every program", "state": "Every state"}


def drawn(desk: Desk, words: Mapping[str, str]) -> Narrowing | None:
    """The filters that count for the view; None for a view without any."""
    names = NARROWS.get(desk.view, ())
    if not names:
        return None
    chosen = {name: getattr(desk.narrowed, name) for name in names}
    offered = _offered(desk, words, chosen.get("kind", ""))
    choices = {name: ((ALL, LABELS[name]), *offered[name]) for name in names}
    said = [dict(choices[name]).get(code, code) for name, code in chosen.items() if code]
    return Narrowing(choices, {n: c or ALL for n, c in chosen.items()}, " · ".join(said), _hides(desk, said))


def _offered(desk: Desk, words: Mapping[str, str], kind: str) -> dict[str, list[tuple[str, str]]]:
    """Kinds that are there now (and the one that is picked), by their words; practice to who practises."""
    kinds = {one.kind for one in desk.groups if one.kind and (one.kind != PRACTICE or one.mine)} | (
        {kind} if kind else set()
    )
    named = sorted(((code, words.get(code, code.replace("_", " "))) for code in kinds), key=lambda pair: pair[1])
    return {"kind": named[:MOST_CHOICES], "program": _programs(desk), "state": list(STATES.items())}


def _programs(desk: Desk) -> list[tuple[str, str]]:
    """Those with open cases first where there are too many to show."""
    programs = desk.choices.programs
    if len(programs) <= MOST_CHOICES:
        return list(programs.items())
    first = {desk.choices.now.program, *(one.code for one in desk.groups)}
    kept = sorted(programs, key=lambda code: code not in first)[:MOST_CHOICES]
    return [(code, programs[code]) for code in programs if code in kept]


def _hides(desk: Desk, said: list[str]) -> str:
    if not said:
        return ""
    names = " · ".join(said)
    on = f"Filter on: {names}."
    if desk.total is None or desk.all_here is None:
        return on
    hidden = desk.all_here - desk.total
    return f"{on} {hidden:,} other case{' is' if hidden == 1 else 's are'} hidden." if hidden else on
