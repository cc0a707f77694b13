"""One clinic whose figures are asked, in this worker's database."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from storage.db import Database
from tests.business_clock import set_business_time
from tests.kpis import database
from tests.kpis.runs import Clinic
from workflows import publishing


@dataclass
class Books:
    """The organisation, and business time standing where its runs put it."""

    db: Database
    org: UUID
    owner_url: str

    def begin(self) -> AbstractContextManager[Session]:
        return self.db.begin(org=self.org)

    def keep(self, clinic: Clinic) -> dict[int, UUID]:
        """Write what happened, and let it be that clinic's now; the enrollments' ids by row."""
        set_business_time(self.owner_url, clinic.now)
        with self.begin() as session:
            publishing.publish_built_in(session, actor="system")
            return database.write(session, clinic)
