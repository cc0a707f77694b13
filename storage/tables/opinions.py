"""What a language model said about a text that had been read already."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class OpinionRow(OrgRow):
    """One answer, or the fault instead of it; `outcome` says what came of it (workflows.opinions.OUTCOMES). No words of the text."""

    __tablename__ = "opinions"
    __table_args__ = (org(), to("message_id", "messages"), UniqueConstraint("org_id", "message_id"))

    message_id: Mapped[UUID]
    kind: Mapped[str]  # the shape of the vendor's address
    model: Mapped[str]
    prompt: Mapped[str]  # the version of the words it was asked with
    redacted: Mapped[dict[str, Any]]  # how many names, numbers … were taken out
    urgency: Mapped[str | None]
    unsure: Mapped[bool | None]
    fault: Mapped[str | None]
    outcome: Mapped[str]
    took_ms: Mapped[int]
    tries: Mapped[int]
    asked_at: Mapped[datetime]
