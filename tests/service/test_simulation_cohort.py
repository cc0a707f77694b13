"""`app.py simulate --cohort`: as many modelled patients as the cohort has, with its languages and places, and nothing of anybody."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.errors import Refused
from handlers.cli.commands.simulate import COMMAND
from handlers.cli.root import Root
from storage.tables import CohortEntry, CohortRun
from tests import campaign_desk, factories
from tests.service.desk import Desk
from workflows import cohorts

NO_SHOW = str(Path(__file__).resolve().parents[2] / "workflows" / "programs" / "no_show.yaml")


def listed(desk: Desk) -> None:
    """A list of six: three here, two in Denver who speak Spanish, one whom no text reaches."""
    with desk.begin() as session:
        cohort = campaign_desk.a_list(session, code="overdue")
        people = campaign_desk.people(session, 3)
        west: dict[str, Any] = {
            "language": "es-MX",
            "state": "CO",
            "zip": None,
            "zip3": None,
            "stated_zone": "America/Denver",
        }
        people += [factories.a_patient(session, phone=f"+1303555010{n}", **west).id for n in range(2)]
        people += [factories.a_patient(session, phone=None).id]
        session.add_all(CohortEntry(org_id=cohort.org_id, cohort_id=cohort.id, patient_id=one) for one in people)


def typed(desk: Desk, *words: str) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(COMMAND, [NO_SHOW, *words], obj=root)


def test_a_cohort_gives_size_languages_and_places_and_nothing_is_kept(desk: Desk) -> None:
    listed(desk)

    done = typed(desk, "--cohort", "overdue", "--json")

    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["patients"] == sum(found["outcomes"].values()) + found["running"] == 6
    told = {name: found["cohort"][name] for name in ("patients", "languages", "places", "no_number")}
    assert told == {"patients": 6, "languages": {"en": 4, "es": 2}, "places": 2, "no_number": 0.167}
    assert not any(secret in done.stdout for secret in ("555", "60601", "303", "312"))
    with desk.begin() as session:
        assert session.query(CohortRun).count() == 0


def test_the_last_run_counts_and_a_number_of_patients_goes_before_it(desk: Desk) -> None:
    listed(desk)
    with desk.begin() as session:
        cohorts.evaluate(session, cohorts.by_code(session, "overdue").id)
        session.query(CohortEntry).delete()

    done = typed(desk, "--cohort", "overdue", "--patients", "40")

    assert done.stdout.startswith(
        "Like cohort overdue of 2026-11-23 (UTC): 6 patients (en 4, es 2), 17% without a number to text.\n"
    )
    assert "no_show: 40 patients" in done.stdout


def test_a_cohort_without_anybody_is_refused(desk: Desk) -> None:
    with desk.begin() as session:
        campaign_desk.a_list(session, code="empty")

    with pytest.raises(Refused, match="Nobody is in cohort 'empty'"):
        CliRunner().invoke(
            COMMAND, [NO_SHOW, "--cohort", "empty"], catch_exceptions=False,
            obj=Root(settings=lambda *_: None, database=lambda _: desk.db),  # type: ignore[arg-type]
        )  # fmt: skip
