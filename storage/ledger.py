"""The decision ledger: each send and each non-send with the rule that decided it, and what else moved an enrollment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import now, org_of


@dataclass(frozen=True, slots=True)
class Line:
    """One decision. `verdict`: sent, held, refused, blocked; or triggered, started, stopped, paused, read, opened, written, ended.

    `rule` is a dotted code ("cap.week", "window.org", "suppressed"); `detail` holds codes, counts and instants, never patient text.
    """

    verdict: str
    rule: str
    enrollment: UUID | None = None
    message: UUID | None = None
    case: UUID | None = None
    number: UUID | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def write(session: Session, lines: Sequence[Line]) -> None:
    """Append the lines, in order, at this transaction's business time."""
    if not lines:
        return
    session.execute(
        WRITE,
        {
            "org": org_of(session),
            "at": now(session),
            "verdicts": literal([line.verdict for line in lines]),
            "rules": literal([line.rule for line in lines]),
            "enrollments": literal([line.enrollment for line in lines]),
            "messages": literal([line.message for line in lines]),
            "cases": literal([line.case for line in lines]),
            "numbers": literal([line.number for line in lines]),
            "details": literal([json.dumps(line.detail) for line in lines]),
        },
    )


WRITE = text(
    """
    INSERT INTO decisions (org_id, at, verdict, rule, enrollment_id, message_id, case_id, number_id, detail)
    SELECT :org, :at, verdict, rule, enrollment, message, of_case, number, detail::jsonb
    FROM unnest(CAST(:verdicts AS text[]), CAST(:rules AS text[]), CAST(:enrollments AS uuid[]), CAST(:messages AS uuid[]),
                CAST(:cases AS uuid[]), CAST(:numbers AS uuid[]), CAST(:details AS text[]))
        WITH ORDINALITY AS line (verdict, rule, enrollment, message, of_case, number, detail, place)
    ORDER BY place
    """
)
