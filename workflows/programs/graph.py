"""A program as a graph: who leads where, and which walks never end."""

from workflows.programs.model import AskStep, CaseStep, OutcomeStep, Program

MAX_TOUCHES = 3


def targets(program: Program, name: str) -> dict[str, str]:
    """Where a step may lead, as {path in the file: step}."""
    found = program.steps[name]
    if isinstance(found, OutcomeStep):
        return {}
    exits = {f"steps.{name}.on.{key}": target for key, target in found.on.items()}
    if isinstance(found, AskStep):
        return {**exits, f"steps.{name}.silence": found.silence}
    return {**exits, f"steps.{name}.then": found.then} if found.then else exits


def missing_targets(program: Program) -> list[tuple[str, str]]:
    """(path, name) of every target that is no step."""
    exits = {f"touch_blocked.on.{key}": target for key, target in program.touch_blocked.on.items()}
    for name in program.steps:
        exits |= targets(program, name)
    return [(where, target) for where, target in exits.items() if target not in program.steps]


def unreachable(program: Program) -> list[str]:
    """Steps that no path from the first one, nor a closed call task, leads to."""
    seen = _from(program, {program.first, *program.touch_blocked.on.values()})
    return [name for name in program.steps if name not in seen]


def without_end(program: Program) -> list[str]:
    """Steps from which neither an outcome nor a case without `then` (which hands over) can be reached."""
    return [name for name in program.steps if not any(_ends(program, after) for after in _from(program, {name}))]


def silent_rings(program: Program) -> list[str]:
    """Ask steps that silence alone leads back to."""
    return [name for name in program.steps if name in _silence(program, name)[1:]]


def waitless_loops(program: Program) -> list[str]:
    """Case steps that lead back to themselves through cases only: nothing in between waits for the patient."""
    cases = {name for name, found in program.steps.items() if isinstance(found, CaseStep)}
    return [
        name for name in program.steps if name in cases and name in _from(program, _next(program, name), within=cases)
    ]


def longest_silence(program: Program) -> int:
    """The most asks in a row that a patient who never answers gets."""
    return max((len(set(_silence(program, name))) for name in program.steps), default=0)


def _silence(program: Program, name: str) -> list[str]:
    """The asks a silent patient walks through from `name`, with the first repeated one at the end of a ring."""
    walk: list[str] = []
    while isinstance(found := program.steps.get(name), AskStep):
        walk.append(name)
        if name in walk[:-1]:
            break
        name = found.silence
    return walk


def _ends(program: Program, name: str) -> bool:
    found = program.steps[name]
    return isinstance(found, OutcomeStep) or (isinstance(found, CaseStep) and found.then is None)


def _next(program: Program, name: str) -> set[str]:
    return set(targets(program, name).values()) & program.steps.keys()


def _from(program: Program, start: set[str], *, within: set[str] | None = None) -> set[str]:
    """Every step reachable from `start`, itself included, passing only through `within`."""
    allowed = program.steps.keys() if within is None else within
    seen: set[str] = set()
    todo = [name for name in start if name in allowed]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [after for after in _next(program, name) if after in allowed]
    return seen
