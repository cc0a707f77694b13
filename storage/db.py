"""The one way into a transaction. It names the organisation, reads business time, and commits once or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Executable, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from core import clock
from core.crypto import KeyRing, Vault
from core.errors import Misconfigured
from storage.tables import Organisation

RESTED_S = 1.0
ENTER = text(
    "SELECT set_config('app.org_id', :org, true), careloop.now(), ARRAY(SELECT uuidv7() FROM generate_series(1, 6))"
)
DANGER = text(
    "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname IN ('public', 'careloop') AND pg_has_role(r.oid, c.relowner, 'MEMBER')) FROM pg_roles r WHERE rolname = current_user"
)


class Database:
    """The app's connection pool, as a role that row-level security binds."""

    def __init__(
        self,
        url: str,
        keys: KeyRing,
        *,
        pool_size: int = 10,
        after_commit: Callable[[set[str]], None] | None = None,
        origin: str | None = None,
    ) -> None:
        """`after_commit` gets the lanes that were promised something; it runs when the data is safe and must not raise.

        `origin`: this installation's public address, for links in texts.
        """
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            connect_args={
                "options": "-c timezone=utc -c statement_timeout=30000 -c lock_timeout=8000",
                "connect_timeout": 5,
            },
        )
        _ping_the_rested(self._engine)
        self._keys = keys
        self._after_commit = after_commit
        self._origin = origin
        self._vaults: dict[UUID, Vault] = {}
        self._lock = Lock()

    @contextmanager
    def begin(self, *, org: UUID, how: Executable = ENTER, **asked: str) -> Iterator[Session]:
        """A transaction of one organisation; `now(session)` is its business time. Commits at the end, rolls back on any exception.

        `how`: another statement that does what `ENTER` does, and finds more with what was `asked`: `opened(session)`.
        """
        with Session(self._engine, expire_on_commit=False, autoflush=True) as session, session.begin():
            self._enter(session, org, how, asked)
            session.info["vault"] = self._vault(session, org)
            yield session
        self._ring(session)

    @contextmanager
    def founding(self, **facts: Any) -> Iterator[Session]:
        """A transaction that begins with a new organisation (columns of `organisations` but the id and the data key).

        It is there with all that is written in it, or not at all.
        """
        with Session(self._engine, expire_on_commit=False, autoflush=True) as session, session.begin():
            org: UUID = session.scalar(text("SELECT uuidv7()"))
            self._enter(session, org, ENTER, {})
            key = self._keys.wrap_new_data_key(org)
            session.add(Organisation(org_id=org, data_key=key, **facts))
            session.flush()
            session.info["vault"] = self._keys.vault(org, key)  # remembered by the next transaction, once there is one
            yield session
        self._ring(session)

    def found(self, **facts: Any) -> UUID:
        """Create an organisation with nothing in it, and return its id."""
        with self.founding(**facts) as session:
            return org_of(session)

    def _enter(self, session: Session, org: UUID, how: Executable, asked: dict[str, str]) -> None:
        _, at, ids, *session.info["opened"] = session.execute(how, {"org": str(org)} | asked).one()
        session.info["org"] = org
        session.info["now"] = at
        session.info["ids"] = ids
        session.info["origin"] = self._origin

    def _ring(self, session: Session) -> None:
        lanes = session.info.get("ring")
        if lanes and self._after_commit:
            self._after_commit(lanes)

    def _vault(self, session: Session, org: UUID) -> Vault:
        vault = self._vaults.get(org)
        if vault is None:
            wrapped = session.scalar(select(Organisation.data_key).where(Organisation.org_id == org))
            if wrapped is None:
                raise Misconfigured("the organisation does not exist", fix="Create it with `app.py organisation add`.")
            vault = self._keys.vault(org, wrapped)
            with self._lock:
                self._vaults[org] = vault
        return vault

    def due_orgs(self, lane: str) -> list[UUID]:
        """Organisations with outbox rows or enrollments due in this lane: ids only, through a function that may look across."""
        with self._engine.connect() as link:
            return list(link.scalars(text("SELECT org_id FROM careloop.due_orgs(:lane)"), {"lane": lane}))

    def due_lanes(self) -> list[str]:
        """Lanes that have something due anywhere: what the clock rings."""
        with self._engine.connect() as link:
            return list(link.scalars(text("SELECT lane FROM careloop.due_lanes()")))

    def orgs(self) -> list[UUID]:
        """Every organisation's id, for the clock's rounds."""
        with self._engine.connect() as link:
            return list(link.scalars(text("SELECT org_id FROM careloop.all_orgs()")))

    def route(self, kind: str, key: str) -> UUID | None:
        """Whose Slack team, sender number or token this is; None when nobody's."""
        with self._engine.connect() as link:
            statement = text("SELECT org_id FROM routes WHERE kind = :kind AND key = :key")
            org: UUID | None = link.scalar(statement, {"kind": kind, "key": key})
            return org

    def business_now(self) -> datetime:
        """Business time outside a transaction, for a process that only schedules."""
        with self._engine.connect() as link:
            at: datetime = link.scalar(text("SELECT careloop.now()"))
            return at

    def refuse_powerful_role(self) -> None:
        """Start-up check: a role that could read past row-level security must not run the app."""
        with self._engine.connect() as link:
            if link.scalar(DANGER):
                raise Misconfigured(
                    "DATABASE_URL connects as a role that is a superuser, bypasses row-level security or owns tables",
                    fix="Use a role made only for the app (`migrate` grants it what it needs).",
                )

    def refuse_moved_clock(self) -> None:
        """Start-up check outside demo and tests: business time must be the transaction's own time."""
        with self._engine.connect() as link:
            body = link.scalar(text("SELECT prosrc FROM pg_proc WHERE oid = 'careloop.now()'::regprocedure"))
            if "transaction_timestamp" not in str(body) or "business_clock" in str(body):
                raise Misconfigured(
                    "this database runs on a demo's clock", fix="Use another database, or run `migrate` on a new one."
                )

    def ping(self) -> None:
        """Readiness: raises when the database does not answer."""
        with self._engine.connect() as link:
            link.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close the pool (before a fork, and at the end of a process)."""
        self._engine.dispose()


def _ping_the_rested(engine: Engine) -> None:
    """A connection that lay in the pool for a second is asked whether it still lives; one that comes straight back is not.

    SQLAlchemy's own pre-ping asks each time, a round trip for every click.
    """

    def checked_in(_link: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = clock.monotonic()

    def checked_out(link: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if clock.monotonic() - record.info.get("rests_since", 0.0) < RESTED_S:
            return
        try:
            engine.dialect.do_ping(link)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool opens another one

    event.listen(engine, "checkin", checked_in)
    event.listen(engine, "checkout", checked_out)


def org_of(session: Session) -> UUID:
    """The organisation this transaction belongs to."""
    org: UUID = session.info["org"]
    return org


def opened(session: Session) -> list[Any]:
    """What the statement that opened this transaction found beside."""
    more: list[Any] = session.info["opened"]
    return more


def now(session: Session) -> datetime:
    """Business time of this transaction, aware UTC."""
    at: datetime = session.info["now"]
    return at


def origin_of(session: Session) -> str:
    """This installation's public address, without a slash at its end. Raises Misconfigured when it was not told."""
    origin: str | None = session.info["origin"]
    if not origin:
        raise Misconfigured("a text needs a link, and PUBLIC_BASE_URL is not set", fix="Set it for every process.")
    return origin


def vault(session: Session) -> Vault:
    """The organisation's keys."""
    keys: Vault = session.info["vault"]
    return keys


def new_ids(session: Session, count: int) -> list[UUID]:
    """UUIDv7s made by PostgreSQL, for rows that seal a column (the row id is authenticated with it).

    The first few came with the transaction's own opening statement; more cost a statement.
    """
    ready: list[UUID] = session.info["ids"]
    if count <= len(ready):
        taken, session.info["ids"] = ready[:count], ready[count:]
        return taken
    return list(session.scalars(text("SELECT uuidv7() FROM generate_series(1, :n)"), {"n": count}))


def new_id(session: Session) -> UUID:
    """One of `new_ids`."""
    return new_ids(session, 1)[0]
