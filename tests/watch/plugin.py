"""The watch as a part of pytest: it fails the test in which something leaked, counts what was watched, and says so at the end.

A session in which patients were played and nothing was heard of one kind has not been watched: it fails.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from redis import Redis

from core import clock
from sandbox.slack import Workspace
from tests.databases import Database
from tests.kept import line
from tests.watch import judging, secrets
from tests.watch.hearing import EARS, listen_to_the_log
from tests.watch.judging import Book

MUST_HEAR = ("requests to Slack", "requests at none", "log lines", "jobs", "secrets")
ENOUGH = 100
"""Tests with a world from which on all of it must have been heard: a few of them may have no use for one."""
SPOKEN = ("Captured stdout", "Captured stderr")
TALLY: Counter[str] = Counter()
MOST = 12


class Leaked(AssertionError):
    """Something of a patient's is where it may not be."""


class Watch:
    """One pytest worker's hooks."""

    def __init__(self) -> None:
        self.book: Book | None = None
        self.whole: Counter[str] = TALLY
        self.failed = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        self.book = None
        EARS.forget()
        listen_to_the_log()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        if call.when == "teardown" and self.book is not None:
            EARS.forget()
            EARS.printed += [text for name, text in report.sections if name.startswith(SPOKEN)]
            TALLY["characters printed"] += sum(map(len, EARS.printed))
            if bad := judging.leaks(self.book, judging.heard(EARS)):
                report.outcome, report.longrepr = "failed", f"{item.nodeid}\n{told(bad)}"
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.whole.update(getattr(node, "workeroutput", {}).get("watch", {}))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["watch"] = dict(TALLY)
            return
        self.failed = unheard(self.whole)
        if self.failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.whole["tests with patients"]:
            counted = ", ".join(f"{self.whole[name]:,} {name}" for name in sorted(self.whole) if name != "ms")
            terminalreporter.write_line(f"watch: {counted}; {self.whole['ms'] / 1000:.1f} s")
        if self.failed:
            terminalreporter.write_line(f"watch: FAILED: {self.failed}", red=True, bold=True)


def unheard(whole: Counter[str]) -> str:
    """What a session that played enough worlds did not hear; "" when it heard everything."""
    missing = [name for name in MUST_HEAR if not whole[name]]
    if whole["worlds"] < ENOUGH or not missing:
        return ""
    return f"{whole['worlds']} worlds were played, and there were no {' and no '.join(missing)} to look at"


WATCH = Watch()


def told(bad: "list[judging.Leak]") -> str:
    """The leaks, a line each."""
    more = [f"and {len(bad) - MOST} more"] if len(bad) > MOST else []
    return "\n".join(["Patients' data where it may not be:", *(f"- {leak}" for leak in bad[:MOST]), *more])


@contextmanager
def _timed() -> Iterator[None]:
    began = clock.monotonic()
    yield
    TALLY["ms"] += round((clock.monotonic() - began) * 1000)


def judge_world(database: Database, *, slack: Workspace, redis: "Redis") -> None:
    """At the end of a test with a world: all that Slack, log, jobs and Redis got, held against all patients of its database."""
    with _timed(), line(database.superuser_url) as link:
        TALLY["worlds"] += 1
        TALLY["requests to Slack"] += len(EARS.requests)
        for request in EARS.requests:
            TALLY[f"requests at {request.level}"] += 1
        _judge(link, slack=slack, redis=redis)


def printed(text: str) -> None:
    """What a process that a test started has written: looked at with the rest at the test's end."""
    TALLY["characters printed"] += len(text)
    EARS.printed.append(text)


def judge_rows(database: Database) -> None:
    """At the end of a test that committed rows without a world: what it logged, if it did."""
    if EARS.lines or EARS.printed:
        with _timed(), line(database.superuser_url) as link:
            _judge(link)


def _judge(link: "psycopg.Connection[Any]", *, slack: Workspace | None = None, redis: "Redis | None" = None) -> None:
    book = WATCH.book = judging.book_of(link)
    TALLY["tests with patients"] += book.size > 0
    TALLY["secrets"] += book.size
    TALLY["log lines"] += len(EARS.lines)
    TALLY["jobs"] += len(EARS.jobs)
    bad = judging.leaks(book, judging.heard(EARS, slack=slack, redis=redis))
    EARS.forget()
    if bad:
        raise Leaked(told(bad))


def level_of(link: "psycopg.Connection[Any]") -> str:
    """What Slack may see now; of several organisations in one workspace, the widest."""
    order = ("none", "initials", "full")
    return max(secrets.levels(link), key=order.index, default="none")
