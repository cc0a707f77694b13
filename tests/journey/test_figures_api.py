"""Other systems read figures: as docs/api.md has it, with a token for that alone, and a sentence for what cannot be answered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from sandbox.tls import TLS
from tests.world import World
from workflows import sources
from workflows.kpis import readers
from workflows.kpis.definitions import KPIS

pytestmark = pytest.mark.phi("any")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
Answer = tuple[int, dict[str, Any]]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The answer's schema, with what it points at."""
    page = PAGE.read_text("utf-8").split("# `GET /v1/kpis`")[1]
    api: dict[str, Any] = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    answer = api["paths"]["/v1/kpis"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return {**answer, "components": api["components"]}


class Warehouse:
    """A system that reads figures."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http = httpx.Client(verify=TLS, base_url=world.theatre.web.url, timeout=15, trust_env=False)
        with world.begin() as session:
            self.token = readers.add(session, "warehouse", sees_owners=False, actor="test")
            self.managers = readers.add(session, "managers", sees_owners=True, actor="test")

    def get(self, *, token: str | None = None, **asked: str) -> Answer:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        answer = self.http.get("/v1/kpis", params=asked, headers=headers)
        assert answer.headers["cache-control"] == "no-store"
        return answer.status_code, answer.json()


@pytest.fixture
def warehouse(world: World) -> Iterator[Warehouse]:
    made = Warehouse(world)
    yield made
    made.http.close()


def begun(world: World) -> None:
    """Somebody has missed a visit and was texted."""
    world.no_show("story")
    assert world.texts("story")


def test_every_kpi_is_there_as_described_and_none_is_a_made_up_number(
    world: World, warehouse: Warehouse, described: dict[str, Any]
) -> None:
    begun(world)

    status, told = warehouse.get()

    assert status == 200
    jsonschema.validate(told, described)
    assert {row["kpi"] for row in told["rows"]} == set(KPIS)
    assert all(row["note"] for row in told["rows"] if row["value"] is None)


def test_several_splits_are_a_block_of_rows_each(world: World, warehouse: Warehouse) -> None:
    begun(world)

    status, told = warehouse.get(by="source,language", program="no_show")

    assert status == 200
    cuts = [row["group"].partition("=")[0] for row in told["rows"]]
    assert cuts == sorted(cuts, key=["source", "language"].index)
    assert set(cuts) == {"source", "language"}


@pytest.mark.parametrize(
    ("asked", "say"),
    [
        ({"program": "horoscope"}, "There is no program horoscope. Say one of: "),
        ({"from": "2020-01-01", "to": "2020-02-01"}, "There is nothing before 2026-"),
        ({"from": "2031-01-01"}, "has not begun"),
        ({"from": "2031-01-01", "to": "2031-02-01"}, "has not begun"),
        ({"from": "2026-11-30", "to": "2026-11-01"}, "ends before it begins"),
        ({"from": "yesterday"}, "Write it like 2026-11-30"),
        ({"by": "shoe_size"}, "Say one of: source, "),
        ({"colour": "blue"}, "Known are: program, from, to, by"),
    ],
)
def test_what_cannot_be_answered_gets_a_sentence(
    world: World, warehouse: Warehouse, asked: dict[str, str], say: str
) -> None:
    begun(world)

    status, told = warehouse.get(**asked)

    assert (status, told["error"]) == (422, "refused")
    assert say in told["say"]


def test_figures_by_team_are_for_tokens_that_may_see_them(world: World, warehouse: Warehouse) -> None:
    begun(world)

    status, told = warehouse.get(by="source,owner")

    assert (status, told["error"]) == (403, "not_allowed")
    assert warehouse.get(by="person")[0] == 403
    assert warehouse.get(by="owner,person", token=warehouse.managers)[0] == 200


def test_only_a_live_readers_token_opens_it(world: World, warehouse: Warehouse) -> None:
    with world.begin() as session:
        starts = sources.add(session, "crm", programs=["no_show"], owner="crm_team", actor="test")
        readers.revoke(session, "managers", actor="test")

    assert [warehouse.get(token=one)[0] for one in (starts, "guess", warehouse.managers)] == [401, 401, 401]
    assert warehouse.http.get("/v1/kpis").status_code == 401
