"""pytest plugin of the proof (`-p tests.proof --prove S25,S26`): each chosen test runs as it is, then without each of its functions.

Servers and scenes are built once, by functions that work; only the test's own call goes without.
"""

import copy
import signal
import sys
from collections.abc import Generator

import pytest

from tests import requirements
from tests.requirements import Mark

CHOSEN, MARK = pytest.StashKey[list[Mark]](), pytest.StashKey[Mark]()
VERDICT, LONGEST_S = "verdict", 120
Making = Generator[None, pytest.TestReport, pytest.TestReport]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--prove", default="", help="numbers of requirements with commas between; none means all")


def pytest_configure(config: pytest.Config) -> None:
    wanted: str = config.getoption("--prove")
    config.stash[CHOSEN] = requirements.chosen([number for number in wanted.split(",") if number])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Each test by itself (a parametrized one in its first form), then a twin for each of its functions."""
    found = {item.nodeid.partition("[")[0]: item for item in reversed(items)}
    items.clear()
    for test in dict.fromkeys(mark.test for mark in config.stash[CHOSEN] if mark.test in found):
        items.append(found[test])
        items += [_without(found[test], mark) for mark in config.stash[CHOSEN] if mark.test == test]


def _without(item: pytest.Function, mark: Mark) -> pytest.Function:
    twin = copy.copy(item)
    twin.stash = pytest.Stash()
    twin.stash[MARK] = mark
    twin._nodeid = f"{item.nodeid} without {mark.by} ({mark.number})"  # type: ignore[attr-defined]
    twin._initrequest()
    return twin


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    mark = item.stash.get(MARK, None)
    if mark is None:
        return (yield)
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LONGEST_S)
    try:
        with requirements.disabled(str(mark.by)):
            return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"without it there is no end within {LONGEST_S} s")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Making:
    """A twin passes when its test fails."""
    report = yield
    mark = item.stash.get(MARK, None)
    if mark is not None and report.when == "call":
        noticed = report.failed
        why = str(call.excinfo.value).partition("\n")[0] if call.excinfo else "it passed all the same"
        why = f"{type(call.excinfo.value).__name__}: {why}" if call.excinfo else why
        line = f"{mark.number}: {'noticed' if noticed else 'NOT NOTICED'}  {mark.by}  {mark.test}\n      {why[:150]}"
        report.user_properties.append((VERDICT, line))
        report.outcome, report.longrepr = ("passed", None) if noticed else ("failed", line)
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say each verdict at once, also under xdist; and what failed though nothing was switched off."""
    for name, line in report.user_properties:
        if name == VERDICT and report.when == "call":
            _say(str(line))
    if report.failed and not report.user_properties:
        _say(f"FAILS BY ITSELF ({report.when})  {report.nodeid}\n{report.longreprtext[-1500:]}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
