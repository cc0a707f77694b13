"""Each lint rule refuses a broken file of its own: tests/data/lint/<rule>.yaml, with the line that is wrong marked `# here`."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from handlers.cli.commands.program import COMMAND
from workflows import wording
from workflows.programs import text_checks
from workflows.programs.rules import RULES

BROKEN = Path(__file__).parents[1] / "data" / "lint"
PHRASES = yaml.safe_load(text_checks._FILE.read_text("utf-8"))["phrases"]


def test_every_rule_has_a_broken_file_and_every_file_a_rule() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.yaml")) == sorted(RULES)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_broken_file_is_refused_by_its_rule_on_its_line(rule: str) -> None:
    path = BROKEN / f"{rule}.yaml"
    (line,) = (at for at, text in enumerate(path.read_text("utf-8").splitlines(), 1) if text.endswith("# here"))

    found = wording.check(path)

    assert any((one.problem.rule, one.line) == (rule, line) for one in found), [str(one) for one in found]
    assert {one.problem.rule for one in found} <= RULES.keys()


def test_everything_that_comes_with_careloop_is_without_a_problem() -> None:
    assert [str(finding) for path in wording.everything() for finding in wording.check(path)] == []


def test_lint_all_counts_programs_and_problems_and_succeeds() -> None:
    told = CliRunner().invoke(COMMAND, ["lint", "--all"])

    assert told.exit_code == 0
    assert told.output == f"{len(wording.programs())} programs, 0 problems\n"


def test_a_broken_file_names_file_line_and_rule_and_fails() -> None:
    told = CliRunner().invoke(COMMAND, ["lint", str(BROKEN / "text.blame.yaml")])

    assert told.exit_code == 1
    assert told.output.startswith("text.blame.yaml:16: error text.blame: texts.hello.en: Do not blame")
    assert told.output.endswith("1 file, 1 problem\n")


def test_lint_without_files_is_a_usage_error() -> None:
    assert CliRunner().invoke(COMMAND, ["lint"]).exit_code == 2


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("Reply 1 for a call, 2 not now.", {"1", "2"}),
        ("Move to {when}? 1 = yes, 2 = other times.", {"1", "2"}),
        ("how was it? Reply 0 to 10.", set()),
        ("we text up to 3:00 pm on 12/8, call 911.", set()),
    ],
)
def test_digits_that_a_text_offers_are_told_from_times_and_scales(text: str, digits: set[str]) -> None:
    assert text_checks.offered(text) == digits


@pytest.mark.parametrize("rule", sorted(PHRASES))
def test_every_phrase_rule_speaks_plain_letters(rule: str) -> None:
    patterns = [pattern for language in ("en", "es") for pattern in PHRASES[rule].get(language, [])]

    assert patterns
    assert [pattern for pattern in patterns if text_checks._plain(pattern) != pattern.lower()] == []
