"""What all tests share: the servers of this run, a database per worker, and when a browser test may skip."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import kept
from tests.databases import Bells, Cluster, Database, clean, create, end_host, servers_of, template_of
from tests.watch import plugin as watch

RUN = pytest.StashKey[Path]()
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(watch.WATCH, "careloop-watch")
    if not is_worker(config):
        config.stash[RUN] = Path(tempfile.mkdtemp(prefix="careloop-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_folder"] = str(node.config.stash[RUN])
    node.workerinput["run_process"] = os.getpid()


def pytest_unconfigure(config: pytest.Config) -> None:
    kept.close()
    if not is_worker(config) and RUN in config.stash:
        end_host(config.stash[RUN])
        shutil.rmtree(config.stash[RUN], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whole processes are started first, by the first worker, and killed first, by the second: so all workers end together.

    Each worker begins with its share of the list in a row; the rest stays as it was shuffled.
    """
    workers = config.workerinput["workercount"] if is_worker(config) else 1  # type: ignore[attr-defined]
    first = [item for item in items if item.get_closest_marker("processes")]
    second = [item for item in items if item.get_closest_marker("chaos")]
    rest = [item for item in items if not (item.get_closest_marker("processes") or item.get_closest_marker("chaos"))]
    left = max(0, len(items) // workers - len(first))
    items[:] = [*first, *rest[:left], *second, *rest[left:]]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and chromium_path() is None:
        reason = f"no Chromium on the PATH (looked for {', '.join(CHROMIUM)})"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: in CI the browser tests must run", pytrace=False)
        pytest.skip(reason)


def chromium_path() -> str | None:
    """The browser that is installed, if any."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """For Playwright's `executable_path`; tests that use it carry the mark `browser`."""
    path = chromium_path()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of this run share."""
    if is_worker(request.config):
        return Path(request.config.workerinput["run_folder"])  # type: ignore[attr-defined]
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """0, 1, … by pytest worker."""
    if is_worker(request.config):
        name: str = request.config.workerinput["workerid"]  # type: ignore[attr-defined]
        return int(name.removeprefix("gw"))
    return 0


@pytest.fixture(scope="session")
def addresses(request: pytest.FixtureRequest, run_folder: Path) -> dict[str, str]:
    run = request.config.workerinput["run_process"] if is_worker(request.config) else os.getpid()  # type: ignore[attr-defined]
    return servers_of(run_folder, run=run)


@pytest.fixture(scope="session")
def postgres(addresses: dict[str, str]) -> Cluster:
    """The run's one PostgreSQL."""
    return Cluster(owner_url=addresses["owner"], app_url=addresses["app"], superuser_url=addresses["superuser"])


@pytest.fixture(scope="session")
def valkey(addresses: dict[str, str], worker_number: int) -> Bells:
    """This worker's own database of the run's one Valkey, emptied."""
    bells = Bells(url=f"{addresses['redis'].rsplit('/', 1)[0]}/{worker_number % 16}")
    bells.flush()
    return bells


@pytest.fixture(scope="session")
def template(postgres: Cluster, run_folder: Path) -> str:
    """The name of a migrated, empty database: `create(postgres, name, template=template)` clones it."""
    return template_of(postgres, run_folder)


@pytest.fixture(scope="session")
def database_urls(postgres: Cluster, template: str, worker_number: int) -> Database:
    """This worker's database, migrated. Who commits into it asks for `clean_database`."""
    return create(postgres, f"careloop_test_{worker_number}", template=template)


@pytest.fixture
def clean_database(database_urls: Database) -> Iterator[Database]:
    """This worker's database, for a test that commits: emptied before and after."""
    clean(database_urls)
    yield database_urls
    try:
        watch.judge_rows(database_urls)
    finally:
        clean(database_urls)
