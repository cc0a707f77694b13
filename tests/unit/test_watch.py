"""The watch over patients' data in tests: it finds them however they are written, and it notices when it heard nothing."""

import base64
import html
import json
from collections import Counter
from types import SimpleNamespace
from urllib.parse import quote_plus, urlencode

import pytest
from sqlalchemy import LargeBinary

from sandbox.roster import PATIENTS
from storage.tables import Patient
from tests.watch import plugin, secrets
from tests.watch.allowed import MAY, Piece, pieces
from tests.watch.hearing import EARS, Ears, Request
from tests.watch.judging import Book, heard, leaks
from tests.watch.wording import is_ours

WROTE = 'Hola, my name isn\'t "Lucía": can I come on tuesday?'
KNOWN = {
    *secrets.names("Lucía Marín-Quispe"),
    *secrets.numbers("+17735550117"),
    *secrets.births("1979-12-05"),
    *secrets.marks("MRN10007"),
    *secrets.mails("lucia.m@mail.example"),
    *secrets.bodies(WROTE, by_person=True),
    *secrets.bodies("Lakeside Clinic: see you then. Reply STOP to end.", by_person=False),
    *secrets.bodies("puedo ir el martes", by_person=True, kind="asked"),
    *secrets.bodies("her son will drive her", by_person=True, kind="note"),
}
BOOK = Book(KNOWN)


def a_call(method: str, level: str = "none", **args: object) -> Request:
    headers = {"content-type": "application/json"}
    return Request(f"/slack/api/{method}", "", headers, json.dumps(args).encode(), level)


def found(request: Request) -> set[str]:
    return {leak.secret.kind for leak in leaks(BOOK, pieces(request, None))}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("name", "for LUCIA  MARÍN_Quispe"),
        ("name", "marin"),
        ("name", quote_plus("Lucía")),
        ("name", "Luc\\u00eda"),
        ("name", "Luc&iacute;a"),
        ("phone", "+17735550117"),
        ("phone", "call (773) 555-0117 now"),
        ("phone", "773.555.0117"),
        ("phone", "1-773-555-0117"),
        ("phone", "7735550117"),
        ("phone", "555-0117"),
        ("phone", quote_plus("+1 773 555 0117")),
        ("birth", "1979-12-05"),
        ("birth", "12/05/1979"),
        ("birth", "12/5/79"),
        ("birth", "5.12.1979"),
        ("birth", "Dec 5, 1979"),
        ("birth", "5 December 1979"),
        ("birth", "5 de diciembre de 1979"),
        ("birth", "19791205"),
        ("mrn", "MRN 10007"),
        ("mrn", "mrn10007."),
        ("email", "LUCIA.M@mail.example"),
        ("body", "…can I come on tuesday?"),
        ("body", json.dumps({"text": WROTE})),
        ("body", html.escape(WROTE)),
        ("body", base64.b64encode(WROTE.encode()).decode()),
        ("body", base64.urlsafe_b64encode(json.dumps({"said": WROTE}).encode()).decode().rstrip("=")),
        ("body", "Lakeside Clinic: see you then. Reply STOP to end."),
        ("note", "HER SON WILL DRIVE, she said"),
    ],
)
def test_a_secret_is_found_however_it_is_written(kind: str, written: str) -> None:
    assert kind in {one.kind for one in BOOK.found(written)}


@pytest.mark.parametrize(
    "harmless",
    [
        "cas_019ac7e2f3b87c11a5550117e0d2",
        "1764212345.555011",
        "Case 1042: can I come?",
        "Reply STOP to end.",
        "December 5",
        "see you then",
        "+13125550199",
        "born 1979",
    ],
)
def test_what_is_nobodys_is_not_found(harmless: str) -> None:
    assert BOOK.found(harmless) == set()


@pytest.mark.parametrize("level", ["none", "initials", "full"])
@pytest.mark.parametrize(
    "args",
    [
        {"text": "Lucía waits"},
        {"text": "Case 1", "metadata": {"event_payload": {"who": "Lucía"}}},
        {"text": "Case 1", "blocks": [{"type": "actions", "elements": [{"type": "button", "value": "Lucía"}]}]},
        {"text": "Case 1", "blocks": [{"type": "actions", "elements": [{"url": "https://c.example/p?n=Luc%C3%ADa"}]}]},
        {"text": "Case 1", "blocks": [{"type": "section", "block_id": "marin"}]},
    ],
)
def test_push_values_ids_and_addresses_hold_nothing_at_any_level(level: str, args: dict[str, object]) -> None:
    assert found(a_call("chat.postMessage", level, channel="C1", **args)) == {"name"}


def a_section(words: str) -> list[object]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": words}}]


@pytest.mark.parametrize(
    ("method", "level", "words", "refused"),
    [
        ("chat.postMessage", "none", "Lucía", {"name"}),
        ("chat.postMessage", "initials", "Lucía", {"name"}),
        ("chat.postMessage", "full", "Lucía", set()),
        ("chat.postMessage", "full", "puedo ir el martes", set()),
        ("chat.postMessage", "initials", "puedo ir el martes", {"asked"}),
        ("chat.postMessage", "full", "can I come on tuesday", {"body"}),
        ("chat.update", "full", "MRN10007", {"mrn"}),
        ("chat.postEphemeral", "full", "773-555-0117", {"phone"}),
        ("views.publish", "full", "can I come on tuesday", {"body"}),
        ("views.open", "none", "can I come on tuesday", {"body"}),
        ("views.open", "initials", "can I come on tuesday", set()),
        ("views.open", "initials", "Lucía", {"name"}),
        ("views.update", "full", "Lucía, 12/05/1979, 773-555-0117", set()),
        ("users.info", "full", "Lucía", {"name"}),
    ],
)
def test_what_is_shown_goes_by_level_and_surface(method: str, level: str, words: str, refused: set[str]) -> None:
    assert found(a_call(method, level, view={"blocks": a_section(words)})) == refused


