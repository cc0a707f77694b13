"""Figures over half a year of a large clinic: made from nothing, brought up to date after a night, and read as managers read them."""

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot import digest as face
from bot import digest_pictures, leadership
from handlers.commands.kpi import COMMAND
from handlers.edge import Reckon
from handlers.pages import report_view
from sandbox.servers import Servers
from storage.db import Database
from tests import factories
from tests.bench.clinic import TEXTS_EACH, fill
from tests.bench.report import Metric, log, tell
from tests.bench.stage import Stage, stage
from tests.business_clock import set_business_time
from workflows import local_days, staff
from workflows.kpis import engine, gathering, periods, reports
from workflows.kpis.asked import Asked
from workflows.kpis.gathering import Wanted
from workflows.kpis.periods import Period

REBUILD_S, PART_S, DIGEST_S, FIRST_LINE_S, ANSWER_S = 60, 20, 5, 2, 5
MANAGER = "U0BOSS"
NIGHT = """
    UPDATE messages SET state = 'delivered', state_at = careloop.now()
    WHERE id IN (SELECT id FROM messages WHERE direction = 'out' AND state = 'undelivered' ORDER BY created_at DESC LIMIT :most)
"""


@dataclass
class Clinic:
    """The filled database; `tell` prints what a step took."""

    db: Database
    org: UUID

    def step(self, name: str, act: Callable[[Session], Any], *, target: float | None = None) -> Any:
        """Do it in a transaction of its own; a line for its time, one for what the database computed for it."""
        with _counted() as statements:
            began = time.perf_counter()
            with self.db.begin(org=self.org) as session:
                pid = session.scalar(text("SELECT pg_backend_pid()"))
                before = _cpu_s(pid)
                found = act(session)
                cpu = _cpu_s(pid) - before
                peak = _peak_mb(pid)
            took = time.perf_counter() - began
        log(
            f"{name}: {took:.2f} s, the database's process {cpu:.2f} s, {peak} MB at most, {len(statements)} statements"
        )
        for took_s, statement in sorted(statements, reverse=True)[:3]:
            log(f"    {took_s:.2f} s {' '.join(statement.split())[:110]}")
        tell(
            Metric(
                f"{name}_s",
                took,
                "s",
                reference="the database's process",
                reference_value=cpu,
                target=f"<= {target:g}" if target else None,
                ok=took <= target if target else None,
            )
        )
        return found


def run(servers: Servers, *, count: int) -> None:
    """Print how long each takes over `count` enrollments, and the memory of it."""
    here = stage(servers, "kpis")
    clinic = _clinic(here, count)
    before = _memory_mb()
    _rebuild(clinic)
    clinic.step("kpi_nothing_new", engine.refresh)
    with clinic.db.begin(org=clinic.org) as session:
        session.execute(text(NIGHT), {"most": count // 100})
    clinic.step("kpi_night", engine.refresh)
    grew = _memory_mb() - before
    tell(Metric("kpi_memory_grew_mb", grew, "MB", target="<= 50", ok=grew <= 50))
    _read(clinic)
    clinic.db.dispose()


def _clinic(here: Stage, count: int) -> Clinic:
    set_business_time(here.database.owner_url, factories.MONDAY_NOON)
    deps = here.deps()
    org = here.organisation(deps.db)
    with deps.db.begin(org=org) as session:
        factories.a_member_of_staff(session, role="manager", slack_id=MANAGER)
    began = time.perf_counter()
    fill(here.database.superuser_url, count, until=factories.MONDAY_NOON)
    log(f"{count} enrollments, {count * TEXTS_EACH} texts after {time.perf_counter() - began:.0f} s")
    return Clinic(deps.db, org)


def _rebuild(clinic: Clinic) -> None:
    """Part by part, as the worker does it: each commits, and has to end well before its job would be killed."""
    parts: list[float] = []
    cpu = {}
    more = True
    with clinic.db.begin(org=clinic.org) as session:
        engine.begin_anew(session)
    began = time.perf_counter()
    while more:
        at = time.perf_counter()
        with clinic.db.begin(org=clinic.org) as session:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            more = engine.go_on(session)
            cpu[pid] = _cpu_s(pid)
        parts.append(time.perf_counter() - at)
        log(f"part {len(parts)}: {parts[-1]:.1f} s, {_peak_mb(pid)} MB at most")
    took = time.perf_counter() - began
    alone = sum(cpu.values())
    tell(
        Metric(
            "kpi_rebuild_s", took, "s", "the database's process", alone, target=f"<= {REBUILD_S}", ok=took <= REBUILD_S
        )
    )
    tell(Metric("kpi_longest_part_s", max(parts), "s", target=f"<= {PART_S}", ok=max(parts) <= PART_S))
    with clinic.db.begin(org=clinic.org) as session:
        log(f"{session.scalar(text('SELECT count(*) FROM kpi_days'))} counts")


def _read(clinic: Clinic) -> None:
    """What a manager is shown, as it is made when it is shown."""
    clinic.step("kpi_digest", _digest, target=DIGEST_S)
    clinic.step("kpi_charts", _charts, target=DIGEST_S)
    clinic.step("kpi_report_page", _page, target=DIGEST_S)
    clinic.step("kpi_leadership", _leadership, target=2 * DIGEST_S)
    said = clinic.step("kpi_command_first_line", _asked, target=FIRST_LINE_S)
    clinic.step("kpi_command", lambda session: said.make(session, _boss(session)), target=ANSWER_S)
    clinic.step("kpi_no_show_by_week", _by_week)


def _digest(session: Session) -> None:
    """The message and the breakdowns of its thread, for managers."""
    found = gathering.digest(session, Wanted(owners=True))
    face.build(found, zone=local_days.zone(session))
    face.thread(found)


def _charts(session: Session) -> None:
    """Those of its thread: gathered once more, and drawn."""
    found = gathering.digest(session, Wanted(owners=True, pictured=True))
    drawn = digest_pictures.draw(found, digest_pictures.IN_THREAD)
    log(f"{len(drawn)} charts")


def _page(session: Session) -> None:
    sheet = reports.gather(session, Asked(periods.week(local_days.today(session)), by="program"), owners=True)
    report_view.facts(sheet, zone=local_days.zone(session))


def _leadership(session: Session) -> None:
    month = periods.read("last month", today=local_days.today(session))
    leadership.build(reports.gather(session, Asked(month), owners=False), clinic="A clinic")


def _asked(session: Session) -> Reckon:
    said = COMMAND.answer(session, "no_show by week", _boss(session))
    if not isinstance(said, Reckon):
        raise TypeError("the command answered at once")
    return said


def _by_week(session: Session) -> None:
    today = local_days.today(session)
    engine.figures(session, Asked(Period(today.replace(month=1, day=1), today), "no_show", by="week"))


def _boss(session: Session) -> staff.Who:
    return staff.of_slack(session, factories.WORKSPACE, MANAGER)


@contextmanager
def _counted() -> Iterator[list[tuple[float, str]]]:
    """(seconds, statement) of all that is asked of the database meanwhile."""
    found: list[tuple[float, str]] = []
    began: list[float] = []

    def before(*_: Any) -> None:
        began.append(time.perf_counter())

    def after(_link: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append((time.perf_counter() - began.pop(), statement))

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu_s(pid: int) -> float:
    """How long this process has computed since it began: what a machine that does other things beside would take alone."""
    found = Path(f"/proc/{pid}/stat")
    if not found.exists():
        return 0
    user, system = found.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> int:
    """The most this process ever held, what it shares with the others counted in; 0 where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists() or os.name != "posix":
        return 0
    found = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(found.split()[1]) // 1024
