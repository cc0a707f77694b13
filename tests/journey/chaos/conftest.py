"""The stage of the chaos tests, and how large they are played: `-m chaos` asks for all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import databases
from tests.databases import Bells, Cluster
from tests.journey.chaos import provider, stage
from tests.journey.chaos.families import Family


@dataclass(frozen=True)
class Scale:
    """How many enrollments, random kills and patients who say STOP; how many texts wait at each walked boundary, and at most
    how many boundaries are walked.
    """

    enrollments: int
    kills: int
    stops: int
    batch: int
    boundaries: int


FULL = Scale(enrollments=500, kills=50, stops=60, batch=3, boundaries=1000)
SMALL = Scale(enrollments=60, kills=6, stops=8, batch=1, boundaries=8)


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> Scale:
    return FULL if "chaos" in (request.config.option.markexpr or "") else SMALL


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    """Where Careloop's processes are forked from."""
    made = Family(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


@pytest.fixture
def theatre(
    postgres: Cluster, template: str, valkey: Bells, worker_number: int, family: Family, tmp_path: Path
) -> Iterator[stage.Stage]:
    """A database of its own, so that processes that were killed can leave connections behind."""
    name = f"careloop_chaos_{worker_number}"
    urls = databases.create(postgres, name, template=template)
    valkey.flush()
    port = stage.free_port()
    with (
        provider.serving(f"http://127.0.0.1:{port}") as url,
        stage.set_up(urls, valkey.url, provider_url=url, port=port, family=family, folder=tmp_path) as made,
    ):
        yield made
    valkey.flush()
    databases.drop(postgres, name)
