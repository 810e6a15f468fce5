"""`manage.py asl`: what people read of a definition in a file, and what programs are answered line by line."""

import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from workflows.management.commands.asl import ANSWERERS, answer_line

BRANCHING = {
    "StartAt": "Sort",
    "States": {
        "Sort": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.amount", "NumericGreaterThan": 5, "Next": "Pay"},
                {"Variable": "$.amount", "NumericLessThan": 2, "Next": "Done"},
            ],
            "Default": "Refuse",
        },
        "Pay": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:eu-west-1:111111111111:function:pay",
            "ResultPath": "$.payment.receipt",
            "Catch": [{"ErrorEquals": ["States.ResultPathMatchFailure"], "Next": "Refuse"}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
        "Refuse": {"Type": "Fail", "Error": "Refused", "Cause": "Neither large nor small."},
    },
}


@pytest.fixture
def branching(tmp_path: Path) -> Path:
    """A file with a Choice, a Task and both ends."""
    return written(tmp_path, json.dumps(BRANCHING))


def written(folder: Path, definition: str) -> Path:
    """A definition in a file."""
    file = folder / "definition.asl.json"
    file.write_text(definition)
    return file


def asl(*args: object, **options: object) -> list[str]:
    """The lines that the command prints."""
    out = StringIO()
    call_command("asl", *map(str, args), stdout=out, **options)
    return out.getvalue().splitlines()


def answered(kind: str, **question: Any) -> dict[str, Any]:
    """The answer to one line of JSON Lines."""
    return answer_line(json.dumps({"id": 1, **question}), ANSWERERS[kind]())


class TestCheckingFiles:
    def test_a_file_that_cannot_be_read_keeps_no_other_from_being_checked(self, tmp_path: Path) -> None:
        out, errors = StringIO(), StringIO()
        files = (tmp_path / "missing.json", written(tmp_path, '{"StartAt": 1}'))
        with pytest.raises(SystemExit, match="1"):
            call_command("asl", "check", *map(str, files), stdout=out, stderr=errors)
        assert "missing.json cannot be read" in errors.getvalue()
        assert "definition.asl.json:" in out.getvalue()

    def test_jsonata_that_cannot_be_read_is_told_with_its_line(self, tmp_path: Path) -> None:
        state = {"Type": "Pass", "End": True, "Output": "{% 1 + %}"}
        file = written(tmp_path, json.dumps({"StartAt": "S", "QueryLanguage": "JSONata", "States": {"S": state}}))
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("asl", "check", str(file), stdout=out)
        assert ended.value.code == 1
        assert out.getvalue().startswith(f"{file}:1:")
        assert "error INVALID_JSONATA (/States/S/Output): " in out.getvalue()


