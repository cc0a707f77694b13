"""What the scenes look for on cards, in modals, in the chart and in the ledger; and how a form is filled in."""

from datetime import datetime

from sandbox.clinic import Person
from sandbox.story import Failed, Json, Stage


def decided(stage: Stage, person: Person, *wanted: str) -> bool:
    """Whether the no-show program's ledger has all these decisions."""
    told = [entry["what"] for entry in stage.why(person, "no_show")["entries"]]
    return all(any(want in what for what in told) for want in wanted)


def entries(stage: Stage, person: Person, kind: str) -> list[Json]:
    """The ledger's entries of one kind."""
    return [entry for entry in stage.why(person, "no_show")["entries"] if entry["kind"] == kind]


def elements(card: Json) -> list[Json]:
    """A card's buttons and menus."""
    return [element for block in card["blocks"] if block["type"] == "actions" for element in block["elements"]]


def buttons(card: Json) -> set[str]:
    """Their action ids."""
    return {element["action_id"] for element in elements(card)}


def value(card: Json, action: str) -> str:
    """What a button carries."""
    return str(next(element["value"] for element in elements(card) if element["action_id"] == action))


def block(card: Json, action: str) -> str:
    """The block a button stands in."""
    for block in card["blocks"]:
        if any(element.get("action_id") == action for element in block.get("elements", [])):
            return str(block.get("block_id", ""))
    raise Failed(f"the card has no {action}")


def top_view(stage: Stage, user: str) -> Json | None:
    """The modal a person looks at."""
    views = stage.state()["slack"]["views"].get(user) or []
    return views[-1] if views else None


def fill_in(stage: Stage, user: str, **answers: str) -> None:
    """Answer the fields of the modal a person looks at, each named by the end of its block's id, and send it; the rest stays as it is."""
    opened = top_view(stage, user)
    if opened is None:
        raise Failed("no form is open")
    values: Json = {}
    for block in opened["view"]["blocks"]:
        name = str(block.get("block_id", "")).rpartition(".")[2]
        if block["type"] == "input" and name in answers:
            values[block["block_id"]] = {block["element"]["action_id"]: answers.pop(name)}
    if answers:
        raise Failed(f"the form does not ask for {', '.join(answers)}")
    stage.post("/act/slack/submit", {"user": user, "view_id": opened["id"], "values": values})


def choices(opened: Json) -> list[str]:
    """The values a modal's first field offers."""
    block = next(b for b in opened["view"]["blocks"] if b["type"] == "input")
    return [option["value"] for option in block["element"]["options"]]


def free_slot(stage: Stage, after: datetime) -> str:
    """The id of the first slot in the chart that is free after an instant."""
    slots = [one for one in stage.state()["ehr"]["slots"] if one["status"] == "free"]
    return str(min((s for s in slots if datetime.fromisoformat(s["start"]) > after), key=lambda s: s["start"])["id"])


def new_visit(stage: Stage, person: Person, before: set[str]) -> Json | None:
    """The one appointment that was not there before."""
    visits = stage.found("Appointment", patient=f"Patient/{person.patient}")
    new: list[Json] = [visit for visit in visits if visit["id"] not in before]
    if len(new) > 1:
        raise Failed("more than one new appointment")
    return new[0] if new and new[0]["status"] == "booked" else None
