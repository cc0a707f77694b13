"""A program as a graph: who leads where, and which walks never end."""

from workflows.programs.model import (
    AskStep,
    BookStep,
    BranchStep,
    CaseStep,
    OutcomeStep,
    Program,
    SendStep,
    WaitStep,
)


def targets(program: Program, name: str) -> dict[str, str]:
    """Where a step may lead, as {path in the file: step}."""
    found = program.steps[name]
    here = f"steps.{name}"
    exits: dict[str, str] = {}
    if isinstance(found, AskStep | WaitStep | CaseStep | BookStep):
        exits |= {f"{here}.on.{key}": target for key, target in found.on.items()}
    if isinstance(found, AskStep):
        exits[f"{here}.silence"] = found.silence
    if isinstance(found, SendStep | WaitStep | CaseStep) and found.then:
        exits[f"{here}.then"] = found.then
    if isinstance(found, BranchStep):
        exits |= {f"{here}.when.{index}.to": arm.to for index, arm in enumerate(found.when)}
        exits[f"{here}.otherwise"] = found.otherwise
    return exits


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
    """Asking steps that silence alone leads back to."""
    return [
        name for name, found in program.steps.items() if isinstance(found, AskStep) and name in _silence(program, name)
    ]


def _silence(program: Program, name: str) -> set[str]:
    """Every step a silent patient comes through after `name`."""
    seen: set[str] = set()
    todo = list(silent_next(program, name))
    while todo:
        after = todo.pop()
        if after not in seen:
            seen.add(after)
            todo += silent_next(program, after)
    return seen


def waitless_loops(program: Program) -> list[str]:
    """Steps that lead back to themselves through steps that do not wait for the patient or the clock."""
    unwaiting = {name for name, found in program.steps.items() if isinstance(found, CaseStep | SendStep | BranchStep)}
    return [
        name
        for name in program.steps
        if name in unwaiting and name in _from(program, _next(program, name), within=unwaiting)
    ]


def longest_silence(program: Program) -> int:
    """The most texts in a row that a patient who never answers gets."""
    return max((_texts_in_silence(program, name) for name in program.steps), default=0)


def silent_next(program: Program, name: str) -> set[str]:
    """Where a step leads when the patient says nothing and nobody else does anything."""
    found = program.steps.get(name)
    match found:
        case AskStep():
            return {found.silence}
        case SendStep() | WaitStep():
            return {found.then}
        case BranchStep():
            return {*(arm.to for arm in found.when), found.otherwise}
    return set()


def _texts_in_silence(program: Program, name: str, seen: frozenset[str] = frozenset()) -> int:
    """Touches on the longest silent walk from `name`; a ring counts once, it is a problem of its own."""
    if name in seen or name not in program.steps:
        return 0
    found = program.steps[name]
    own = int(isinstance(found, AskStep | SendStep) and not found.answer)
    walk = seen | {name}
    return own + max((_texts_in_silence(program, after, walk) for after in silent_next(program, name)), default=0)


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
