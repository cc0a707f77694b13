"""`/outreach ehr status`: when the mirror was read, what the EHR serves, and what waits to be written there."""

from sqlalchemy.orm import Session

from bot import times
from handlers.commands.outreach import MANAGE, Verb
from workflows import ehr_status
from workflows.ehr_status import Status
from workflows.roles import Verb as Right
from workflows.roles import demand
from workflows.staff import Who

USAGE = "`/outreach ehr status`: when the EHR was last read, what it serves, what waits to be written."


def answer(session: Session, rest: str, who: Who) -> str:
    """Facts of our own rows; the EHR itself is not asked."""
    demand(who.role, Right.READ_CASE)
    return "\n".join(_lines(ehr_status.of(session))) if rest in ("", "status") else USAGE


def _lines(status: Status) -> list[str]:
    read = [(feed.resource, feed.age) for feed in status.feeds if feed.served and feed.age is not None]
    not_served = [feed.resource for feed in status.feeds if not feed.served]
    if not read:
        return ["The EHR has not been read yet. Texts wait until it was; a person in charge of the server can look."]
    (oldest, oldest_age), (newest, newest_age) = read[0], read[-1]
    lacks = f"; it does not serve {', '.join(sorted(not_served))}" if not_served else ""
    return [
        f"*EHR*: last read {times.span(newest_age)} ago ({newest}).",
        f"Oldest part of the mirror: {oldest}, {times.span(oldest_age)} ago.",
        f"It serves {', '.join(sorted(resource for resource, _ in read))}{lacks}.",
        f"Writes: {status.waiting} waiting ({status.trying_again} tried before), {status.given_up} given up.",
        f"Open cases whose record has to be made by hand: {status.manual}.",
    ]


VERB = Verb("ehr", USAGE, answer, MANAGE)
