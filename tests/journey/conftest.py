"""A world for each journey, in the theatre of this pytest worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Bells, Cluster
from tests.theatre import Theatre, theatre
from tests.world import MONDAY, THURSDAY, World, rehearse


@pytest.fixture(scope="session")
def house(
    postgres: Cluster, template: str, valkey: Bells, worker_number: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Theatre]:
    """Vendors, web and database, with both scenes saved."""
    with theatre(postgres, template, valkey.url, worker_number) as made:
        rehearse(made, Path(tmp_path_factory.mktemp("world")))
        yield made


@pytest.fixture
def world(house: Theatre) -> Iterator[World]:
    """Thursday 14:10: the visits of the day are over, nothing has been sent."""
    made = World(house, THURSDAY)
    yield made
    made.close()


@pytest.fixture
def monday(house: Theatre) -> Iterator[World]:
    """Monday 8:30, half an hour before the first reminders."""
    made = World(house, MONDAY)
    yield made
    made.close()
