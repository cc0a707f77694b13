"""Where a worker may die: before and after each commit and each POST. It kills itself there, as a power cut would."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, event
from sqlalchemy.orm import Session

from core.settings import Settings
from handlers.vendors import Vendors
from integrations.channels.ports import OutgoingText, ProviderText, SendResult, SmsChannel
from storage.db import ENTER, Database


class Fate:
    """Counts the boundaries this process passes, writes each into its journal, and dies at the one it was given."""

    def __init__(self, die_at: int | None, journal: Path) -> None:
        self._die_at = die_at
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._passed = 0
        self._lock = Lock()

    def reach(self, boundary: str) -> None:
        """A boundary is here; does not return when it is the last one."""
        with self._lock:
            self._passed += 1
            os.write(self._journal, f"{boundary}\n".encode())
            if self._passed == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)


class MortalDatabase(Database):
    """The app's database; every commit is two boundaries. The second one is before the doorbell rings."""

    def __init__(self, *given: Any, fate: Fate, **named: Any) -> None:
        super().__init__(*given, **named)
        self._fate = fate

    @contextmanager
    def begin(self, *, org: UUID, how: Executable = ENTER, **asked: str) -> Iterator[Session]:
        with super().begin(org=org, how=how, **asked) as session:
            event.listen(session, "after_commit", self._committed)
            yield session
            session.flush()
            self._fate.reach("before commit")

    def _committed(self, session: Session) -> None:
        if not session.in_nested_transaction():
            self._fate.reach("after commit")


class MortalChannel:
    """The organisation's text channel; every POST is two boundaries, sixteen of them at a time."""

    def __init__(self, channel: SmsChannel, fate: Fate) -> None:
        self._channel = channel
        self._fate = fate

    def send(self, text: OutgoingText) -> SendResult:
        self._fate.reach("before POST")
        result = self._channel.send(text)
        self._fate.reach("after POST")
        return result

    def find(self, to: str, *, since: datetime) -> list[ProviderText]:
        return self._channel.find(to, since=since)

    def fetch(self, sid: str) -> ProviderText | None:
        return self._channel.fetch(sid)


class MortalVendors(Vendors):
    """The vendors of each organisation, its text channel a mortal one."""

    def __init__(self, db: Database, settings: Settings, fate: Fate) -> None:
        super().__init__(db, settings)
        self._fate = fate

    def sms(self, org: UUID) -> SmsChannel:
        return MortalChannel(super().sms(org), self._fate)
