"""`python -m tests.misses FILE…`: each line of labelled files that is read otherwise than labelled, as Markdown for docs/safety.md.

First the lines whose decision differs, by what is wrong with it; then those where only labels differ.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from workflows.understanding import scoring
from workflows.understanding.readings import Urgency
from workflows.understanding.scoring import FLAGGED, Judged

_Test = Callable[[Judged], bool]
KINDS: tuple[tuple[str, _Test], ...] = (
    ("Emergencies read as less", lambda j: j.wanted is Urgency.EMERGENCY and j.reading.urgency is not j.wanted),
    ("Matters of the body not flagged", lambda j: j.wanted.weight >= FLAGGED > j.reading.urgency.weight),
    ("Taken for an emergency", lambda j: j.reading.urgency is Urgency.EMERGENCY and j.wanted is not Urgency.EMERGENCY),
    ("Taken for a matter of the body", lambda j: j.reading.urgency.weight >= FLAGGED > j.wanted.weight),
    ("Flagged, at another tier", lambda j: j.wanted is not j.reading.urgency and j.wanted.weight >= FLAGGED),
    ("Desk work taken for nothing, or nothing for desk work", lambda j: j.wanted is not j.reading.urgency),
    ("Opt-outs", lambda j: j.reading.opt_out != j.row["opt_out"]),
    ("Survey scores", lambda j: j.reading.score != j.row["score"]),
    ("Times", lambda j: not scoring.same_time(j)),
    ("Only labels", lambda j: set(j.reading.intents) != j.labels),
)


def main() -> None:
    """Print one list a kind; a line stands in the first that it fits."""
    rows = [json.loads(line) for path in sys.argv[1:] for line in Path(path).read_text("utf-8").splitlines()]
    left = scoring.judged(rows)
    for title, test in KINDS:
        found = [j for j in left if test(j)]
        left = [j for j in left if not test(j)]
        if found:
            sys.stdout.write(f"\n**{title}** ({len(found)})\n\n" + "\n".join(_lines(found, title)) + "\n")


def _lines(found: Iterable[Judged], title: str) -> Iterable[str]:
    for j in found:
        asked = j.row["context"] or "nothing asked"
        text = " ".join(j.row["text"].split()).replace("|", "/")
        yield f"- {text} *({asked})*: {_difference(j, title)}"


def _difference(j: Judged, title: str) -> str:
    if title == "Only labels":
        missing, extra = sorted(j.labels - set(j.reading.intents)), sorted(set(j.reading.intents) - j.labels)
        return "; ".join(
            part for part in (missing and f"not {', '.join(missing)}", extra and f"read {', '.join(extra)}") if part
        )
    if title == "Times":
        return f"{j.row.get('when') or 'no time'} → {scoring.iso(j.reading) or 'none'}"
    if title == "Survey scores":
        return f"{j.row['score']} → {j.reading.score}"
    if title == "Opt-outs":
        return "no stop wanted" if j.reading.opt_out else "stop not read"
    return f"{j.wanted.value} → {j.reading.urgency.value}{', review' if j.reading.review else ''}"


if __name__ == "__main__":
    main()
