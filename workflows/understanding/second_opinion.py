"""A trained second reader: it may ask for a person where the lexicon saw no clinical matter, or call an answer to our question
how somebody feels a symptom, and nothing else.

Its weights (data/opinion.tsv) are made by `python -m tests.opinion_training` from the lexicons' own patterns and the development
messages.
"""

from workflows.understanding import linear

TABLE = "opinion.tsv"
SURE = 0.5  # log-odds from which a person is asked, set on the development messages
LIKELY = 0.0  # log-odds from which an answer to a symptom check that nothing else understood is one


def asks_for_a_person(text: str) -> tuple[int, int] | None:
    """Where the word stands that makes a normal text sound most like a matter of the body; None when it does not sound so."""
    return _heard(text, SURE)


def hears_a_symptom(text: str) -> tuple[int, int] | None:
    """The same of an answer to "how do you feel?": likely is enough."""
    return _heard(text, LIKELY)


def _heard(text: str, least: float) -> tuple[int, int] | None:
    total, span = linear.model(TABLE).odds(text)
    return span if total > least else None
