"""`app.py campaign`: the same steps as in Slack, shown first and kept only with --yes."""

import json
from typing import Any

from click.testing import CliRunner, Result

from handlers.cli.commands.campaign import COMMAND
from handlers.cli.root import Root
from storage.tables import Campaign, CohortEntry
from tests.campaign_desk import a_list, a_manager, people, publish
from tests.service.desk import Desk

BY = "u0manager@clinic.example"


def typed(desk: Desk, *words: str) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(COMMAND, words, obj=root)


def said(desk: Desk, *words: str) -> dict[str, Any]:
    done = typed(desk, *words, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ready(desk: Desk) -> tuple[str, ...]:
    """A list of three patients, and the words that preview a recall of them."""
    with desk.begin() as session:
        publish(session)
        a_manager(session)
        cohort = a_list(session)
        session.add_all(
            CohortEntry(org_id=cohort.org_id, cohort_id=cohort.id, patient_id=patient) for patient in people(session, 3)
        )
        named = cohort.code
    asked = ("--program", "checkup", "--cohort", named, "--reason", "Overdue", "--population", "Adults")
    return ("preview", *asked, "--by", BY)


def campaigns_there(desk: Desk) -> int:
    with desk.begin() as session:
        return session.query(Campaign).count()


def test_a_preview_without_yes_is_shown_and_not_kept(desk: Desk) -> None:
    shown = said(desk, *ready(desk))

    assert (shown["state"], shown["plan"]["texts"]) == ("previewed", 3)
    assert campaigns_there(desk) == 0


def test_from_preview_to_stop(desk: Desk) -> None:
    number = str(said(desk, *ready(desk), "--yes")["campaign"])

    assert said(desk, "launch", number, "--by", BY, "--yes")["state"] == "launching"
    assert said(desk, "pause", number, "--by", BY, "--yes")["state"] == "paused"
    assert said(desk, "resume", number, "--by", BY, "--reason", "checked", "--yes")["state"] == "launching"
    assert said(desk, "stop", number, "--by", BY, "--reason", "enough", "--yes")["state"] == "stopped"
    assert said(desk, "status", number)["counts"]["contacted"] == 0


def test_a_refusal_is_said_and_the_command_fails(desk: Desk) -> None:
    number = str(said(desk, *ready(desk), "--yes")["campaign"])

    done = typed(desk, "resume", number, "--by", BY, "--reason", "checked", "--yes")

    assert done.exit_code == 1
    assert "waiting to be launched" in done.output
