"""A dental office names its pack in the organisation file; its patients read a dental office's words."""

from pathlib import Path

import pytest

from core.errors import Misconfigured
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
