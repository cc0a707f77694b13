"""A text on its way: sent, delivered or not, and the status callbacks that tell of it."""

import asyncio
from typing import TYPE_CHECKING

from sandbox.phones.faults import Fault
from sandbox.phones.messages import Message
from sandbox.phones.webhooks import Webhook

if TYPE_CHECKING:
    from sandbox.phones.carrier import Carrier

LANDLINE = 30006
EXPIRED = 30036
Step = tuple[str, int | None]


class Transit:
    """Moves accepted texts along; the faults of a create shape what its callbacks look like."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self._held: set[asyncio.Event] = set()

    async def carry(self, message: Message, fault: Fault) -> None:
        """Queue, hold, then walk the statuses. No callback is made for the initial status (vendor's callback guide)."""
        wait = self._carrier.config.callback_delay_s + fault.queue_s
        await asyncio.sleep(min(wait, message.validity_s))
        if fault.hold_callbacks:
            await self._hold()
        expired = wait >= message.validity_s or self._carrier.machine() - message.created >= message.validity_s
        await self._walk(message, self._steps(message, fault, expired=expired), fault)

    @property
    def held(self) -> int:
        """How many texts wait to be released."""
        return len(self._held)

    def release(self) -> int:
        """Let everything held go on; returns how many."""
        held, self._held = self._held, set()
        for gate in held:
            gate.set()
        return len(held)

    async def _hold(self) -> None:
        gate = asyncio.Event()
        self._held.add(gate)
        await gate.wait()

    def _steps(self, message: Message, fault: Fault, *, expired: bool) -> list[Step]:
        if expired:
            return [("failed", EXPIRED)]
        if fault.error_code and fault.on == "callback":
            return [("sent", None), ("undelivered", fault.error_code)]
        if self._carrier.kind_of(message.to) == "landline":
            return [("sent", None), ("undelivered", LANDLINE)]
        return [("sent", None), ("delivered", None)]

    async def _walk(self, message: Message, steps: list[Step], fault: Fault) -> None:
        """Normal and double callbacks leave as the status changes; late and reversed ones after the last change."""
        waiting: list[Webhook] = []
        for position, (status, code) in enumerate(steps):
            if position:
                await asyncio.sleep(self._carrier.config.callback_delay_s)
            self._carrier.advance(message, status, error_code=code)
            webhook = None if fault.callbacks == "none" else self._callback(message)
            if webhook is None:
                continue
            if fault.callbacks in {"late", "reversed"}:
                waiting.append(webhook)
                continue
            for _ in range(2 if fault.callbacks == "double" else 1):
                await self._carrier.deliveries.post(webhook)
        if fault.callbacks == "late":
            await asyncio.sleep(fault.late_s)
        for webhook in reversed(waiting) if fault.callbacks == "reversed" else waiting:
            await self._carrier.deliveries.post(webhook)

    def _callback(self, message: Message) -> Webhook | None:
        if not message.status_callback:
            return None
        params = {
            "AccountSid": self._carrier.config.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.to,
        }
        if message.service:
            params["MessagingServiceSid"] = message.service
        if message.error_code is not None:
            params["ErrorCode"] = str(message.error_code)
        return self._carrier.deliveries.prepare("status", message.status_callback, params)
