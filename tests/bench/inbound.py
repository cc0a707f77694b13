"""Replies by text: reading, decision and case are committed before Twilio gets its answer."""

from urllib.parse import urlencode
from uuid import uuid4

import psycopg
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no py.typed

from sandbox.servers import Servers
from storage.db import now
from tests.bench import clicks, load, seed
from tests.bench.report import Metric, log, percentile, tell
from tests.bench.stage import TWILIO_ACCOUNT, TWILIO_TOKEN, Stage, stage

RATE = 100.0
P99_MS = 30.0
WARM = 100
REPLY = "can we do tuesday afternoon instead"


def run(servers: Servers, *, seconds: float) -> None:
    """Print inbound_to_case_p99 and inbound_saturation_per_s."""
    here = stage(servers, "inbound")
    fixed = int(RATE * seconds)
    count = WARM + 2 * fixed
    _asked(here, count)
    with clicks.web(here):
        requests = [text(here.port, n) for n in range(count)]
        warm = load.fire(load.Order(here.port, requests[:WARM], rate=50))
        shot = load.fire(load.Order(here.port, requests[WARM : WARM + fixed], rate=RATE))
        flooded = load.fire(load.Order(here.port, requests[WARM + fixed :], rate=0))
    bad = warm.bad + shot.bad + flooded.bad
    log(f"{bad} of {count} texts were not acknowledged")
    _taken(here, count - bad, count)
    p99 = percentile(shot.ms, 0.99)
    log(f"inbound p50 {percentile(shot.ms, 0.5):.1f} ms, p90 {percentile(shot.ms, 0.9):.1f} ms")
    tell(Metric("inbound_to_case_p99", p99, "ms", target=f"<= {P99_MS:g}", ok=p99 <= P99_MS and not shot.bad))
    tell(Metric("inbound_saturation_per_s", len(flooded.ms) / flooded.took_s, "texts/s"))


def text(port: int, n: int) -> bytes:
    """One whole webhook: the nth patient answers, signed as Twilio does."""
    sid = f"SM{uuid4().hex}"
    said = {
        "AccountSid": TWILIO_ACCOUNT, "MessageSid": sid, "SmsSid": sid, "From": seed.phone(n), "To": "+13125550100",
        "Body": REPLY, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}/twilio/inbound"
    head = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": RequestValidator(TWILIO_TOKEN).compute_signature(url, said),
    }
    return clicks.whole("/twilio/inbound", head, urlencode(said).encode())


def _asked(here: Stage, count: int) -> None:
    db = here.deps().db
    org = here.organisation(db)
    with db.begin(org=org) as session:
        seed.asked(session, seed.enrollments(session, count, wake_at=now(session) + seed.FRESH))
    db.dispose()


def _taken(here: Stage, least: int, most: int) -> None:
    """What was acknowledged is there, once; what timed out at the generator may be there too."""
    with psycopg.connect(here.database.superuser_url) as link:
        row = link.execute(
            "SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM cases WHERE kind = 'reschedule' AND asked IS NOT NULL)"
        ).fetchone()
    assert row is not None
    if row[0] != row[1] or not least <= row[0] <= most:
        raise RuntimeError(f"{least} to {most} texts left {row} readings and cases")
