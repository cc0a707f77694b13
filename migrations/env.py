"""Alembic as the database's owner. `app.py migrate` and the tests hand the address over; nothing is read from a file."""

from alembic import context
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import make_url

from storage.tables import Row

config = context.config


def run() -> None:
    url = make_url(config.attributes["owner_url"]).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as link:
        context.configure(
            connection=link,
            target_metadata=Row.metadata,
            transaction_per_migration=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
