"""What a text was read as, in words, and the form with which staff correct it."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from handlers.pages.labels import GROUPS, WORDS
from handlers.pages.shell import Form
from workflows import corrections, said
from workflows.casefile import Said
from workflows.corrections import Meaning, Standing
from workflows.staff import Who
from workflows.understanding import Urgency

URGENCIES = {
    "emergency": "Emergency: 911 or 988, now",
    "urgent": "Urgent: a nurse the same day",
    "clinical": "Clinical: about the body or a medicine",
    "admin": "Desk: somebody has to act, not about the body",
    "none": "Nothing to do",
}
MEANING = "is."  # before a label in the name of its tick box


def line(standing: Standing) -> str:
    """What the text counts as, and who said so if it was not the machine alone."""
    row = standing.reading
    read = _said(Urgency(row.urgency), tuple(row.intents))
    unsure = ", unsure" if row.review else ""
    more = "".join(f" · {part}" for part in said.words(row.objection, row.next_step, row.promise))
    if standing.by is None:
        return f"Read as {read}{unsure}{more}"
    return f"{standing.by} corrected it to {_said(standing.means.urgency, standing.means.intents)} (read as {read}{unsure}){more}"


def _said(urgency: Urgency, intents: tuple[str, ...]) -> str:
    name = URGENCIES[urgency.value].partition(":")[0].lower()
    return f"{name}: {', '.join(WORDS.get(label, label) for label in intents)}"


def form(text: Said, typed: Form | None) -> dict[str, object] | None:
    """The form's choices for one text, as they were sent when it comes back refused; None for a text that was never read."""
    if text.read_as is None:
        return None
    means = text.read_as.means
    ticked = {name.removeprefix(MEANING) for name in typed if name.startswith(MEANING)} if typed else set(means.intents)
    urgency = typed.get("urgency", "") if typed else means.urgency.value
    note = typed.get("note", "") if typed else ""
    return {
        "message": show("msg", text.id),
        "urgencies": [(code, say, code == urgency) for code, say in URGENCIES.items()],
        "groups": [
            (group, [(MEANING + label, say, label in ticked) for label, say in labels.items()])
            for group, labels in GROUPS.items()
        ],
        "notes": [(code, say, code == note) for code, say in corrections.NOTES.items()],
    }


def correct(session: Session, case_id: UUID, who: Who, form: Form) -> object:
    """Take the form. Refused when it says what the text counts as already."""
    intents = tuple(name.removeprefix(MEANING) for name in form if name.startswith(MEANING))
    if form.get("urgency") not in URGENCIES:
        raise Refused("Pick how urgent it is. Nothing was changed.")
    means = Meaning(intents, Urgency(form["urgency"]))
    message_id = parse("msg", form.get("message", ""))
    made = corrections.correct(session, case_id, message_id, means=means, note=form.get("note", ""), by=who)
    if made is None:
        raise Refused("It counts as that already. Nothing was changed.")
    return made
