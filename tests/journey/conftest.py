"""A world for each journey, in the theatre of this pytest worker."""

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from tests.databases import Bells, Cluster
from tests.theatre import Theatre, theatre
from tests.world import MONDAY, THURSDAY, World, rehearse

SHARED = ("none", "initials", "none", "full")


@pytest.fixture(scope="session")
def house(
    postgres: Cluster, template: str, valkey: Bells, worker_number: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Theatre]:
    """Vendors, web and database, with both scenes saved."""
    with theatre(postgres, template, valkey.url, worker_number) as made:
        rehearse(made, Path(tmp_path_factory.mktemp("world")))
        yield made


@pytest.fixture
def world(house: Theatre, request: pytest.FixtureRequest) -> Iterator[World]:
    """Thursday 14:10: the visits of the day are over, nothing has been sent."""
    yield from _played(house, THURSDAY, request.node)


@pytest.fixture
def monday(house: Theatre, request: pytest.FixtureRequest) -> Iterator[World]:
    """Monday 8:30, half an hour before the first reminders."""
    yield from _played(house, MONDAY, request.node)


def _played(house: Theatre, scene: str, item: pytest.Item) -> Iterator[World]:
    """At the level of the test's mark `phi`; full, as in the demo, without one.

    A journey that holds at "any" is played at one level, which its name decides: half of them at none, a quarter at each other one.
    """
    made = World(house, scene)
    asked = item.get_closest_marker("phi")
    level = asked.args[0] if asked else "full"
    made.show_slack(SHARED[crc32(item.nodeid.encode()) % len(SHARED)] if level == "any" else level)
    yield made
    made.close()
