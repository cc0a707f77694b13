"""`python -m tests.opinion_training` trains the linear models and writes opinion.tsv and comments.tsv of the understanding's data.

The second opinion learns from the lexicons' own pattern lines (clinical ones are positive, phrases and guards negative) in the
slang of short messages, from the development messages and from the programs' transcripts; the weights of comments from
development comments and surveys. The same seed gives the same files. The held-back half is never read.
"""

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from workflows import understanding
from workflows.understanding import Urgency, anchors, comments, data_files, language, lexicon, linear, second_opinion
from workflows.understanding.normalise import normal_form

DEVELOPMENT = sorted((Path(__file__).parent / "data" / "replies").glob("dev_*.jsonl"))
NOON = datetime(2026, 3, 11, 12)
EACH = 12  # drawn examples of a pattern line
KEPT = 9_000  # features with the largest weights
CLINICAL = {"emergency", "urgent", "clinical"}

Example = tuple[tuple[str, ...], bool, float]


class Pace(NamedTuple):
    """How fast the training goes."""

    rounds: int
    rate: float
    shrink: float


def main() -> None:
    """Train and write both tables."""
    rng = random.Random(20261126)
    opinion = train([*drawn(rng), *development(), *everyday()], rng, Pace(rounds=8, rate=0.25, shrink=2e-5))
    write(second_opinion.TABLE, opinion, "the second opinion")
    judged = train([*remarks()], rng, Pace(rounds=12, rate=0.1, shrink=1e-2))
    write(comments.TABLE, judged, "what makes a comment a complaint")


def write(name: str, weights: dict[str, float], what: str) -> None:
    """The largest weights as a table of data."""
    kept = sorted(weights.items(), key=lambda pair: (-abs(pair[1]), pair[0]))[:KEPT]
    head = f"# Weights of {what} in hundredths of log-odds; made by `python -m tests.opinion_training`.\n"
    lines = sorted(f"{feature}\t{round(100 * weight)}\n" for feature, weight in kept if round(100 * weight))
    (data_files.FOLDER / name).write_text(head + "".join(lines), "utf-8")


def remarks() -> Iterator[Example]:
    """Comments, and the survey replies among the development messages: is it a complaint?"""
    for row in _rows():
        complaint = row.get("complaint")
        if complaint is None and row.get("context") == "survey_0_10" and "labels" in row:
            complaint = "complaint" in row["labels"]
        if complaint is not None:
            text = normal_form(row["text"]).normal
            weighed = comments.of(text)
            yield (*_seen(text), *comments.counted(weighed.for_us, weighed.against)), complaint, 1.0


def drawn(rng: random.Random) -> Iterator[Example]:
    """Messages put together from the pattern lines, a few plain words around them."""
    for concept in lexicon.everything().concepts:
        clinical = concept.kind == "clinical"
        for pattern in concept.patterns:
            for _ in range(EACH // 4 if concept.kind == "figures" else EACH):
                yield _seen(_around(anchors.draw(pattern.line, rng), rng)), clinical, 1.0
        for guard in concept.guards if clinical else ():
            for _ in range(EACH // 2):
                yield _seen(_around(anchors.draw(guard.line, rng), rng)), False, 1.0


def everyday() -> Iterator[Example]:
    """What patients say in the programs' own transcripts, where no rule hears the body: nothing there may be asked about."""
    for path in sorted((Path(__file__).parent / "data" / "transcripts").glob("*.yaml")):
        for text in sorted(set(_texts(data_files.parsed(path)))):
            if (
                understanding.read(text, context="appointment_confirm", ref=NOON).urgency.weight
                < Urgency.CLINICAL.weight
            ):
                yield _seen(normal_form(text).normal), False, 12.0


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (str(part[tongue]) for tongue in ("en", "es") if tongue in part)
        for inner in part.values():
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)


def development() -> Iterator[Example]:
    """The labelled development messages, each counted many times over: they are what people write."""
    for row in _rows():
        if "urgency" in row:
            yield _seen(normal_form(row["text"]).normal), row["urgency"] in CLINICAL, 4.0
        elif "complaint" not in row:  # ordinary texts between friends
            yield _seen(normal_form(row["text"]).normal), False, 2.0


def _rows() -> Iterator[dict[str, Any]]:
    for path in DEVELOPMENT:
        yield from (json.loads(line) for line in path.read_text("utf-8").splitlines())


def _around(words: str, rng: random.Random) -> str:
    plain = sorted(language.common(rng.choice(("en", "es"))))
    before, after = rng.choices(plain, k=rng.randint(0, 4)), rng.choices(plain, k=rng.randint(0, 4))
    return " ".join([*before, words, *after])


def _seen(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(linear.features(text))))


def train(examples: list[Example], rng: random.Random, pace: Pace) -> dict[str, float]:
    """Logistic regression by adaptive gradient steps, a shrinking pull to zero on what is seen; the mean of the later rounds."""
    weights, squares, mean = (
        defaultdict[str, float](float),
        defaultdict[str, float](float),
        defaultdict[str, float](float),
    )
    late = range(pace.rounds // 2, pace.rounds)
    for number in range(pace.rounds):
        rng.shuffle(examples)
        for features, clinical, worth in examples:
            score = weights[linear.BIAS] + sum(weights[f] for f in features)
            error = worth * ((1.0 if clinical else 0.0) - 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))))
            for feature in (*features, linear.BIAS):
                step = error - pace.shrink * weights[feature]
                squares[feature] += step * step
                weights[feature] += pace.rate * step / math.sqrt(squares[feature] + 1e-6)
        for feature, weight in weights.items() if number in late else ():
            mean[feature] += weight / len(late)
    return mean


if __name__ == "__main__":
    main()