class TestPredicting:
    def test_the_rule_that_matches_is_told_in_words_and_those_before_it(self, branching: Path) -> None:
        assert asl("predict", branching, "--input", '{"amount": 1}') == [
            "1. Sort (Choice): to Done, because rule 2 matches: amount < 2",
            "   rule 1 does not match: amount > 5",
            "2. Done (Succeed): the end",
            'It succeeds with {"amount": 1}',
        ]

    def test_the_way_that_fails_tells_why(self, branching: Path) -> None:
        assert asl("predict", branching, "--input", '{"amount": 3}') == [
            "1. Sort (Choice): to Refuse, because no rule matches",
            "   rule 1 does not match: amount > 5",
            "   rule 2 does not match: amount < 2",
            "2. Refuse (Fail): ends the run as failed",
            "It fails with Refused: Neither large nor small.",
        ]

    def test_a_rule_that_cannot_be_decided_is_told_as_that(self, branching: Path) -> None:
        told = asl("predict", branching)
        assert told[1] == "   rule 1 cannot be decided: amount > 5"
        assert told[2].startswith("It fails with States.Runtime: Invalid path '$.amount'")

    def test_it_stops_at_a_task_and_says_what_would_lead_further(self, branching: Path) -> None:
        assert asl("predict", branching, "--input", '{"amount": 7}')[1:] == [
            "2. Pay (Task): the way stops here",
            "It is not known how it goes on. What the Task Pay gives is known only when it has run.",
            """To follow it further, say what it would give: --results '{"Pay": {}}'""",
        ]

    def test_sample_results_lead_past_a_task(self, branching: Path) -> None:
        told = asl("predict", branching, "--input", '{"amount": 7}', "--results", '{"Pay": "R1"}')
        assert told[1:3] == ["2. Pay (Task): to Done, with the sample result", "3. Done (Succeed): the end"]
        assert told[3] == 'It succeeds with {"amount": 7, "payment": {"receipt": "R1"}}'

    def test_an_error_that_is_caught_is_told_as_that(self, branching: Path) -> None:
        told = asl("predict", branching, "--input", '{"amount": 7, "payment": 1}', "--results", '{"Pay": "R1"}')
        assert told[1] == "2. Pay (Task): to Refuse, where its error is caught"

    def test_many_rules_that_do_not_match_are_counted(self, tmp_path: Path) -> None:
        rules = [{"Variable": "$.a", "NumericEquals": number, "Next": "S"} for number in range(30)]
        states = {"C": {"Type": "Choice", "Choices": rules, "Default": "S"}, "S": {"Type": "Succeed"}}
        told = asl("predict", written(tmp_path, json.dumps({"StartAt": "C", "States": states})), "--input", '{"a": 99}')
        assert len(told) == 14
        assert told[11] == "   nor do 20 more"

    def test_an_input_too_long_for_the_command_line_comes_from_a_file(self, branching: Path, tmp_path: Path) -> None:
        given = tmp_path / "input.json"
        given.write_text(json.dumps({"amount": 1, "note": "ß" * 100_000}))
        (line,) = asl("predict", branching, "--input", f"@{given}", "--json")
        assert json.loads(line)["output"]["note"] == "ß" * 100_000
        with pytest.raises(CommandError, match=r"nowhere.json cannot be read"):
            asl("predict", branching, "--input", "@nowhere.json")

    def test_results_come_from_standard_input(self, branching: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b'{"Pay": "R1"}')))
        told = asl("predict", branching, "--input", '{"amount": 7}', "--results", "-")
        assert told[-1] == 'It succeeds with {"amount": 7, "payment": {"receipt": "R1"}}'

    def test_programs_get_json(self, branching: Path) -> None:
        (line,) = asl("predict", branching, "--input", '{"amount": 1}', "--json")
        assert [step["state"] for step in json.loads(line)["steps"]] == ["Sort", "Done"]

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (["--input", "{"], "--input: "),
            (["--results", "{"], "--results: "),
            (["--results", "[]"], "--results: This is an object"),
            (["--results", '{"Pai": 1}'], "--results: There is no state Pai"),
        ],
    )
    def test_options_that_cannot_be_used_are_named(self, branching: Path, options: list[str], complaint: str) -> None:
        with pytest.raises(CommandError, match=complaint):
            asl("predict", branching, *options)

    def test_a_definition_whose_jsonata_cannot_be_read_is_not_followed(self, tmp_path: Path) -> None:
        states = {"A": {"Type": "Pass", "Output": "{% 1 + %}", "End": True}}
        written_down = json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})
        (told,) = asl("predict", written(tmp_path, written_down))
        assert "AWS does not take this definition: Output cannot be read as JSONata: " in told

    @pytest.mark.parametrize("kind", ["predict", "graph"])
    def test_a_file_that_is_no_json_is_told_with_its_line(self, tmp_path: Path, kind: str) -> None:
        file = written(tmp_path, '{\n"StartAt": ')
        with pytest.raises(CommandError, match=rf"{file.name}:2:\d+: This is not JSON"):
            asl(kind, file)

    def test_a_definition_without_a_start_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="no state to start at"):
            asl("predict", written(tmp_path, '{"States": {}}'))


class TestDrawing:
    def test_the_file_begins_with_the_picture(self, branching: Path) -> None:
        assert asl("graph", branching)[0].startswith("<svg ")


