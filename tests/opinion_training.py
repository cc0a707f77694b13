"""`python -m tests.opinion_training` trains the second opinion and writes workflows/understanding/data/opinion.tsv.

Examples are drawn from the lexicons' own pattern lines (clinical ones are positive, phrases and guards negative) in the slang
of short messages, and from the development messages. The same seed gives the same file. The held-back half is never read.
"""

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from workflows.understanding import anchors, data_files, language, lexicon, second_opinion
from workflows.understanding.normalise import normal_form

DEVELOPMENT = sorted((Path(__file__).parent / "data" / "replies").glob("dev_*.jsonl"))
EACH = 12  # drawn examples of a pattern line
ROUNDS = 6
RATE, SHRINK = 0.25, 2e-5
KEPT = 9_000  # features with the largest weights
CLINICAL = {"emergency", "urgent", "clinical"}

Example = tuple[tuple[str, ...], bool, float]


def main() -> None:
    """Train and write the weights."""
    rng = random.Random(20261126)
    examples = [*drawn(rng), *development()]
    weights = train(examples, rng)
    kept = sorted(weights.items(), key=lambda pair: (-abs(pair[1]), pair[0]))[:KEPT]
    head = "# Weights of the second opinion in hundredths of log-odds; made by `python -m tests.opinion_training`.\n"
    lines = sorted(f"{feature}\t{round(100 * weight)}\n" for feature, weight in kept if round(100 * weight))
    (data_files.FOLDER / "opinion.tsv").write_text(head + "".join(lines), "utf-8")


def drawn(rng: random.Random) -> Iterator[Example]:
    """Messages put together from the pattern lines, a few plain words around them."""
    for concept in lexicon.everything().concepts:
        clinical = concept.kind == "clinical"
        for pattern in concept.patterns:
            for _ in range(EACH):
                yield _seen(_around(anchors.draw(pattern.line, rng), rng)), clinical, 1.0
        for guard in concept.guards if clinical else ():
            for _ in range(EACH // 2):
                yield _seen(_around(anchors.draw(guard.line, rng), rng)), False, 1.0


def development() -> Iterator[Example]:
    """The labelled development messages, each counted many times over: they are what people write."""
    for path in DEVELOPMENT:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if "urgency" in row:
                yield _seen(normal_form(row["text"]).normal), row["urgency"] in CLINICAL, 4.0


def _around(words: str, rng: random.Random) -> str:
    plain = sorted(language.common(rng.choice(("en", "es"))))
    before, after = rng.choices(plain, k=rng.randint(0, 4)), rng.choices(plain, k=rng.randint(0, 4))
    return " ".join([*before, words, *after])


def _seen(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(second_opinion.features(text))))


def train(examples: list[Example], rng: random.Random) -> dict[str, float]:
    """Logistic regression by adaptive gradient steps, a shrinking pull to zero on what is seen."""
    weights, squares = defaultdict[str, float](float), defaultdict[str, float](float)
    for _ in range(ROUNDS):
        rng.shuffle(examples)
        for features, clinical, worth in examples:
            score = weights[second_opinion.BIAS] + sum(weights[f] for f in features)
            error = worth * ((1.0 if clinical else 0.0) - 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))))
            for feature in (*features, second_opinion.BIAS):
                step = error - SHRINK * weights[feature]
                squares[feature] += step * step
                weights[feature] += RATE * step / math.sqrt(squares[feature] + 1e-6)
    return weights


if __name__ == "__main__":
    main()
