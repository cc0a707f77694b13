"""What service tests share: the app's own way into this worker's database, and one organisation."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from storage.db import Database
from tests import databases, factories, played
from tests.kept import door
from tests.played import Played
from tests.service.desk import Desk, opened


@pytest.fixture
def db(clean_database: databases.Database) -> Database:
    """Connected as the app's role; rows it commits are gone after the test."""
    return door(clean_database.app_url)


@pytest.fixture
def org(db: Database) -> UUID:
    """A clinic in Chicago."""
    return factories.an_organisation(db)


@pytest.fixture
def desk(clean_database: databases.Database) -> Iterator[Desk]:
    """That clinic with its programs, at Monday noon."""
    with opened(clean_database) as made:
        yield made


@pytest.fixture
def history(clean_database: databases.Database) -> Iterator[Played]:
    """A clinic with eleven weeks behind it, played once a pytest worker."""
    with played.opened(clean_database) as made:
        yield made
