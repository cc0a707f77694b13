"""The house rules that a linter cannot know. Each takes one file and gives its violations as `line: what`."""

import ast
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

Rule = Callable[[str, str], list[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef

LAYERS = ("core", "storage", "workflows", "integrations", "bot", "handlers")
EDGES = ("handlers/edge*.py", "handlers/http*", "handlers/jobs*.py", "handlers/mllp*.py", "handlers/cli*", "app.py")
DOCUMENTED = ("workflows/*", "storage/*", "bot/*", "integrations/*")
DRAWERS = {"util", "utils", "helper", "helpers", "manager", "managers", "base", "common", "misc"}
MACHINE_PATHS = re.compile(r"/ro" r"ot/|/wo" r"rk/|(?<!/var)/tm" r"p/")
INDEXES = re.compile(r"py" r"pi\.org|python" r"hosted\.org|--(extra-)?index" r"-url|--find" r"-links")


def is_product(path: str) -> bool:
    return path == "app.py" or path.split("/")[0] in (*LAYERS, "sandbox")


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


@cache
def nodes(text: str) -> tuple[ast.AST, ...]:
    """Every node of a file, parsed once however many rules ask."""
    return tuple(ast.walk(ast.parse(text)))


def functions(text: str) -> Iterator[Function]:
    return (node for node in nodes(text) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def dotted(node: ast.AST) -> str:
    """`a.b.c` of such an expression; '' for anything else."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else f".{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(text: str, *names: str) -> list[str]:
    found = [(node.lineno, dotted(node.func)) for node in nodes(text) if isinstance(node, ast.Call)]
    return [
        f"{line}: {name}()" for line, name in found if any(name == end or name.endswith(f".{end}") for end in names)
    ]


def too_long(path: str, text: str) -> list[str]:
    """A function has at most 60 lines, a file 400."""
    if not is_product(path):
        return []
    lines = text.count("\n")
    long_file = [f"1: the file has {lines} lines; name its second noun and split it"] if lines > 400 else []
    sizes = [(f.lineno, f.name, (f.end_lineno or f.lineno) - f.lineno + 1) for f in functions(text)]
    return long_file + [f"{line}: {name} has {size} lines" for line, name, size in sizes if size > 60]


def too_many_positions(path: str, text: str) -> list[str]:
    """At most 4 parameters can be given by position."""
    if not is_product(path):
        return []
    found = []
    for function in functions(text):
        given = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args) if arg.arg not in ("self", "cls")]
        if len(given) > 4:
            found.append(f"{function.lineno}: {function.name} takes {len(given)} by position")
    return found


def catches_everything(path: str, text: str) -> list[str]:
    """Only the edges catch everything; elsewhere it must be raised again after cleaning up."""
    if not is_product(path) or matches(path, EDGES):
        return []
    handlers = [node for node in nodes(text) if isinstance(node, ast.ExceptHandler)]
    wide = [
        h for h in handlers if h.type is None or {"Exception", "BaseException"} & {dotted(n) for n in ast.walk(h.type)}
    ]
    return [f"{h.lineno}: catches everything" for h in wide if not _raises_again(h)]


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def commits(path: str, text: str) -> list[str]:
    """One place commits."""
    return calls(text, "commit") if is_product(path) and path != "storage/db.py" else []


def reads_environment(path: str, text: str) -> list[str]:
    """Settings are read once."""
    if not is_product(path) or path.startswith("sandbox/") or path in ("core/settings.py", "app.py"):
        return []
    reads = [node for node in nodes(text) if isinstance(node, ast.Attribute) and dotted(node) == "os.environ"]
    return [f"{node.lineno}: os.environ" for node in reads] + calls(text, "os.getenv", "getenv")


def asks_the_machine(path: str, text: str) -> list[str]:
    """Time is handed in, and nothing sleeps (but the sandbox, while it waits for a process)."""
    if not is_product(path) or path == "core/clock.py":
        return []
    asked = calls(text, "datetime.now", "datetime.utcnow", "datetime.today", "date.today")
    return asked if path.startswith("sandbox/") else asked + calls(text, "time.sleep", "sleep")


def patches(path: str, text: str) -> list[str]:
    """Tests use the sandbox and plain values, not patches."""
    if not path.startswith("tests/"):
        return []
    imported = [
        line for line, name in imports(text) if name.split(".")[0] == "mock" or name.startswith("unittest.mock")
    ]
    asked = [f.lineno for f in functions(text) if "mocker" in {arg.arg for arg in (*f.args.args, *f.args.kwonlyargs)}]
    return [f"{line}: patches" for line in sorted([*imported, *asked])]


def borrows_a_fixture(path: str, text: str) -> list[str]:
    """A conftest's fixture is asked for by its name: imported, it is another one, and opens what it opens a second time."""
    if not path.startswith("tests/"):
        return []
    taken = [(line, name.rpartition(".")) for line, name in imports(text)]
    return [f"{line}: {name}" for line, (of, _, name) in taken if of.endswith(".conftest") and name.islower()]


@cache
def imports(text: str) -> list[tuple[int, str]]:
    """Line and full name of each import."""
    found: list[tuple[int, str]] = []
    for node in nodes(text):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def knows_the_sandbox(path: str, text: str) -> list[str]:
    """Only app.py, the tests and the sandbox itself import the sandbox (import-linter cannot see app.py)."""
    if not is_product(path) or path == "app.py" or path.startswith("sandbox/"):
        return []
    return [f"{line}: imports {name}" for line, name in imports(text) if name.split(".")[0] == "sandbox"]


def is_a_drawer(path: str, text: str) -> list[str]:
    """A module is named by what is in it."""
    del text
    parts = {part for piece in Path(path).with_suffix("").parts for part in (piece, piece.rsplit("_", 1)[-1])}
    return (
        [f"1: '{name}' says nothing about what is inside" for name in sorted(DRAWERS & parts)]
        if is_product(path)
        else []
    )


def undocumented(path: str, text: str) -> list[str]:
    """What other layers may call says what it promises."""
    if not matches(path, DOCUMENTED):
        return []
    tree = ast.parse(text)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    homes: list[ast.Module | ast.ClassDef] = [tree, *classes]
    public = [f for home in homes for f in home.body if isinstance(f, Function) and not f.name.startswith("_")]
    return [f"{f.lineno}: {f.name} has no docstring" for f in public if ast.get_docstring(f) is None]


def unlocked_migration(path: str, text: str) -> list[str]:
    """A migration gives up rather than hold up everybody."""
    if not fnmatch(path, "migrations/versions/*.py") or "lock_timeout" in text:
        return []
    return ["1: sets no lock_timeout"]


def names_a_machine(path: str, text: str) -> list[str]:
    """No path of somebody's machine, no address of a package index, in any file."""
    if path == "LICENSE":
        return []
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        hit = MACHINE_PATHS.search(line) or INDEXES.search(line)
        found += [f"{number}: {hit.group()}"] if hit else []
    return found


PYTHON_RULES: tuple[Rule, ...] = (
    too_long,
    too_many_positions,
    catches_everything,
    commits,
    reads_environment,
    asks_the_machine,
    patches,
    borrows_a_fixture,
    knows_the_sandbox,
    is_a_drawer,
    undocumented,
    unlocked_migration,
)


def unpinned(lock: str) -> list[str]:
    """Lines of a lock file that break it: a pin without a hash, an address, an option."""
    found = []
    joined = lock.replace("\\\n", " ")
    for line in joined.splitlines():
        bare = line.split(" #")[0].strip()
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("-") or "://" in bare or "==" not in bare:
            found.append(f"not a pin: {bare[:60]}")
        elif "--hash=sha256:" not in bare:
            found.append(f"no hash: {bare[:60]}")
    return found


def distribution(requirement: str) -> str:
    """The normalised name in a requirement."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name.group()).lower() if name else ""
