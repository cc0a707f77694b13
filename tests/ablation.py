"""`python -m tests.ablation FILE…`: what each layer of the understanding brings, by switching it off and scoring labelled files again."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from workflows.understanding import (
    context,
    hearing,
    intents,
    lexicon,
    normalise,
    numbers,
    opt_out,
    safety,
    scoring,
    second_opinion,
    spelling,
    survey,
    tapbacks,
    vitals,
    when,
)

SHOWN = (
    "emergency recall, strict",
    "urgent + clinical flagged clinical",
    "urgent + clinical incl. review",
    "false clinical on non-clinical",
    "false emergency on non-clinical",
    "complaint flagged",
    "opt-out precision",
    "opt-out recall",
    "survey score exact",
    "time exact",
    "review rate",
)


def main() -> None:
    """Print one Markdown row for the whole engine and one for each layer left out."""
    rows = [json.loads(line) for path in sys.argv[1:] for line in Path(path).read_text("utf-8").splitlines()]
    out = sys.stdout
    out.write(f"| left out | {' | '.join(SHOWN)} | macro-F1 |\n{'|---' * (len(SHOWN) + 2)}|\n")
    out.write(_row("nothing", rows))
    for name, off in LAYERS.items():
        with off():
            _forget()
            out.write(_row(name, rows))
        _forget()


def _forget() -> None:
    """What was remembered with the layer on, or off."""
    normalise._token.cache_clear()
    hearing.forget()


def _row(name: str, rows: list[dict[str, Any]]) -> str:
    found = scoring.judged(rows)
    shares = {figure.name: figure.share for figure in scoring.figures(found)}
    by_label = scoring.f1(found)
    cells = [f"{100 * shares[shown]:.1f}" for shown in SHOWN]
    return f"| {name} | " + " | ".join(cells) + f" | {sum(by_label.values()) / len(by_label):.3f} |\n"


def _instead(*parts: tuple[ModuleType | type, str, Any]) -> Callable[[], Any]:
    @contextmanager
    def off() -> Iterator[None]:
        before = [getattr(module, name) for module, name, _ in parts]
        for module, name, part in parts:
            setattr(module, name, part)
        try:
            yield
        finally:
            for (module, name, _), part in zip(parts, before, strict=True):
                setattr(module, name, part)

    return off


def _all_hits(self: lexicon.Concept, found: list[tuple[int, int]], text: object) -> list[tuple[int, int]]:
    return sorted(set(found))


_hits = lexicon.Lexicon.hits

LAYERS: dict[str, Callable[[], Any]] = {
    "slang and emoji": _instead((normalise, "_words", lambda: ({}, {}))),
    "spelling": _instead((spelling, "right", lambda word: word)),
    "tapbacks": _instead((tapbacks, "split", lambda text: (None, text, 0))),
    "bare carrier words": _instead((opt_out, "keyword", lambda text: None)),
    "context: denied, gone, what if, long ago": _instead(
        (safety, "standing", lambda *_, **__: context.Standing.PRESENT),
        (safety, "names_a_thing", lambda *_, **__: False),
    ),
    "readings taken at home": _instead((vitals, "found", lambda *_: [])),
    "menu digits": _instead((numbers, "choice", lambda *_: None)),
    "survey scores": _instead((survey, "score", lambda *_: None)),
    "guards": _instead((lexicon.Concept, "unguarded", _all_hits)),
    "figures of speech": _instead((lexicon, "_literal", lambda concept, spans, figures, well: spans)),
    "outstanding question": _instead((lexicon.Lexicon, "hits", lambda self, text, context: _hits(self, text, None))),
    "weights of comments": _instead((intents, "commented", lambda found, *_, **__: found)),
    "time grammar": _instead((when, "window", lambda *_, **__: None)),
    "second opinion": _instead(
        (second_opinion, "asks_for_a_person", lambda text: None), (second_opinion, "hears_a_symptom", lambda text: None)
    ),
}


if __name__ == "__main__":
    main()
