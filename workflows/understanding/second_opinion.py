"""A trained second reader: it may ask for a person where the lexicon saw no clinical matter, and nothing else.

Its weights (data/opinion.tsv) are made by `python -m tests.opinion_training` from the lexicons' own patterns and the development
messages.
"""

from workflows.understanding import linear

TABLE = "opinion.tsv"
SURE = 1.0  # log-odds from which a person is asked, set by cross-validation on the development messages


def asks_for_a_person(text: str) -> tuple[int, int] | None:
    """Where the word stands that makes a normal text sound most like a matter of the body; None when it does not sound so."""
    total, span = linear.model(TABLE).odds(text)
    return span if total > SURE else None
