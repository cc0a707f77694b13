"""The tree obeys the house rules, and each rule still bites (a planted violation is found)."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.unit import house

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", ".careloop", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@cache
def tree() -> list[str]:
    """Every file that git keeps or would keep; of a tarball, every file but caches."""
    if (ROOT / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())
    return sorted(_walk())


def _walk() -> Iterator[str]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (str((Path(folder) / name).relative_to(ROOT)) for name in files)


def text_of(path: str) -> str:
    try:
        return (ROOT / path).read_text()
    except UnicodeDecodeError:
        return ""  # a picture


def name_of(rule: house.Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize("rule", house.PYTHON_RULES, ids=name_of)
def test_python_files_obey(rule: house.Rule) -> None:
    files = [path for path in tree() if path.endswith(".py")]

    found = [f"{path}:{line}" for path in files for line in rule(path, text_of(path))]

    assert found == [], f"{rule.__doc__}\n" + "\n".join(found)


def test_no_file_names_a_machine_or_an_index() -> None:
    found = [f"{path}:{line}" for path in tree() for line in house.names_a_machine(path, text_of(path))]

    assert found == []


LONG = "def f():\n" + "    x = 1\n" * 60
PLANTED = [
    (house.too_long, "bot/cards/a.py", LONG),
    (house.too_long, "bot/cards/a.py", "x = 1\n" * 401),
    (house.too_many_positions, "workflows/a.py", "class A:\n    def f(self, a, b, c, d, e): ..."),
    (house.catches_everything, "workflows/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (house.catches_everything, "sandbox/a.py", "try:\n    f()\nexcept (ValueError, BaseException) as e:\n    log(e)"),
    (house.catches_everything, "bot/a.py", "try:\n    f()\nexcept:\n    pass"),
    (house.commits, "workflows/a.py", "session.commit()"),
    (house.commits, "handlers/edge.py", "self.session.commit()"),
    (house.reads_environment, "workflows/a.py", "import os\nx = os.environ['A']"),
    (house.reads_environment, "bot/a.py", "import os\nx = os.environ.get('A')"),
    (house.reads_environment, "bot/a.py", "import os\nx = os.getenv('A')"),
    (house.asks_the_machine, "workflows/a.py", "x = datetime.now(UTC)"),
    (house.asks_the_machine, "sandbox/a.py", "x = datetime.datetime.now(UTC)"),
    (house.asks_the_machine, "handlers/a.py", "time.sleep(1)"),
    (house.asks_the_machine, "bot/a.py", "x = date.today()"),
    (house.patches, "tests/unit/test_a.py", "from unittest.mock import patch"),
    (house.patches, "tests/unit/test_a.py", "from unittest import mock"),
    (house.patches, "tests/unit/test_a.py", "def test_a(mocker): ..."),
    (house.borrows_a_fixture, "tests/browser/test_a.py", "from tests.journey.conftest import PACE, world"),
    (house.knows_the_sandbox, "handlers/cli/demo.py", "def f():\n    from sandbox.servers import start_servers"),
    (house.knows_the_sandbox, "core/a.py", "import sandbox.servers"),
    (house.is_a_drawer, "bot/utils.py", ""),
    (house.is_a_drawer, "workflows/case_helpers.py", ""),
    (house.is_a_drawer, "storage/common/rows.py", ""),
    (house.undocumented, "storage/a.py", "def f(): ..."),
    (house.undocumented, "integrations/ehr/a.py", "class A:\n    def f(self): ..."),
    (house.unlocked_migration, "migrations/versions/a.py", "def upgrade(): ..."),
    (house.names_a_machine, "docs/a.md", "see /wo" + "rk/main"),
    (house.names_a_machine, "app.py", "x = '/tm" + "p/careloop'"),
    (house.names_a_machine, "requirements.lock", "--index" + "-url https://example.org"),
]
ALLOWED = [
    (house.too_long, "tests/unit/test_a.py", LONG),
    (house.too_many_positions, "workflows/a.py", "def f(a, b, *, c, d, e, g): ..."),
    (house.catches_everything, "handlers/edge.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (house.catches_everything, "sandbox/a.py", "try:\n    f()\nexcept BaseException:\n    stop()\n    raise"),
    (house.commits, "storage/db.py", "session.commit()"),
    (house.reads_environment, "app.py", "x = os.environ['A']"),
    (house.asks_the_machine, "core/clock.py", "x = datetime.now(UTC)"),
    (house.asks_the_machine, "sandbox/postgres.py", "time.sleep(1)"),
    (house.borrows_a_fixture, "tests/browser/test_a.py", "from tests.browser.conftest import PATIENCE_MS"),
    (house.knows_the_sandbox, "app.py", "import sandbox.servers"),
    (house.is_a_drawer, "core/database.py", ""),
    (house.undocumented, "storage/a.py", "def _f(): ...\ndef g():\n    '''Promise.'''"),
    (house.names_a_machine, "a.py", "x = '/var/tm" + "p/careloop'"),
]


def case_id(value: object) -> str | None:
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=case_id)
def test_a_planted_violation_is_found(rule: house.Rule, path: str, text: str) -> None:
    assert len(rule(path, text)) == 1


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED, ids=case_id)
def test_what_is_allowed_is_left_alone(rule: house.Rule, path: str, text: str) -> None:
    assert rule(path, text) == []


def test_every_rule_has_a_planted_violation() -> None:
    assert {*house.PYTHON_RULES, house.names_a_machine} == {rule for rule, _, _ in PLANTED}


def project() -> dict[str, list[str]]:
    settings = tomllib.loads(text_of("pyproject.toml"))
    return {"run": settings["project"]["dependencies"], "dev": settings["dependency-groups"]["dev"]}


def direct() -> set[str]:
    return {house.distribution(item) for items in project().values() for item in items}


def test_each_pin_has_a_hash_and_no_line_has_an_address() -> None:
    assert house.unpinned(text_of("requirements.lock")) == []


@pytest.mark.parametrize(
    "line", ["a==1", "a>=1 --hash=sha256:0", "--pre", "a @ https://example.org/a.whl --hash=sha256:0"]
)
def test_a_planted_bad_pin_is_found(line: str) -> None:
    assert house.unpinned(f"good==1 \\\n    --hash=sha256:0\n    # via nothing\n{line}\n")


def test_every_direct_dependency_is_pinned() -> None:
    pinned = {house.distribution(line) for line in text_of("requirements.lock").splitlines() if re.match(r"\w", line)}

    assert direct() - pinned == set()


def test_every_direct_dependency_has_its_line_of_reason_and_no_line_is_left_over() -> None:
    rows = re.findall(r"^\| ([\w-]+) \| (.+) \|$", text_of("docs/dependencies.md"), flags=re.MULTILINE)

    assert {house.distribution(name) for name, _ in rows if name not in ("package",)} == direct()


def test_migrations_have_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")

    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_documents_link_to_files_that_exist() -> None:
    pages = [path for path in tree() if path.endswith(".md")]
    links = [(path, target) for path in pages for target in re.findall(r"\]\(([^)#:]+)\)", text_of(path))]

    assert [(path, target) for path, target in links if not ((ROOT / path).parent / target).exists()] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    titles = {path.name: path.read_text().splitlines()[0] for path in sorted((ROOT / "docs/adr").glob("*.md"))}

    numbers = [int(name[:4]) for name in titles]
    assert numbers == list(range(1, len(titles) + 1))
    assert [name for name, title in titles.items() if not title.startswith(f"# {int(name[:4])}. ")] == []
