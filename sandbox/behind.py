"""The history behind a demo: what is to be played before it begins, and whether it was, to its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.errors import Misconfigured
from sandbox.past import past
from sandbox.roster import BRANCH, ORGANISATION

if TYPE_CHECKING:
    from sandbox.demo import Place

SCRIPT, PAST = "history.json", "past.json"  # of a history that is played; the second is written when it came to its end
PILOT = {"runs": 100, "review_all": 25, "sample_every": 5, "min_reviewed": 25}
"""While a history is played each program is piloted first; the demo itself goes on without pilots."""

SECOND = {"ehr_id": BRANCH[0], "name": BRANCH[1], "zip": BRANCH[3], "zone": ORGANISATION.zone}
OVER = "--with-history --reset plays a whole one, --reset alone begins without one"


@dataclass(frozen=True)
class History:
    """What is played before a demo begins: so many weeks, with so many patients beside the story's, by this seed."""

    weeks: int = 26
    patients: int = 100
    seed: int = 1


def demand_whole(place: "Place", history: History | None) -> None:
    """Refuse to go on with part of a history, and to put one before a demo that has begun; one that is there already is kept."""
    played = place.file(PAST).exists()
    if place.file(SCRIPT).exists() and not played:
        what = "The history of this demo was stopped before its end, so its figures are of a part of it"
        raise Misconfigured(what, fix=f"Start over: {OVER}.")
    if history is not None and place.file("demo.json").exists() and not played:
        fix = "Go on without --with-history, or start over with --with-history --reset."
        raise Misconfigured(
            "There is a demo here already, without a history: one can only be played before it", fix=fix
        )


def script_of(history: History, organisation: dict[str, Any], *, opens: datetime) -> dict[str, Any]:
    """What is to be played, and the consents of its patients."""
    begins = opens - timedelta(weeks=history.weeks)
    who = past(history.patients, seed=history.seed, before=begins)
    return {
        "begins": begins.isoformat(),
        "ends": opens.isoformat(),
        "zone": organisation["zone"],
        "seed": history.seed,
        "sites": [organisation["site"]["ehr_id"], SECOND["ehr_id"]],
        "patients": who.patients,
        "consents": who.consents,
    }
