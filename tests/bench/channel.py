"""A text channel without a network, for the benches alone."""

from datetime import datetime
from uuid import uuid4

from integrations.channels.ports import OutgoingText, ProviderText, SendResult, SendState


class Silent:
    """Accepts every text at once and delivers none."""

    def send(self, text: OutgoingText) -> SendResult:
        return SendResult(SendState.ACCEPTED, provider_sid=f"SM{uuid4().hex}", http_status=201)

    def find(self, to: str, *, since: datetime) -> list[ProviderText]:
        return []

    def fetch(self, sid: str) -> ProviderText | None:
        return None
