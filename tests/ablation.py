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
    lexicon,
    normalise,
    numbers,
    opt_out,
    safety,
    scoring,
    second_opinion,
    spelling,
    tapbacks,
    when,
)

SHOWN = (
    "emergency recall, strict",
    "urgent + clinical flagged clinical",
    "urgent + clinical incl. review",
    "false clinical on non-clinical",
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
            normalise._token.cache_clear()
            out.write(_row(name, rows))
        normalise._token.cache_clear()


def _row(name: str, rows: list[dict[str, Any]]) -> str:
    found = scoring.judged(rows)
    shares = {figure.name: figure.share for figure in scoring.figures(found)}
    by_label = scoring.f1(found)
    cells = [f"{100 * shares[shown]:.1f}" for shown in SHOWN]
    return f"| {name} | " + " | ".join(cells) + f" | {sum(by_label.values()) / len(by_label):.3f} |\n"


def _instead(module: ModuleType | type, **parts: Any) -> Callable[[], Any]:
    @contextmanager
    def off() -> Iterator[None]:
        before = {name: getattr(module, name) for name in parts}
        for name, part in parts.items():
            setattr(module, name, part)
        try:
            yield
        finally:
            for name, part in before.items():
                setattr(module, name, part)

    return off


LAYERS: dict[str, Callable[[], Any]] = {
    "slang and emoji (normalise)": _instead(normalise, _words=lambda: ({}, {})),
    "spelling": _instead(spelling, right=lambda word: word),
    "tapbacks": _instead(tapbacks, split=lambda text: (None, text, 0)),
    "bare carrier words": _instead(opt_out, keyword=lambda text: None),
    "context (negation, resolved, …)": _instead(safety, standing=lambda *_, **__: context.Standing.PRESENT),
    "numbers (vitals, scores, digits)": _instead(
        numbers, vitals=lambda *_: [], score=lambda *_: None, choice=lambda *_: None
    ),
    "guards": _instead(lexicon.Concept, unguarded=lambda self, found, text: sorted(set(found))),
    "outstanding question": _instead(
        lexicon.Lexicon, hits=lambda self, text, context, _hits=lexicon.Lexicon.hits: _hits(self, text, None)
    ),
    "time grammar": _instead(when, window=lambda *_, **__: None),
    "second opinion": _instead(second_opinion, asks_for_a_person=lambda text: None),
}


if __name__ == "__main__":
    main()
