"""The carrier: accepts texts, moves them along, hears patients, keeps its own list of who said STOP."""

import asyncio
import re
import threading
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from sandbox.phones import routes
from sandbox.phones.faults import Fault, Faults
from sandbox.phones.messages import SMART, Message, segments
from sandbox.phones.optouts import REPLIES, opt_out_type
from sandbox.phones.orders import Order, check_addresses
from sandbox.phones.refusals import TwilioError
from sandbox.phones.shelf import Query, Shelf
from sandbox.phones.transit import Transit
from sandbox.phones.webhooks import Deliveries, Webhook

TWIML_TEXT = re.compile(r"<Message[^>]*>(?:\s*<Body>)?([^<]+)")


@dataclass(frozen=True)
class CarrierConfig:
    """`sender` is the clinic's number in E.164; `inbound_url` "" means nobody listens; the delay is machine seconds."""

    account_sid: str
    auth_token: str
    messaging_service_sid: str
    sender: str
    inbound_url: str = ""
    callback_delay_s: float = 0.2


class Carrier:
    """The vendor as a whole. `now` is business time (what people see), `machine` rules dates and expiry."""

    def __init__(
        self,
        config: CarrierConfig,
        *,
        now: Callable[[], datetime],
        changed: Callable[[], None],
        machine: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.now = now
        self.changed = changed
        self.machine = machine
        self.shelf = Shelf()
        self.faults = Faults()
        self.deliveries = Deliveries(config.auth_token)
        self._opted_out: set[str] = set()
        self._lock = threading.RLock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.transit = Transit(self)

    def router(self) -> APIRouter:
        """The REST API under /twilio and the control under /act/phones."""
        return routes.build(self)

    def fault_for(self, number: str) -> Fault:
        """The misbehaviour ordered for a create to this number, used up by one."""
        with self._lock:
            return self.faults.take(number)

    def accept(self, order: Order, fault: Fault) -> Message:
        """Take a text in, or raise TwilioError. From here on it counts as created, whatever the client hears."""
        config = self.config
        check_addresses(order, senders={config.sender}, service=config.messaging_service_sid)
        with self._lock:
            if order.to in self._opted_out:
                raise TwilioError(21610)
            message = self._new(order.to, config.sender, order.body, direction="outbound-api")
            message.service = order.service
            message.status = "accepted" if order.service else "queued"
            message.status_callback = order.status_callback
            message.validity_s = order.validity_s
            message.segments = segments(order.body.translate(SMART) if order.smart_encoded else order.body)
            self.shelf.put(message)
        self.changed()
        self.spawn(self.transit.carry(message, fault))
        return message

    def advance(self, message: Message, status: str, *, error_code: int | None = None) -> None:
        """Move a text to its next status."""
        with self._lock:
            message.status, message.updated = status, self.machine()
            message.history.append(status)
            if status == "sent":
                message.sent = message.updated
            if error_code is not None:
                message.error_code = error_code
        self.changed()

    def kind_of(self, number: str) -> str:
        """mobile or landline."""
        with self._lock:
            phone = self.shelf.phones.get(number)
            return phone.kind if phone else "mobile"

    async def hear(self, number: str, body: str) -> tuple[Message, Webhook | None]:
        """A patient texts the clinic; returns once the webhook was answered (None: nobody listens).

        A bare opt-out word is honoured and answered by the carrier itself, once, before the clinic hears of it.
        """
        kind = opt_out_type(body)
        with self._lock:
            message = self._new(self.config.sender, number, body, direction="inbound")
            message.status, message.segments = "received", segments(body)
            message.sent = message.updated = message.created
            self.shelf.put(message)
            self._honour(number, kind)
        self.changed()
        if not self.config.inbound_url:
            return message, None
        webhook = self.deliveries.prepare("inbound", self.config.inbound_url, self._inbound(message, kind))
        await self.deliveries.post(webhook)
        for text in TWIML_TEXT.findall(webhook.answer):
            self._reply(number, text)
        return message, webhook

    def add_phone(self, number: str, name: str, *, kind: str = "mobile") -> None:
        """Put a phone on the page; texts to a landline end undelivered with 30006."""
        with self._lock:
            self.shelf.add_phone(number, name, kind)
        self.changed()

    def listed(self, query: Query) -> list[Message]:
        """The provider's own list, newest first: the truth about what was sent."""
        with self._lock:
            return self.shelf.find(query, clinic=self.config.sender)

    def message(self, sid: str) -> Message:
        """One message by sid, or TwilioError 20404."""
        with self._lock:
            if sid not in self.shelf.by_sid:
                raise TwilioError(20404)
            return self.shelf.by_sid[sid]

    def misbehave(self, fault: Fault) -> None:
        """Obey a fault from the next create on."""
        with self._lock:
            self.faults.add(fault)

    def behave(self) -> None:
        """Forget all faults; what is held is released."""
        with self._lock:
            self.faults.clear()
        self.transit.release()

    def release(self) -> int:
        """Let held texts go on; returns how many there were."""
        with self._lock:
            self.faults.release()
        return self.transit.release()

    def state(self) -> dict[str, Any]:
        """The phones for the page, the newest 200 messages on each."""
        with self._lock:
            return {"phones": self.shelf.shown()}

    def dump(self) -> dict[str, Any]:
        """Messages, phones, opt-outs and the newest webhooks; faults are not kept."""
        with self._lock:
            return {
                "shelf": self.shelf.dump(),
                "opted_out": sorted(self._opted_out),
                "webhooks": self.deliveries.dump(),
            }

    def load(self, kept: dict[str, Any]) -> None:
        """Replace everything by what dump gave."""
        with self._lock:
            self.shelf = Shelf()
            self.shelf.load(kept["shelf"])
            self._opted_out = set(kept["opted_out"])
            self.deliveries.load(kept["webhooks"])
        self.changed()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background on the running loop, so that an API call never waits for a webhook."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Stop what is under way and let go of the sockets."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.deliveries.aclose()

    def _new(self, to: str, sender: str, body: str, *, direction: str) -> Message:
        return Message(
            sid=f"SM{uuid.uuid4().hex}",
            to=to,
            sender=sender,
            body=body,
            direction=direction,
            status="queued",
            created=self.machine(),
            at=self.now().isoformat(),
        )

    def _honour(self, number: str, kind: str) -> None:
        known = number in self._opted_out
        if kind == "STOP":
            self._opted_out.add(number)
        if kind == "START":
            self._opted_out.discard(number)
        if (kind == "STOP" and not known) or (kind == "START" and known) or kind == "HELP":
            self._reply(number, REPLIES[kind], even_opted_out=True)

    def _reply(self, number: str, body: str, *, even_opted_out: bool = False) -> None:
        """A reply the carrier sends itself: its own fixed text, or a TwiML <Message> the webhook answered with."""
        with self._lock:
            if number in self._opted_out and not even_opted_out:
                return
            message = self._new(number, self.config.sender, body.strip(), direction="outbound-reply")
            message.status, message.segments = "delivered", segments(message.body)
            message.sent = message.updated = message.created
            self.shelf.put(message)
        self.changed()

    def _inbound(self, message: Message, opt_out: str) -> dict[str, str]:
        params = {
            "AccountSid": self.config.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": message.body,
            "From": message.sender,
            "FromCity": "",
            "FromCountry": "US",
            "FromState": "IL",
            "FromZip": "",
            "MessageSid": message.sid,
            "MessagingServiceSid": self.config.messaging_service_sid,
            "NumMedia": "0",
            "NumSegments": str(message.segments),
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": message.to,
            "ToCity": "",
            "ToCountry": "US",
            "ToState": "IL",
            "ToZip": "",
        }
        return {**params, "OptOutType": opt_out} if opt_out else params
