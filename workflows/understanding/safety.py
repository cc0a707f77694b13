import re
from collections.abc import Iterable
from dataclasses import dataclass

from workflows.understanding import vitals
from workflows.understanding.context import Standing, names_a_thing, standing
from workflows.understanding.lexicon import Concept, Hit
from workflows.understanding.readings import Urgency


@dataclass(frozen=True, slots=True)
class Sign:
    """A clinical concept that stands in the text, with the tier left after its context was weighed."""

    label: str
    rule: str
    tier: Urgency
    start: int
    end: int
    doubtful: bool

    def is_(self, standing: Standing) -> bool:
        """Whether it was left in this standing: of an earlier time, or of a case that may come."""
        return self.rule.endswith(f".{standing.value}")


def signs(hits: Iterable[Hit], text: str, context: str | None) -> tuple[list[Sign], bool]:
    """The clinical signs among the hits of a normal text, and whether one is denied or gone.

    Weaker signs that a stronger one covers are left out. A hypothetical or past emergency is clinical and doubtful; a
    resolved one too, for a nurse to judge.
    """
    found: list[Sign] = []
    well = False
    enough: dict[str, int] = {}
    for hit in hits:
        concept = hit.concept
        if concept.kind != "clinical" or enough.get(concept.name, 0) == _ENOUGH:
            continue
        strict = concept.tier is Urgency.EMERGENCY
        if concept.label not in _ALWAYS_MEANT and names_a_thing(text, hit.start, hit.end, strict=strict):
            continue
        sign = _weighed(concept, text, (hit.start, hit.end))
        well = well or sign is None
        if sign:
            found.append(sign)
            enough[concept.name] = enough.get(concept.name, 0) + (sign.tier is concept.tier)
    labels = {Urgency.EMERGENCY: "emergency", Urgency.URGENT: "urgent_symptom"}
    found += [
        Sign(labels.get(tier, "symptom"), rule, tier, start, end, False)
        for rule, tier, start, end in vitals.found(text, context)
    ]
    return _strongest(found), well


def _weighed(concept: Concept, text: str, span: tuple[int, int]) -> Sign | None:
    start, end = span
    strict = concept.tier is Urgency.EMERGENCY
    stands = standing(text, start, end, strict=strict) if concept.negatable else Standing.PRESENT
    if (
        stands is Standing.RESOLVED
        and concept.label == "mental_health"
        and strict
        and not _BEFORE.search(text[:start][-_NEAR:])
    ):
        stands = Standing.PRESENT  # "nobody would care if i disappeared": what is gone there is a life
    if stands is Standing.PRESENT:
        return Sign(concept.label, concept.rule, concept.tier, start, end, False)
    if stands is Standing.NEGATED or (stands is Standing.RESOLVED and not strict):
        return None
    label = "symptom" if concept.label in ("emergency", "urgent_symptom", "pain") else concept.label
    return Sign(label, f"{concept.rule}.{stands.value}", Urgency.CLINICAL, start, end, strict)


def _strongest(found: list[Sign]) -> list[Sign]:
    found = sorted(found, key=lambda s: (-s.tier.weight, s.start))
    if len(found) > _MANY:  # a flood of hits: the strongest speak for the rest
        found = found[:_MANY]
    kept: list[Sign] = []
    for sign in found:
        if not any(k.start < sign.end and sign.start < k.end and k.tier.weight > sign.tier.weight for k in kept):
            kept.append(sign)
    return kept


_ALWAYS_MEANT = frozenset(
    ("mental_health", "abuse")
)  # who asks for help against these may well ask for a class or a form
_BEFORE = re.compile(
    r"(?<!\w)(?:was|were|had|used to|been|those|the|my|any|tuve|tenia|estaba|estuve|los|las|esos|esas)(?: \w+){0,3} ?$"
)
_NEAR = 60  # characters before a wish to die that may say that it is over
_MANY = 40
_ENOUGH = 10  # present hits of one concept; its tier is certain by then


def labels(found: Iterable[Sign]) -> list[str]:
    """The intents of the signs: what a stronger label already says is not said again."""
    names = list(dict.fromkeys(s.label for s in found))
    drop: set[str] = set()
    if "emergency" in names or "mental_health" in names:
        drop |= {"urgent_symptom", "complication", "symptom", "pain"}
    if "emergency" in names:
        drop.add("medication")
    if {"urgent_symptom", "complication", "medication", "abuse"} & set(names):
        drop |= {"symptom", "pain"}
    if "abuse" in names:
        drop.add("medication")
    if "pain" in names:
        drop.add("symptom")
    return [name for name in names if name not in drop]
