"""A dental office names its pack in the organisation file; its patients read a dental office's words."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import Misconfigured, Refused
from handlers.cli import organisation
from tests.theatre import write_facts
from tests.world import World

pytestmark = pytest.mark.phi("any")


@pytest.mark.phi("none")
@pytest.mark.req("S123", by="workflows.packs.installing:install")
def test_a_patient_of_a_dental_office_reads_what_the_dental_pack_words(world: World, tmp_path: Path) -> None:
    organisation.apply(world.deps.db, write_facts(tmp_path, world.theatre.facts | {"pack": "dental"}))

    world.no_show("story")
    world.no_show("spanish")

    assert (
        "we're sorry we didn't see you at our office. Reply 1 for a new time, 2 for a call." in world.texts("story")[0]
    )
    assert "sentimos no haberle visto en el consultorio. Responda 1 para otra cita" in world.texts("spanish")[0]


@pytest.mark.phi("none")
def test_an_organisation_without_a_team_that_cases_go_to_is_refused(world: World, tmp_path: Path) -> None:
    facts = world.theatre.facts
    nowhere = facts | {
        "teams": [team for team in facts["teams"] if team["code"] != "clinical"],
        "slack": facts["slack"] | {"team_id": "T0ANOTHER01"},
    }

    with pytest.raises(Misconfigured, match="there is no team clinical"):
        organisation.apply(world.deps.db, write_facts(tmp_path, nowhere))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "twilio.account belongs to another organisation already"),  # the last thing that is written
        ({"answers": "nowhere.yaml"}, "nowhere.yaml"),
        ({"pack": "no_such_pack"}, "no_such_pack"),
        ({"sla": {"red_flag": "soon"}}, "sla"),
    ],
)
def test_a_file_that_is_refused_late_leaves_no_organisation_behind(
    world: World, tmp_path: Path, wrong: dict[str, Any], why: str
) -> None:
    facts = world.theatre.facts
    another = facts | {"slack": facts["slack"] | {"team_id": "T0ANOTHER01"}} | wrong
    before = world.deps.db.orgs()

    with pytest.raises((Misconfigured, Refused, OSError), match=why):
        organisation.apply(world.deps.db, write_facts(tmp_path, another))

    assert world.deps.db.orgs() == before
    assert world.deps.db.route("slack.team", "T0ANOTHER01") is None
