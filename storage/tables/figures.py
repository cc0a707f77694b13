"""Who may read figures from outside."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org


class FigureReader(OrgRow):
    """A system with a token of its own that reads figures and can do nothing else; only the token's hash is kept."""

    __tablename__ = "figure_readers"
    __table_args__ = (org(), UniqueConstraint("org_id", "name"), UniqueConstraint("org_id", "token_hash"))

    name: Mapped[str]
    token_hash: Mapped[str]
    sees_owners: Mapped[bool]  # figures of teams, which are for managers
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
