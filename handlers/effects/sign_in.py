"""The code that lets a colleague in while Slack is down, as a text to their phone."""

from uuid import UUID

from core.ids import show
from handlers.deps import Deps
from handlers.effects.paging import text_staff
from integrations.channels.ports import OutgoingText
from storage.outbox import Leased
from workflows import sign_in


def send(deps: Deps, org: UUID, row: Leased) -> None:
    """Text the code unless it was used or is too old; a try whose answer was lost is looked for, not repeated."""
    row_id = UUID(row.key)
    with deps.db.begin(org=org) as session:
        text = sign_in.to_text(session, row_id)
    if text is not None:
        valid_s = int(sign_in.CODE_FOR.total_seconds())
        text_staff(deps, org, OutgoingText(show("sgn", row_id), text.to, text.body, valid_s), tried=row.attempts > 1)