class TestJsonLines:
    @pytest.mark.parametrize("wrong", ["express", "", 5])
    def test_a_type_that_there_is_not_is_a_problem(self, wrong: Any) -> None:
        told = answered("check", definition=BRANCHING, type=wrong)
        assert told == {"id": 1, "problem": '"type" is STANDARD or EXPRESS; absent, it is STANDARD.'}

    @pytest.mark.parametrize("type_named", [{}, {"type": "STANDARD"}, {"type": "EXPRESS"}])
    def test_a_type_that_there_is_or_none_gets_an_answer(self, type_named: dict[str, str]) -> None:
        assert "problems" in answered("check", definition=BRANCHING, **type_named)

    @pytest.mark.parametrize(
        ("rule", "said"),
        [
            (
                {"Variable": "$.a", "StringEquals": "x", "NumericEquals": 1},
                "StringEquals, NumericEquals: a rule compares",
            ),
            ({"Condition": "{% true %}"}, "Condition belongs to JSONata"),
            ({"Not": {"Variable": "$.a", "Foo": 1}}, "This rule compares by nothing"),
        ],
    )
    def test_a_rule_of_which_nobody_can_say_what_counts_is_a_problem(self, rule: dict[str, Any], said: str) -> None:
        state = {"Type": "Choice", "Choices": [{**rule, "Next": "A"}], "Default": "A"}
        told = answered("choose", state=state, input={"a": "x"})
        assert set(told) == {"id", "problem"}
        assert told["problem"].startswith("AWS does not take Choices/0")
        assert said in told["problem"]

    @pytest.mark.parametrize("rules", ["x", None, {"Next": "A"}, ["x"], []])
    def test_choices_that_are_no_list_of_rules_are_a_problem(self, rules: Any) -> None:
        told = answered("choose", state={"Type": "Choice", "Choices": rules, "Default": "A"}, input={})
        assert told == {"id": 1, "problem": '"Choices" is a list of at least one rule, each a JSON object.'}

    @pytest.mark.parametrize(
        "rule",
        [
            {"Variable": "$.a[", "IsNull": True},
            {"Variable": "$.a[", "IsPresent": True},
            {"Variable": "$.b", "StringEqualsPath": "$.a["},
            {"Not": {"Variable": "$.a[", "IsNull": True}},
        ],
    )
    def test_a_path_that_is_none_is_a_problem(self, rule: dict[str, Any]) -> None:
        told = answered("choose", state={"Type": "Choice", "Choices": [{**rule, "Next": "A"}]}, input={"b": "c"})
        assert told == {"id": 1, "problem": "$.a[ cannot be read as a path."}

    def test_a_path_that_leads_nowhere_is_the_runs_own_error(self) -> None:
        state = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "A"}]}
        assert answered("choose", state=state, input={})["error"] == "States.Runtime"

    def test_a_state_of_too_many_parts_is_a_problem(self) -> None:
        state = {"Type": "Choice", "Choices": [{}] * 60_001}
        assert "more than 60,000 branches, rules" in answered("choose", state=state)["problem"]

    def test_a_query_language_that_there_is_not_is_a_problem(self) -> None:
        state = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "A"}]}
        assert "JSONPath or JSONata" in answered("choose", state=state, query_language="jsonata")["problem"]

    def test_events_that_name_no_state_make_no_choices(self) -> None:
        events = [{"id": 1, "type": "ChoiceStateEntered"}, {"id": 2, "type": "ChoiceStateExited"}, 3, {"type": "x"}]
        told = answered("trace", definition=BRANCHING, events=events)
        assert (told["choices"], told["facts"]["choices"]) == ([], [])


def test_nothing_that_a_name_holds_commands_a_terminal_or_breaks_a_picture(tmp_path: Path) -> None:
    name = "red\x1b[31m\x9b2J\x07"
    states = {name: {"Type": "Pass", "Next": "End", "Resource": ""}, "End": {"Type": "Succeed"}}
    file = written(tmp_path, json.dumps({"StartAt": name, "States": states}))
    told = [*asl("predict", file, input='{"a": "\\u001b"}')]
    with pytest.raises(SystemExit):
        call_command("asl", "check", str(file), stdout=(checked := StringIO()))
    drawn = "\n".join(asl("graph", file))
    for shown in ("\n".join(told), checked.getvalue(), drawn):
        assert "red␛[31m" in shown
        assert not set(shown) & {"\x1b", "\x9b", "\x07"}
    ET.fromstring(drawn)


def test_a_line_end_in_a_name_makes_no_line_of_its_own(tmp_path: Path) -> None:
    name = "A\ndefinition.asl.json: error FORGED\r\u2028 x"
    states = {name: {"Type": "Pass", "Next": "Nowhere\nelse"}}
    file = written(tmp_path, json.dumps({"StartAt": name, "States": states}))
    told = asl("predict", file)
    assert len(told) == 2
    assert "A␊definition.asl.json: error FORGED␍" in told[0]
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("asl", "check", str(file), stdout=out)
    assert all(line.startswith(f"{file}:") for line in out.getvalue().splitlines())
    with pytest.raises(CommandError, match="There is no state B␊C"):
        asl("predict", file, "--results", '{"B\\nC": 1}')
