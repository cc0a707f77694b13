"""What must hold of how the steps are put together, beyond leading somewhere: channels, read-backs, offered times, answers."""

from collections.abc import Iterator

from workflows.programs.model import AskStep, BookStep, BranchStep, OutcomeStep, Program, SendStep
from workflows.programs.rules import Problem

ADAPTERS = frozenset({"text"})  # the channels that something can carry
TOLD = frozenset(
    {"cancel", "done", "time_given", "ready", "reschedule", "other"}
)  # free text that would be written down as done
RECORDED = frozenset({"booked", "completed"})


def check(program: Program) -> Iterator[Problem]:
    """Each problem of the grammar's own rules."""
    for channel in program.channels:
        if channel not in ADAPTERS:
            yield Problem("channel.adapter", "channels", f"Nothing here can send by {channel} yet.")
    for name, step in program.steps.items():
        if isinstance(step, AskStep):
            yield from _read_back(program, name, step)
            yield from _slots(name, step)
        if isinstance(step, SendStep):
            yield from _two_at_once(program, name, step)
        if isinstance(step, BookStep) and not any(
            isinstance(one, AskStep) and one.slots for one in program.steps.values()
        ):
            yield Problem("step.book", f"steps.{name}", "No step offers times, so there is nothing to book.")


def _read_back(program: Program, name: str, ask: AskStep) -> Iterator[Problem]:
    """Free text is read back before it is recorded; a digit, or a plain yes to a question about the visit itself, is not (S31)."""
    told = TOLD if ask.context == "appointment_confirm" else TOLD | {"confirm"}
    for answer, target in ask.on.items():
        if answer in told and _records(program, target):
            yield Problem(
                "step.read_back",
                f"steps.{name}.on.{answer}",
                "Words are not written down as done at once: read them back with an `answer: true` step first, or ask a person.",
            )


def _records(program: Program, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a step books, or ends as booked or completed, without anybody being asked in between."""
    found = program.steps.get(name)
    if found is None or name in seen:
        return False
    if isinstance(found, OutcomeStep):
        return found.outcome in RECORDED
    if isinstance(found, BookStep):
        return True
    onward = [found.then] if isinstance(found, SendStep) else []
    if isinstance(found, BranchStep):
        onward = [found.otherwise, *(arm.to for arm in found.when)]
    return any(_records(program, after, seen | {name}) for after in onward)


def _slots(name: str, ask: AskStep) -> Iterator[Problem]:
    """Offered times take the first digits, and there may be none to offer."""
    where = f"steps.{name}"
    if ask.slots is None:
        for arrival in ("slot", "no_slots"):
            if arrival in ask.on:
                yield Problem(
                    "step.slots", f"{where}.on.{arrival}", "This step offers no times: say `slots: 3`, or leave it out."
                )
        return
    for arrival in ("slot", "no_slots"):
        if arrival not in ask.on:
            yield Problem("step.slots", f"{where}.on", f"Times are offered, so say where `{arrival}` leads.")
    for digit in range(1, ask.slots + 1):
        if str(digit) in ask.on:
            yield Problem(
                "step.slots",
                f"{where}.on.{digit}",
                f"{digit} chooses an offered time: answer with more than {ask.slots}.",
            )


def _two_at_once(program: Program, name: str, send: SendStep) -> Iterator[Problem]:
    """The cap is one text a day: a text that leads straight to another would cost a person's call."""
    after = program.steps.get(send.then)
    if isinstance(after, AskStep | SendStep) and not (send.answer or after.answer or after.at):
        yield Problem(
            "step.two_texts",
            f"steps.{name}.then",
            "Two texts in one moment: put both into one, or a wait between them.",
        )
