"""The stage of the chaos tests, and how large they are played: `-m chaos` asks for all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import databases
from tests.databases import Bells, Cluster
from tests.journey.chaos import provider, stage


@dataclass(frozen=True)
class Scale:
    """How many enrollments, random kills and patients who say STOP; how many texts wait at each walked boundary."""

    enrollments: int
    kills: int
    stops: int
    batch: int


FULL = Scale(enrollments=500, kills=50, stops=60, batch=3)
SMALL = Scale(enrollments=60, kills=8, stops=10, batch=1)


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> Scale:
    return FULL if "chaos" in (request.config.option.markexpr or "") else SMALL


@pytest.fixture
def theatre(
    postgres: Cluster, template: str, valkey: Bells, worker_number: int, tmp_path: Path
) -> Iterator[stage.Stage]:
    """A database of its own, so that processes that were killed can leave connections behind."""
    name = f"careloop_chaos_{worker_number}"
    urls = databases.create(postgres, name, template=template)
    valkey.flush()
    port = stage.free_port()
    with (
        provider.serving(f"http://127.0.0.1:{port}") as url,
        stage.set_up(urls, valkey.url, url, port=port, folder=tmp_path) as made,
    ):
        yield made
    valkey.flush()
    databases.drop(postgres, name)
