from collections.abc import Iterable
from dataclasses import dataclass, replace

from workflows.understanding import comments
from workflows.understanding.lexicon import Hit
from workflows.understanding.readings import Urgency

# What a bare digit means under each question (the texts of the programs number their answers this way).
_MENUS: dict[str, dict[int, str]] = {
    "appointment_confirm": {1: "confirm", 2: "reschedule", 3: "cancel"},
    "outreach_schedule": {1: "ready", 2: "human", 3: "defer"},
    "instruction_check": {1: "understood", 2: "not_understood", 3: "human"},
    "next_step_check": {1: "done", 2: "not_done", 3: "human"},
    "symptom_checkin": {1: "doing_well", 2: "symptom", 3: "human"},
}
_TIERS = {
    "confirm": Urgency.NONE,
    "defer": Urgency.NONE,
    "understood": Urgency.NONE,
    "done": Urgency.NONE,
    "doing_well": Urgency.NONE,
    "symptom": Urgency.CLINICAL,
}
_ANSWERS = frozenset(
    (
        "confirm",
        "ready",
        "understood",
        "not_understood",
        "done",
        "not_done",
        "doing_well",
        "decline_outreach",
        "cancel",
        "defer",
        "opt_out",
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """An intent and where it stood in the normal text."""

    label: str
    rule: str
    tier: Urgency
    start: int
    end: int


def menu(choice: int, context: str | None) -> Found | None:
    """The intent of a bare digit under a question, None when the question has no such answer."""
    label = _MENUS.get(context or "", {}).get(choice)
    return Found(label, f"menu.{label}", _TIERS.get(label, Urgency.ADMIN), 0, 1) if label else None


def phrases(hits: Iterable[Hit]) -> list[Found]:
    """The intents among the hits of a text; those that a stronger one explains are left out."""
    return _settled(
        [
            Found(hit.concept.label, hit.concept.rule, hit.concept.tier, hit.start, hit.end)
            for hit in hits
            if hit.concept.kind == "phrases"
        ]
    )


def commented(found: list[Found], text: str, *, score: int | None, clinical: bool) -> list[Found]:
    """The intents of a survey comment: the weight of all its words settles whether it is praise or a complaint.

    Beside a clinical sign the score counts for nothing: a low one is about the body, as likely as not.
    """
    weighed = comments.of(text)
    if clinical:
        score = None
    named = {f.label for f in found}
    said = comments.label(weighed, score) if len(text.split()) > (score is not None) else None
    wished = score is not None and score >= _HIGH and weighed.against < _MUCH_AGAINST
    if weighed.balance >= _CONTENT or wished:
        found = [f for f in found if f.label != "complaint"]
        named.discard("complaint")
        said = None if said == "complaint" else said
    if clinical and said == "complaint" and weighed.against < _BESIDE_A_SIGN:
        said = None
    where = weighed.worst if said == "complaint" else weighed.best
    if (
        said
        and said not in named
        and not named & _NO_OPINION
        and not (said == "praise" and named & {"complaint", "hostile"})
    ):
        tier = Urgency.ADMIN if said == "complaint" else Urgency.NONE
        found = [*found, Found(said, f"comment.{said}", tier, *(where or (0, len(text))))]
    return [f for f in found if not (f.label == "praise" and said == "complaint")]


def _settled(found: list[Found]) -> list[Found]:
    labels = {f.label for f in found}
    drop: set[str] = set()
    found = [f for f in found if f.rule != _LOOSE or labels <= _BESIDE_A_LOOSE_QUESTION]
    found += [replace(f, label="proxy") for f in found if f.label == "deceased"][:1]
    if labels & _ANSWERS or labels - {"ack", "greeting"}:
        drop.add("ack")
    for stronger, weaker in _BEATS.items():
        if stronger in labels:
            drop |= weaker
    return [f for f in found if f.label not in drop]


def beating(label: str) -> frozenset[str]:
    """The labels that a text is read as instead of this one when both are found."""
    return frozenset(stronger for stronger, weaker in _BEATS.items() if label in weaker)


_LOOSE = "intent.question_any"  # a question by its first word alone; what it asks for may be another label's matter
_BESIDE_A_LOOSE_QUESTION = frozenset(
    ("question", "thanks", "greeting", "proxy", "done", "confirm", "understood", "ready")
)
_BESIDE_A_SIGN = 2.5  # words such as "pain" speak of the body first
_NO_OPINION = frozenset(("opt_out", "opt_in", "hostile", "deceased", "wrong_number", "help"))  # what they say is plain
_HIGH, _MUCH_AGAINST = 9, 2.5  # with a 9 a little against us is a wish, no complaint
_CONTENT = 4.0  # a comment this much for us holds no complaint, whatever single words it has
_BEATS: dict[str, set[str]] = {
    "cancel": {"confirm"},
    "reschedule": {"confirm", "cancel", "ready"},
    "not_done": {"done"},
    "not_understood": {"understood", "question"},
    "deceased": {"doing_well", "done"},
    "decline_outreach": {"ready", "cancel"},
    "defer": {"ready"},
    "ready": {"human"},
    "help": {"question"},
    "billing": {"question"},
    "running_late": {"question"},
    "complaint": {"praise", "doing_well"},
    "doing_well": {"praise"},
}