def test_a_thread_at_full_may_hold_the_patients_words() -> None:
    words = a_section("can I come on tuesday")

    assert found(a_call("chat.postMessage", "full", thread_ts="1.2", blocks=words, text="Case 1: new reply")) == set()
    assert found(a_call("chat.postMessage", "full", blocks=words, text="Case 1: new reply")) == {"body"}


def test_a_form_a_header_a_query_and_a_file_name_are_looked_at_too() -> None:
    form = urlencode({"channel": "C1", "blocks": json.dumps(a_section("Lucía"))}).encode()
    typed = {"content-type": "application/x-www-form-urlencoded"}

    assert found(Request("/slack/api/chat.postMessage", "", typed, form, "none")) == {"name"}
    assert found(Request("/slack/api/auth.test", "", {"x-about": "MRN10007"}, b"", "full")) == {"mrn"}
    assert found(Request("/slack/api/users.info", "q=773-555-0117", {}, b"", "full")) == {"phone"}
    assert found(Request("/slack/files-pri/T1-F1/Luc%C3%ADa.csv", "", {}, b"", "full")) == {"name"}


def test_an_answer_to_slack_is_as_good_as_a_call() -> None:
    body = json.dumps({"response_action": "update", "view": {"blocks": a_section("can I come on tuesday")}}).encode()
    line = json.dumps({"envelope_id": "e1", "payload": json.loads(body)}).encode()

    for said in (body, line):
        assert found(Request("/slack/events", "", {}, said, "none", answer=True)) == {"body"}
        assert found(Request("/slack/events", "", {}, said, "initials", answer=True)) == set()


def test_a_log_line_a_job_and_a_print_hold_nothing_at_any_level() -> None:
    ears = Ears(
        lines=[{"event": "text.came", "body": WROTE}], jobs=[("bulk", "j1", "attend", ["Lucía"])], printed=["MRN10007"]
    )

    bad = leaks(BOOK, heard(ears))

    assert {(one.piece.place, one.secret.kind) for one in bad} >= {
        ("the log", "body"),
        ("a job", "name"),
        ("the output", "mrn"),
    }


def test_an_exception_in_a_log_line_is_its_class() -> None:
    assert leaks(BOOK, heard(Ears(lines=[{"event": "job.failed", "error": ValueError(WROTE)}]))) == []


def test_what_a_test_printed_fails_it() -> None:
    watch, report = plugin.Watch(), pytest.TestReport("t", ("", 0, ""), {}, "passed", None, "teardown")
    watch.book, report.sections = BOOK, [("Captured stderr call", f"said {WROTE}\n")]
    made = watch.pytest_runtest_makereport(SimpleNamespace(nodeid="t"), SimpleNamespace(when="teardown"))  # type: ignore[arg-type]

    next(made)
    with pytest.raises(StopIteration):
        made.send(report)

    EARS.forget()
    assert report.failed
    assert "body" in str(report.longrepr)


@pytest.mark.parametrize("missing", plugin.MUST_HEAR)
def test_a_session_that_heard_nothing_of_one_kind_fails(missing: str) -> None:
    whole = Counter(dict.fromkeys(plugin.MUST_HEAR, 9) | {"worlds": plugin.ENOUGH})

    assert plugin.unheard(whole) == ""
    assert missing in plugin.unheard(whole - Counter({missing: 9}))


def test_the_counts_of_all_workers_are_added_up() -> None:
    watch = plugin.Watch()
    watch.whole = Counter()

    for count in (3, 4):
        watch.pytest_testnodedown(SimpleNamespace(workeroutput={"watch": {"worlds": count}}))
    watch.pytest_testnodedown(SimpleNamespace())

    assert watch.whole["worlds"] == 7


def test_every_sealed_column_is_looked_for_or_left_out_for_a_reason() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Patient.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not column.name.endswith(("hash", "sha256"))
    }
    looked_for = {f"{one.table}.{one.name}" for one in secrets.COLUMNS}

    assert looked_for <= sealed
    assert sealed - looked_for == set(secrets.ELSEWHERE)


@pytest.mark.parametrize(
    "name", sorted({word for one in PATIENTS for word in (one.given, one.family)} | {"Rosa", "Delgado"})
)
def test_the_tests_patients_have_names_that_we_never_say_otherwise(name: str) -> None:
    assert not any(is_ours(one) for one in secrets.names(name))


def test_what_we_say_to_everybody_is_no_secret_and_what_only_patients_say_is_one() -> None:
    assert is_ours(secrets.Secret("body", " press open on the card "))
    assert not is_ours(secrets.Secret("body", " i have chest pain since "))


def test_the_table_has_a_row_for_every_level() -> None:
    assert set(MAY) == {"none", "initials", "full"}
    assert MAY["none"] == {}
    assert Piece("x", "none", "modal", shown=True, text="").may == frozenset()
