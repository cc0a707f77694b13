"""The story's checks bite: each of these defects, planted alone in a copy of the checkout, fails the headless demo at the step that a
person would name.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.scenes import SCENES
from tests import headless

pytestmark = pytest.mark.planted


@dataclass(frozen=True)
class Defect:
    """One replacement in product code, and the beginning of the step that must fail. `before` stands in the file exactly once."""

    name: str
    file: str
    before: str
    after: str
    step: str

    def plant(self, checkout: Path) -> None:
        source = checkout / self.file
        text = source.read_text("utf-8")
        assert text.count(self.before) == 1, f"{self.file} has this text {text.count(self.before)} times: {self.before}"
        source.write_text(text.replace(self.before, self.after), "utf-8")


WEEK_BEGINS, MISSED, STOP, CHEST_PAIN = "The clinic's week begins", "Thursday 14:10", "STOP", "Chest pain"
CLOSE, ELSEWHERE, SPANISH, NO_NUMBER = (
    "Close with",
    "The patient books by another route",
    "A patient who speaks",
    "The clinic's week begins",
)
KEPT, SCORED, LAUNCH = "A patient answered the reminder", "She was seen", "The manager launches a recall"
QUIET_HOURS, SATURDAY, ANSWER, RACE = "20:30, quiet hours", "Saturday", "The patient answers", "Two claim at once"
RESCHEDULE, ATTENDED, TWICE, FORGED, AT_THE_END = (
    "The owner books",
    "The visit takes place",
    "Every webhook again",
    "Forged",
    "At the end",
)

DEFECTS = (
    Defect(
        "a card is dropped",
        "handlers/effects/slack.py",
        "        ts = _post(slack, org, plan)\n",
        "        return\n",
        WEEK_BEGINS,
    ),
    Defect(
        "a card is not redrawn",
        "handlers/effects/slack.py",
        "            slack.update(plan.channel, ts, plan.message)\n        except",
        "            pass\n        except",
        CHEST_PAIN,
    ),
    Defect(
        "a text is posted twice",
        "handlers/effects/texts.py",
        "    return _outcome(item.attempt_id, result)\n",
        '    channel.send(OutgoingText(show("att", item.attempt_id), item.to, item.body, item.validity_s))\n'
        "    return _outcome(item.attempt_id, result)\n",
        WEEK_BEGINS,
    ),
    Defect(
        "texts leave in quiet hours",
        "workflows/gate.py",
        '        return _later(question, f"window.{verdict.rule}")\n',
        "        pass\n",
        QUIET_HOURS,
    ),
    Defect(
        "the weekly cap is not counted",
        "workflows/gate.py",
        '        return "cap.week"\n',
        "        pass\n",
        SATURDAY,
    ),
    Defect(
        "consent is not asked for",
        "workflows/gate.py",
        "        (not _consented(question) and not talking, _missing_consent(question)),\n",
        "",
        WEEK_BEGINS,
    ),
    Defect(
        "STOP leaves the program running",
        "workflows/consent.py",
        "    enrollments.interrupt(session, enrollments.live_of(session, number_id=number_id), reason)\n",
        "",
        STOP,
    ),
    Defect(
        "STOP does not suppress the number",
        "workflows/consent.py",
        "    first = numbers.suppress(session, number_id, source=source, message_id=message_id)\n",
        "    first = True\n",
        STOP,
    ),
    Defect(
        "the gate forgets who is suppressed",
        "workflows/gate.py",
        '    if stopped and question.purpose != "opt_out":\n',
        "    if False:\n",
        AT_THE_END,
    ),
    Defect(
        "the opt-out is confirmed as often as it is said",
        "workflows/consent.py",
        "    if first and confirm:\n",
        "    if confirm:\n",
        STOP,
    ),
    Defect(
        "the red flag goes to the wrong team",
        "workflows/safety.py",
        'TEAM = "clinical"\n',
        'TEAM = "front_office"\n',
        CHEST_PAIN,
    ),
    Defect(
        "the program goes on through an emergency",
        "workflows/safety.py",
        '    enrollments.interrupt(session, enrollments.live_of(session, number_id=message.number_id), "clinical")\n',
        "",
        CHEST_PAIN,
    ),
    Defect(
        "the EHR's Task is not written but counts as saved",
        "handlers/effects/charts.py",
        "    ehr = deps.vendors.ehr(org)\n    try:\n        done = _put_task(ehr, facts, task_id)\n",
        "    return _settled(deps, org, case_id, version=version, written=None)\n"
        "    ehr = deps.vendors.ehr(org)\n    try:\n        done = _put_task(ehr, facts, task_id)\n",
        CLOSE,
    ),
    Defect(
        "the case closes without its outcome in the EHR",
        "handlers/effects/charts.py",
        "        outcome=case.disposition,\n",
        "        outcome=None,\n",
        CLOSE,
    ),
    Defect(
        "a booking by another route is not noticed",
        "workflows/appointments.py",
        "        _stop_recovery(session, row)\n    else:",
        "        pass\n    else:",
        ELSEWHERE,
    ),
    Defect(
        "who speaks Spanish is written to in English",
        "workflows/texts.py",
        "    return variants[code]\n",
        '    return variants["en"]\n',
        SPANISH,
    ),
    Defect(
        "who cannot be texted is skipped in silence",
        "workflows/enrollments.py",
        "            self.take(row, Event(EventKind.TOUCH_FAILED, name=rule, step=ask.step))\n",
        "",
        NO_NUMBER,
    ),
    Defect(
        "two people win the same case",
        "workflows/cases.py",
        '    won = _change(session, case, [Case.owner_id.is_(None), Case.state == "open"], **mine)\n',
        "    won = _change(session, case, [], **mine)\n",
        RACE,
    ),
    Defect(
        "the patient is told of a visit that the EHR does not have",
        "workflows/booking.py",
        "    outbox.put(session, Topic.EHR_BOOK, case.id, lane=Lane.ACTIONS, by=str(by.id))\n",
        "    _confirm(session, moved, Appointment(id=slot.id, start_at=slot.start_at))\n",
        RESCHEDULE,
    ),
    Defect(
        "the patient is told before the EHR has it, and again after",
        "workflows/booking.py",
        "    outbox.put(session, Topic.EHR_BOOK, case.id, lane=Lane.ACTIONS, by=str(by.id))\n",
        "    outbox.put(session, Topic.EHR_BOOK, case.id, lane=Lane.ACTIONS, by=str(by.id))\n"
        "    _confirm(session, moved, Appointment(id=slot.id, start_at=slot.start_at))\n",
        RESCHEDULE,
    ),
    Defect(
        "a closed card keeps the patient's name",
        "bot/cards/layout.py",
        '        return Message(_preview(view, "closed"), (section(_closed_line(view)),))\n',
        '        return Message(_preview(view, "closed"), (section(_closed_line(view)), fields(*_facts(view))))\n',
        CLOSE,
    ),
    Defect(
        "an attended visit is not counted as recovered",
        "workflows/appointments.py",
        "        _recovered(session, row)\n    elif",
        "        pass\n    elif",
        ATTENDED,
    ),
    Defect(
        "a text that comes twice is taken twice",
        "workflows/inbound.py",
        "    if not receipts.first(session, SOURCE, arrived.sid):\n        return False\n",
        "",
        TWICE,
    ),
    Defect(
        "who keeps the visit is not accepted in the EHR",
        "workflows/confirmations.py",
        '        outbox.put(session, Topic.EHR_CONFIRM, show("enr", enrollment.id), lane=Lane.ACTIONS)\n',
        "        pass\n",
        KEPT,
    ),
    Defect(
        "a low score is thanked for",
        "workflows/programs/survey.yaml",
        "    when: [{at_most: 6, to: sorry}]\n",
        "    when: [{at_most: 0, to: sorry}]\n",
        SCORED,
    ),
    Defect(
        "the preview does not say who is left out",
        "bot/campaign.py",
        "    reasons = why_not(plan)\n",
        "    reasons = []\n",
        LAUNCH,
    ),
    Defect(
        "a click without Slack's signature is taken",
        "handlers/slack_app.py",
        "        signing_secret=signing_secret,\n",
        "        signing_secret=signing_secret,\n        request_verification_enabled=False,\n",
        FORGED,
    ),
    Defect(
        "a text without Twilio's signature is taken",
        "handlers/http.py",
        "    return org if genuine else None\n",
        "    return org\n",
        FORGED,
    ),
)


def test_without_a_defect_the_copy_plays_to_the_end(tmp_path: Path) -> None:
    checkout = headless.copy_of_checkout(tmp_path / "checkout")

    run = headless.play(checkout, tmp_path / "state")

    assert run.exit_code == 0, run.output
    assert f"demo: {len(SCENES)} steps, 0 failed" in run.output
    assert run.checks >= 130


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_fails_the_step_that_shows_it(defect: Defect, tmp_path: Path) -> None:
    checkout = headless.copy_of_checkout(tmp_path / "checkout")
    defect.plant(checkout)

    run = headless.play(checkout, tmp_path / "state")

    assert run.exit_code == 1, run.output
    assert run.failed.startswith(defect.step), run.output
