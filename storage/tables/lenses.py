"""What a person keeps narrowed on their worklist, on Home and page alike."""

from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class Lens(OrgRow):
    """One row a person, in codes; None: not narrowed by that."""

    __tablename__ = "lenses"
    __table_args__ = (org(), to("staff_id", "staff"), UniqueConstraint("org_id", "staff_id"))

    staff_id: Mapped[UUID]
    kind: Mapped[str | None]  # of case
    program: Mapped[str | None]  # its code
    state: Mapped[str | None]  # needs_person, active, replied, waiting, done
