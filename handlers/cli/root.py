"""What app.py hands to the operator commands: how to get settings and a database, since only it composes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from core.settings import Settings
    from storage.db import Database


@dataclass(frozen=True)
class Root:
    """`settings("DATABASE_URL", …)` names what is missing; `database(settings)` refuses a role that is too powerful."""

    settings: Callable[..., Settings]
    database: Callable[..., Database]

    def db(self) -> Database:
        """The app's database, for a command that needs nothing else."""
        return self.database(self.settings("DATABASE_URL", "SECRET_KEYS"))

    def org(self, db: Database, shown: str | None) -> UUID:
        """The organisation a command means: the one named (`org_…`), else the only one there is; a usage error otherwise."""
        from core import ids

        if shown:
            return ids.parse("org", shown)
        known = db.orgs()
        if len(known) != 1:
            raise click.UsageError(f"there are {len(known)} organisations here: name one with --org org_…")
        return known[0]
