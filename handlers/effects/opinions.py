"""A language model's second opinion, asked after the text was read and everything that follows from the reading is done."""

from uuid import UUID

from core import clock, log
from core.errors import Misconfigured
from handlers.deps import Deps
from handlers.vendors import Model
from integrations.opinions import Later, NoOpinion, Question
from integrations.opinions.prompt import VERSION
from storage.outbox import Leased
from workflows import opinions
from workflows.opinions import Asked, Heard, ToAsk
from workflows.understanding import Urgency

TRIES = 2


def ask(deps: Deps, org: UUID, row: Leased) -> None:
    """Ask once, once more after a fault that may pass, and keep what came back. Raises Later for the other try."""
    message_id = UUID(row.key)
    with deps.db.begin(org=org) as session:
        wanted = opinions.to_ask(session, message_id)
    if wanted is None:
        return
    try:
        model = deps.vendors.model(org)
    except Misconfigured as error:  # an opinion is never waited for: the reading stands
        log.get().error("opinion.misconfigured", reason=error.what, fix=error.fix)
        return
    begun = clock.monotonic()
    heard = _ask(model, row, wanted)
    took_ms = int((clock.monotonic() - begun) * 1000)
    asked = Asked(model.kind, model.name, VERSION, wanted.redacted, took_ms=took_ms, tries=row.attempts)
    with deps.db.begin(org=org) as session:
        opinions.hear(session, message_id, heard, asked=asked)


def _ask(model: Model, row: Leased, wanted: ToAsk) -> Heard:
    try:
        said = model.reader.ask(Question(wanted.text, wanted.context))
    except (Later, NoOpinion) as error:
        log.get().warning("opinion.fault", message=row.key, code=error.code, attempts=row.attempts)
        if isinstance(error, Later) and row.attempts < TRIES:
            raise
        return Heard(fault=error.code)
    return Heard(Urgency(said.urgency), said.unsure)
