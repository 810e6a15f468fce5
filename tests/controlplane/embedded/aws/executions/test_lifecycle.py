"""How executions start, end, are described and redriven."""

import json
import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ..conftest import ROLE, Bench

WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
ONE = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "one", "End": True}}}
TWO = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "two", "End": True}}}


def count(bench: Bench, machine: str, name: str, statistic: str = "Sum") -> float:
    return sum(bench.metric("AWS/States", name, statistic, StateMachineArn=machine))


def test_an_execution_takes_milliseconds(bench: Bench) -> None:
    """ministack waits 150 ms before it begins."""
    machine = bench.machine(ONE)
    executions = [bench.wait(bench.start(machine)) for _ in range(5)]
    assert min((each["stopDate"] - each["startDate"]).total_seconds() for each in executions) < 0.05


# ---- starting


def test_the_same_name_and_input_while_running_is_the_same_execution(bench: Bench) -> None:
    machine = bench.machine(WAIT)
    first = bench.states.start_execution(stateMachineArn=machine, name="once", input='{"a": 1}')
    again = bench.states.start_execution(stateMachineArn=machine, name="once", input='{"a": 1}')
    assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])
    assert count(bench, machine, "ExecutionsStarted") == 1


@pytest.mark.parametrize(("stopped", "text"), [(False, '{"a":1}'), (True, '{"a": 1}')])
def test_the_same_name_otherwise_is_refused(bench: Bench, stopped: bool, text: str) -> None:
    machine = bench.machine(WAIT)
    arn = bench.states.start_execution(stateMachineArn=machine, name="once", input='{"a": 1}')["executionArn"]
    if stopped:
        bench.states.stop_execution(executionArn=arn)
    with pytest.raises(bench.states.exceptions.ExecutionAlreadyExists):
        bench.states.start_execution(stateMachineArn=machine, name="once", input=text)


@pytest.mark.parametrize("text", ["{", "not json", "NaN", '"' + "x" * 262_144 + '"'])
def test_an_input_that_is_no_json_or_too_large_is_refused(bench: Bench, text: str) -> None:
    with pytest.raises(bench.states.exceptions.InvalidExecutionInput):
        bench.states.start_execution(stateMachineArn=bench.machine(ONE), input=text)


@pytest.mark.parametrize("name", ["bad name!", "a/b:c#*", "x" * 81, "tab\there", "q?"])
def test_a_name_that_aws_does_not_take_is_refused(bench: Bench, name: str) -> None:
    client = client_without_checks(bench)
    for wrong in (
        lambda: client.start_execution(stateMachineArn=bench.machine(WAIT), name=name),
        lambda: client.create_state_machine(name=name, definition=json.dumps(ONE), roleArn=ROLE),
    ):
        with pytest.raises(ClientError, match="InvalidName"):
            wrong()
    assert bench.states.start_execution(stateMachineArn=bench.machine(ONE), name="x(y)=1+é!" + "x" * 70)


def test_what_is_no_arn_is_refused_as_such(bench: Bench) -> None:
    with pytest.raises(bench.states.exceptions.InvalidArn):
        bench.states.start_execution(stateMachineArn="nonsense")
    with pytest.raises(bench.states.exceptions.InvalidArn):
        bench.states.list_executions(stateMachineArn="nonsense")


def test_the_executions_of_a_machine_that_is_not_there_are_not_listed(bench: Bench) -> None:
    gone = bench.machine(ONE)
    assert bench.states.list_executions(stateMachineArn=gone)["executions"] == []
    bench.states.delete_state_machine(stateMachineArn=gone)
    with pytest.raises(bench.states.exceptions.StateMachineDoesNotExist):
        bench.states.list_executions(stateMachineArn=gone)


def client_without_checks(bench: Bench) -> Any:
    """boto would refuse names that are too long by itself."""
    return bench.aws.client("stepfunctions", config=Config(parameter_validation=False))


