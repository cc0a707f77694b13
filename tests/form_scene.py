"""The patients' form pages over a desk: what their tests share."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from fastapi import FastAPI
from redis import Redis
from sqlalchemy import select

from core.settings import Settings
from handlers.bells import Bells
from handlers.deps import Deps
from handlers.pacer import Pacer
from handlers.pages import forms
from handlers.vendors import Vendors
from storage.tables import Enrollment
from tests.service.desk import ORIGIN, Desk
from tests.serving import serving
from workflows.forms import links


@contextmanager
def form_pages(desk: Desk, redis_url: str) -> Iterator[str]:
    """The form pages on a free port; their address."""
    redis, settings = Redis.from_url(redis_url), Settings(public_base_url=ORIGIN)
    deps = Deps(
        settings=settings, db=desk.db, redis=redis, bells=Bells(redis),
        pacer=Pacer(redis, segments_per_second=10), vendors=Vendors(desk.db, settings),
    )  # fmt: skip
    app = FastAPI()
    app.include_router(forms.router(deps))
    with serving(app) as url:
        yield url
    redis.close()


def path_of(desk: Desk, form: str, enrollment: UUID, *, language: str = "en") -> str:
    """The path of a new link to a form, as a text would carry it."""
    with desk.begin() as session:
        row = session.scalars(select(Enrollment).where(Enrollment.id == enrollment)).one()
        url = links.link(session, row, form=form, step="ask", language=language)
    assert url.startswith(f"{ORIGIN}/f/")
    return url.removeprefix(ORIGIN)
