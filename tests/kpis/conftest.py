"""What tests of figures share."""

from collections.abc import Iterator

import pytest

from tests import databases, factories
from tests.business_clock import reset
from tests.kept import door
from tests.kpis.books import Books


@pytest.fixture
def books(clean_database: databases.Database) -> Iterator[Books]:
    """A clinic in Chicago without anything in it."""
    db = door(clean_database.app_url)
    yield Books(db, factories.an_organisation(db), clean_database.owner_url)
    reset(clean_database.owner_url)