def test_what_is_published_already_keeps_its_version(bench: Bench) -> None:
    machine = bench.machine(ONE)
    first, again = (bench.states.publish_state_machine_version(stateMachineArn=machine) for _ in range(2))
    assert again["stateMachineVersionArn"] == first["stateMachineVersionArn"]
    bench.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(TWO))
    newer = bench.states.publish_state_machine_version(stateMachineArn=machine)
    assert newer["stateMachineVersionArn"] == f"{machine}:2"


def test_the_executions_of_a_version_are_listed(bench: Bench) -> None:
    machine = bench.machine(ONE)
    version = bench.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    bench.wait(bench.start(machine))
    ran = bench.start(version)
    (listed,) = bench.states.list_executions(stateMachineArn=version)["executions"]
    assert (listed["executionArn"], listed["stateMachineVersionArn"]) == (ran, version)
    assert len(bench.states.list_executions(stateMachineArn=machine)["executions"]) == 2


def test_versions_and_aliases_run_what_was_published(bench: Bench) -> None:
    machine = bench.machine(ONE)
    version = bench.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    alias = bench.states.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )["stateMachineAliasArn"]
    bench.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(TWO))
    assert bench.wait(bench.start(machine))["output"] == '"two"'
    assert bench.wait(bench.start(version))["output"] == '"one"'
    described = bench.wait(bench.start(alias))
    assert described["output"] == '"one"'
    assert (described["stateMachineVersionArn"], described["stateMachineAliasArn"]) == (version, alias)


def test_an_execution_is_described_with_the_definition_it_ran(bench: Bench) -> None:
    machine = bench.machine(ONE)
    execution = bench.start(machine)
    bench.wait(execution)
    bench.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(TWO))
    ran = bench.states.describe_state_machine_for_execution(executionArn=execution)["definition"]
    assert json.loads(ran) == ONE


# ---- ending


def test_a_machine_times_out(bench: Bench) -> None:
    machine = bench.machine(WAIT | {"TimeoutSeconds": 1})
    execution = bench.start(machine)
    assert bench.wait(execution)["status"] == "TIMED_OUT"
    assert bench.types(execution)[-1] == "ExecutionTimedOut"
    assert count(bench, machine, "ExecutionsTimedOut") == 1


def test_a_stopped_execution_writes_nothing_more(bench: Bench) -> None:
    machine = bench.machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}})
    execution = bench.start(machine)
    bench.states.stop_execution(executionArn=execution, error="Enough", cause="by hand")
    described = bench.wait(execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Enough", "by hand")
    time.sleep(1.2)
    assert bench.types(execution)[-1] == "ExecutionAborted"
    assert count(bench, machine, "ExecutionsAborted") == 1


def test_a_loop_ends_with_the_longest_history_there_may_be(bench: Bench) -> None:
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    execution = bench.start(bench.machine({"StartAt": "A", "States": states}))
    described = bench.wait(execution, 60)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert "25000" in described["cause"]
    last = bench.states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")


def test_a_loop_in_a_branch_ends_the_execution_too(bench: Bench) -> None:
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    states = {
        "P": {"Type": "Parallel", "Branches": [loop, WAIT], "Catch": catch, "End": True},
        "Done": {"Type": "Succeed"},
    }
    described = bench.wait(bench.start(bench.machine({"StartAt": "P", "States": states})), 60)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")


def test_with_its_parent_a_child_that_is_waited_for_is_stopped(bench: Bench) -> None:
    child = bench.machine(WAIT)
    task = {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
        "Parameters": {"StateMachineArn": child, "Name": "of-a-parent", "Input": {}},
    }  # fmt: skip
    parent = bench.start(bench.machine({"StartAt": "T", "States": {"T": task}}))
    arn = f"{child.replace(':stateMachine:', ':execution:')}:of-a-parent"
    while "TaskSubmitted" not in bench.types(parent):
        time.sleep(0.02)
    bench.states.stop_execution(executionArn=parent)
    assert bench.wait(arn)["status"] == "ABORTED"


def test_a_failed_execution_has_an_error_and_no_output(bench: Bench) -> None:
    machine = bench.machine({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad"}}})
    described = bench.wait(bench.start(machine))
    assert (described["error"], described.get("cause"), described.get("output")) == ("Bad", None, None)
    assert count(bench, machine, "ExecutionsFailed") == 1


def test_a_successful_execution_is_counted_and_timed(bench: Bench) -> None:
    machine = bench.machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}})
    bench.wait(bench.start(machine))
    assert (count(bench, machine, "ExecutionsStarted"), count(bench, machine, "ExecutionsSucceeded")) == (1, 1)
    assert 1000 <= count(bench, machine, "ExecutionTime", "Average") < 1500


# ---- redriving


FLAKY = """
import os
def handler(event, context):
    if not os.path.exists(event["switch"]):
        raise RuntimeError("not yet")
    return event["value"]
"""


def test_a_redriven_execution_goes_on_at_the_failed_state(bench: Bench, tmp_path: Any) -> None:
    switch = tmp_path / "switch"
    task = {"Type": "Task", "Resource": bench.function_arn(bench.function(FLAKY)), "End": True}
    first = {"Type": "Pass", "Assign": {"kept": 1}, "Next": "T"}
    machine = bench.machine({"StartAt": "F", "States": {"F": first, "T": task}})
    execution = bench.start(machine, {"switch": str(switch), "value": 7})
    assert bench.wait(execution)["redriveStatus"] == "REDRIVABLE"
    switch.touch()
    bench.states.redrive_execution(executionArn=execution)
    described = bench.wait(execution)
    assert (described["status"], described["output"], described["redriveCount"]) == ("SUCCEEDED", "7", 1)
    kinds = bench.types(execution)
    assert kinds.count("PassStateEntered") == 1
    assert kinds[kinds.index("ExecutionFailed") + 1 :] == [
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_a_redriven_map_repeats_only_what_failed(bench: Bench, tmp_path: Any) -> None:
    switch = tmp_path / "switch"
    task = {"Type": "Task", "Resource": bench.function_arn(bench.function(FLAKY)), "End": True}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.value", "NumericEquals": 1, "Next": "T"}], "Default": "P"}
    done = {"Type": "Pass", "OutputPath": "$.value", "End": True}
    inner = {"StartAt": "C", "States": {"C": choice, "T": task, "P": done}}
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": inner, "End": True}
    items = [{"switch": str(switch), "value": value} for value in range(2)]
    execution = bench.start(bench.machine({"StartAt": "M", "States": {"M": each}}), items)
    assert bench.wait(execution)["status"] == "FAILED"
    switch.touch()
    bench.states.redrive_execution(executionArn=execution)
    assert bench.wait(execution)["output"] == "[0,1]"
    assert bench.types(execution).count("PassStateEntered") == 1


def test_a_successful_execution_cannot_be_redriven(bench: Bench) -> None:
    execution = bench.start(bench.machine(ONE))
    assert bench.wait(execution)["redriveStatus"] == "NOT_REDRIVABLE"
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        bench.states.redrive_execution(executionArn=execution)


def test_a_synchronous_execution_answers_with_its_output(bench: Bench) -> None:
    machine = bench.states.create_state_machine(
        name="express", definition=json.dumps(ONE), roleArn=ROLE, type="EXPRESS"
    )["stateMachineArn"]
    assert bench.states.start_sync_execution(stateMachineArn=machine)["output"] == '"one"'


def test_a_synchronous_execution_that_failed_has_no_output(bench: Bench) -> None:
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "broken"}}}
    told = bench.states.start_sync_execution(stateMachineArn=bench.machine(failing, type="EXPRESS"))
    assert (told["status"], told["error"], told["cause"]) == ("FAILED", "Bad", "broken")
    assert "output" not in told


def test_only_an_express_machine_is_run_while_one_waits(bench: Bench) -> None:
    with pytest.raises(bench.states.exceptions.StateMachineTypeNotSupported):
        bench.states.start_sync_execution(stateMachineArn=bench.machine(ONE))
    express = bench.machine(ONE, type="EXPRESS")
    with pytest.raises(bench.states.exceptions.InvalidExecutionInput):
        bench.states.start_sync_execution(stateMachineArn=express, input="{")


def test_a_definition_is_validated_before_it_is_created(bench: Bench) -> None:
    assert bench.states.validate_state_machine_definition(definition=json.dumps(ONE))["result"] == "OK"
    told = bench.states.validate_state_machine_definition(definition='{"StartAt": "A", "States": {}}')
    assert told["result"] == "FAIL"
    assert told["diagnostics"][0]["severity"] == "ERROR"


@pytest.mark.parametrize(
    "expression",
    ["$contains($states.input, /^(\\w+\\s?)*$/)", "$sum([1..5000000]) > 0", "($f := function() { $f() }; $f())"],
)
def test_an_expression_that_takes_too_long_fails_alone(bench: Bench, expression: str) -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": f"{{% {expression} %}}", "Next": "D"}], "Default": "D"}
    states = {"C": choice, "D": {"Type": "Succeed"}}
    machine = bench.machine({"StartAt": "C", "QueryLanguage": "JSONata", "States": states})
    execution = bench.start(machine, "a" * 40 + "!")
    assert bench.wait(bench.start(bench.machine(ONE)))["status"] == "SUCCEEDED"
    described = bench.wait(execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.QueryEvaluationError")


@pytest.mark.long
def test_an_expression_that_takes_too_long_fails_alone_when_a_state_is_tried(bench: Bench) -> None:
    expression = "$contains('" + "a" * 40 + "!', /^(\\w+\\s?)*$/)"
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": f"{{% {expression} %}}", "End": True}
    told = bench.states.test_state(roleArn=ROLE, definition=json.dumps(state))
    assert (told["status"], told["error"]) == ("FAILED", "States.QueryEvaluationError")
    state["Output"] = "{% $states.input.a + 1 %}"
    assert bench.states.test_state(roleArn=ROLE, definition=json.dumps(state), input='{"a": 1}')["output"] == "2"


def test_half_a_character_is_no_output(bench: Bench) -> None:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.s %}", "End": True}
    machine = bench.machine({"StartAt": "P", "States": {"P": state}})
    execution = bench.states.start_execution(stateMachineArn=machine, input='{"s": "\\ud83d"}')["executionArn"]
    described = bench.wait(execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_with_its_machine_an_execution_ends(bench: Bench, tmp_path: Any) -> None:
    mark = tmp_path / "ran"
    function = bench.function(f"def handler(event, context):\n    open({str(mark)!r}, 'w').close()")
    states = {
        "W": {"Type": "Wait", "Seconds": 1, "Next": "T"},
        "T": {"Type": "Task", "Resource": bench.function_arn(function), "End": True},
    }
    machine = bench.machine({"StartAt": "W", "States": states})
    execution = bench.start(machine)
    bench.states.delete_state_machine(stateMachineArn=machine)
    time.sleep(2)
    assert not mark.exists()
    with pytest.raises(bench.states.exceptions.ExecutionDoesNotExist):
        bench.states.describe_execution(executionArn=execution)


def test_a_distributed_map_that_failed_is_not_redriven(bench: Bench) -> None:
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "F", "States": {"F": {"Type": "Fail"}}}
    each = {"Type": "Map", "ItemProcessor": inner, "End": True}
    execution = bench.start(bench.machine({"StartAt": "M", "States": {"M": each}}), [1])
    described = bench.wait(execution)
    assert (described["status"], described["redriveStatus"]) == ("FAILED", "NOT_REDRIVABLE")
    with pytest.raises(ClientError, match="distributed Map"):
        bench.states.redrive_execution(executionArn=execution)
