"""The history an execution leaves, event by event as AWS writes it."""

import json
import time
from typing import Any

import pytest

from ..conftest import Bench

PASS = {"Type": "Pass", "End": True}
FAILING = """
class CardDeclined(Exception):
    pass

def handler(event, context):
    raise CardDeclined("insufficient funds")
"""


def told(events: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Each event's type and the one before it."""
    return [(event["type"], event.get("previousEventId", 0)) for event in events]


def details(event: dict[str, Any]) -> dict[str, Any]:
    return next((dict(value) for name, value in event.items() if name.endswith("EventDetails")), {})


def test_every_event_knows_the_one_before_it(bench: Bench) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.type", "StringEquals": "REFUND", "Next": "Refund"}]}
    described, events = bench.run({"StartAt": "Which", "States": {"Which": choice, "Refund": PASS}}, {"type": "REFUND"})
    assert described["status"] == "SUCCEEDED"
    assert told(events) == [
        ("ExecutionStarted", 0),
        ("ChoiceStateEntered", 0),
        ("ChoiceStateExited", 2),
        ("PassStateEntered", 3),
        ("PassStateExited", 4),
        ("ExecutionSucceeded", 5),
    ]


def test_the_input_keeps_its_text_until_a_state_changes_it(bench: Bench) -> None:
    text = '{"amount": 10.10,  "id": 12345678901234567890}'
    machine = bench.machine({"StartAt": "A", "States": {"A": PASS}})
    execution = bench.states.start_execution(stateMachineArn=machine, input=text)["executionArn"]
    assert bench.wait(execution)["output"] == text
    assert details(bench.events(execution)[1])["input"] == text


def test_a_function_as_resource(bench: Bench) -> None:
    name = bench.function("def handler(event, context): return {'done': event}")
    task = {"Type": "Task", "Resource": bench.function_arn(name), "TimeoutSeconds": 30, "End": True}
    _, events = bench.run({"StartAt": "T", "States": {"T": task}}, {"a": 1})
    assert told(events)[1:6] == [
        ("TaskStateEntered", 0),
        ("LambdaFunctionScheduled", 2),
        ("LambdaFunctionStarted", 3),
        ("LambdaFunctionSucceeded", 4),
        ("TaskStateExited", 5),
    ]
    scheduled = details(events[2])
    assert (scheduled["resource"], scheduled["timeoutInSeconds"]) == (bench.function_arn(name), 30)
    assert json.loads(details(events[4])["output"]) == {"done": {"a": 1}}


def test_the_invoke_integration_names_the_request_of_the_log(bench: Bench) -> None:
    name = bench.function("def handler(event, context): return context.aws_request_id")
    resource = "arn:aws:states:::lambda:invoke"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"FunctionName": name, "Payload.$": "$"}, "End": True}
    described, events = bench.run({"StartAt": "T", "States": {"T": task}}, {"a": 1})
    assert [kind for kind, _ in told(events)[2:5]] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]
    assert (details(events[2])["resourceType"], details(events[2])["resource"]) == ("lambda", "invoke")
    output = json.loads(described["output"])
    assert output["SdkResponseMetadata"]["RequestId"] == output["Payload"]
    assert f"START RequestId: {output['Payload']} Version: $LATEST" in bench.log(name)


def test_retry_and_catch_match_a_handlers_own_error(bench: Bench) -> None:
    task = {
        "Type": "Task",
        "Resource": bench.function_arn(bench.function(FAILING)),
        "Retry": [{"ErrorEquals": ["CardDeclined"], "IntervalSeconds": 0, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["CardDeclined"], "ResultPath": "$.error", "Next": "Tell"}],
        "End": True,
    }
    described, events = bench.run({"StartAt": "T", "States": {"T": task, "Tell": PASS}}, {"id": 7})
    attempt = ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionFailed"]
    assert [kind for kind, _ in told(events)[2:9]] == [*attempt, *attempt, "TaskStateExited"]
    output = json.loads(described["output"])
    assert (output["id"], output["error"]["Error"]) == (7, "CardDeclined")
    assert json.loads(output["error"]["Cause"])["stackTrace"]


def test_a_task_that_takes_too_long_times_out(bench: Bench) -> None:
    name = bench.function("import time\ndef handler(e, c): time.sleep(5)")
    task = {"Type": "Task", "Resource": bench.function_arn(name), "TimeoutSeconds": 1, "End": True}
    described, events = bench.run({"StartAt": "T", "States": {"T": task}})
    assert events[-2]["type"] == "LambdaFunctionTimedOut"
    assert (described["status"], described["error"]) == ("FAILED", "States.Timeout")


def test_a_task_that_waits_for_a_worker_has_its_time_from_then_on(bench: Bench) -> None:
    name = bench.function("import time\ndef handler(event, context): time.sleep(event)")
    for _ in range(8):
        bench.invoke(name, 1.3, InvocationType="Event")
    task = {"Type": "Task", "Resource": bench.function_arn(name), "InputPath": "$.s", "TimeoutSeconds": 1, "End": True}
    described, _ = bench.run({"StartAt": "T", "States": {"T": task}}, {"s": 0})
    assert (described["status"], described.get("error")) == ("SUCCEEDED", None)


@pytest.mark.parametrize(("kind", "status", "runs"), [("Event", 202, True), ("DryRun", 204, False)])
def test_an_invocation_that_is_only_accepted_or_checked_has_no_answer_of_the_handler(
    bench: Bench, kind: str, status: int, runs: bool
) -> None:
    name = bench.function(FAILING)
    call = {"FunctionName": name, "InvocationType": kind, "Payload": {"a": 1}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": call, "End": True}
    described, _ = bench.run({"StartAt": "T", "States": {"T": task}})
    output = json.loads(described["output"])
    assert (output["Payload"], output["StatusCode"], output["SdkHttpMetadata"]["HttpStatusCode"]) == (
        "",
        status,
        status,
    )
    assert "ExecutedVersion" not in output
    if runs:
        await_line(bench, name, f"END RequestId: {output['SdkResponseMetadata']['RequestId']}")
    assert sum(bench.metric("AWS/Lambda", "Invocations", "Sum", FunctionName=name)) == int(runs)


def await_line(bench: Bench, name: str, line: str) -> None:
    deadline = time.monotonic() + 5
    while line not in bench.log(name):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_handler_called_by_an_alias_is_told_so(bench: Bench) -> None:
    name = bench.function("def handler(event, context): return context.invoked_function_arn")
    bench.lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    version = bench.lambda_.publish_version(FunctionName=name)["Version"]
    bench.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    task = {"Type": "Task", "Resource": f"{bench.function_arn(name)}:live", "End": True}
    described, _ = bench.run({"StartAt": "T", "States": {"T": task}})
    assert json.loads(described["output"]) == task["Resource"]


def test_a_map_writes_its_iterations(bench: Bench) -> None:
    inner = {"StartAt": "I", "States": {"I": PASS}}
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": inner, "End": True}
    described, events = bench.run({"StartAt": "M", "States": {"M": each}}, [5, 6])
    assert described["output"] == "[5,6]"
    assert told(events) == [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapIterationStarted", 3),
        ("PassStateEntered", 4),
        ("PassStateExited", 5),
        ("MapIterationSucceeded", 6),
        ("MapIterationStarted", 6),
        ("PassStateEntered", 8),
        ("PassStateExited", 9),
        ("MapIterationSucceeded", 10),
        ("MapStateSucceeded", 11),
        ("MapStateExited", 11),
        ("ExecutionSucceeded", 13),
    ]
    assert [details(event)["index"] for event in events if event["type"] == "MapIterationStarted"] == [0, 1]


def test_a_failing_iteration_calls_the_others_off(bench: Bench) -> None:
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "F"}], "Default": "W"}
    states = {"C": choice, "W": wait, "F": {"Type": "Fail", "Error": "Bad", "Cause": "one"}}
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "C", "States": states}, "End": True}
    described, events = bench.run({"StartAt": "M", "States": {"M": each}}, [0, 1])
    assert (described["error"], described["cause"]) == ("Bad", "one")
    kinds = [kind for kind, _ in told(events)]
    assert kinds[-4:] == ["MapIterationFailed", "MapIterationAborted", "MapStateFailed", "ExecutionFailed"]


def test_branches_start_at_the_parallel_state_and_keep_their_own_line(bench: Bench) -> None:
    branches = [{"StartAt": name, "States": {name: PASS}} for name in ("A", "B")]
    _, events = bench.run({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}})
    by_name = {details(e)["name"]: e for e in events if e["type"] == "PassStateEntered"}
    exits = {details(e)["name"]: e for e in events if e["type"] == "PassStateExited"}
    assert {event["previousEventId"] for event in by_name.values()} == {3}
    assert all(exits[name]["previousEventId"] == by_name[name]["id"] for name in ("A", "B"))
    kinds = [kind for kind, _ in told(events)]
    assert kinds[-3:] == ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]


def test_variables_of_a_branch_stay_in_it(bench: Bench) -> None:
    setting = {"Type": "Pass", "Assign": {"who": "inner"}, "End": True}
    parallel = {"Type": "Parallel", "Branches": [{"StartAt": "S", "States": {"S": setting}}], "Next": "Read"}
    read = {"Type": "Pass", "Parameters": {"who.$": "$who"}, "End": True}
    first = {"Type": "Pass", "Assign": {"who": "outer"}, "Next": "P"}
    described, events = bench.run({"StartAt": "F", "States": {"F": first, "P": parallel, "Read": read}})
    assert described["output"] == '{"who":"outer"}'
    assert details(events[2])["assignedVariables"] == {"who": '"outer"'}


def test_assign_sees_what_came_and_not_what_a_result_selector_makes_of_it(bench: Bench) -> None:
    inner = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"k": 3}, "End": True}}}
    selected = {"ResultSelector": {"p.$": "$[0]"}, "Assign": {"v.$": "$[0].k"}}
    parallel = {"Type": "Parallel", "Branches": [inner], "Next": "B", **selected}
    states = {"P": parallel, "B": {"Type": "Pass", "Parameters": {"v.$": "$v", "p.$": "$.p"}, "End": True}}
    described, _ = bench.run({"StartAt": "P", "States": states}, {})
    assert json.loads(described["output"]) == {"v": 3, "p": {"k": 3}}


def test_a_failed_expression_says_where(bench: Bench) -> None:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"total": "{% $nothing %}"}, "End": True}
    described, events = bench.run({"StartAt": "S", "States": {"S": state}})
    assert told(events)[2:] == [("EvaluationFailed", 0), ("ExecutionFailed", 3)]
    assert details(events[2])["location"] == "Output/total"
    assert described["error"] == "States.QueryEvaluationError"
    assert "(entered at the event id #2)" in described["cause"]


def test_a_missing_path_fails_the_execution(bench: Bench) -> None:
    state = {"Type": "Pass", "Parameters": {"who.$": "$.customer"}, "End": True}
    described, _ = bench.run({"StartAt": "S", "States": {"S": state}})
    assert described["error"] == "States.Runtime"
    assert "The JSONPath '$.customer' specified for the field 'who.$' could not be found" in described["cause"]


@pytest.mark.parametrize(
    ("path", "text"),
    [("$.x", "[1]"), ("$.x", '"x"'), ("$.x", "5"), ("$.x", "null"), ("$.a.b", '{"a":5}'), ("$.a[1]", '{"a":[5]}')],
)
def test_a_result_path_that_does_not_fit_the_input_fails_the_state(bench: Bench, path: str, text: str) -> None:
    state = {"Type": "Pass", "Result": 1, "ResultPath": path, "End": True}
    machine = bench.machine({"StartAt": "S", "States": {"S": state}})
    described = bench.wait(bench.states.start_execution(stateMachineArn=machine, input=text)["executionArn"])
    assert described["error"] == "States.ResultPathMatchFailure"
    assert described["cause"].endswith(f"Unable to apply ReferencePath {path} to input {text}")


def test_a_result_path_leads_into_a_list_and_makes_what_is_not_there(bench: Bench) -> None:
    states = {
        "A": {"Type": "Pass", "Result": 1, "ResultPath": "$.a[0]", "Next": "B"},
        "B": {"Type": "Pass", "Result": 2, "ResultPath": "$.b.c", "End": True},
    }
    described, _ = bench.run({"StartAt": "A", "States": states}, {"a": [5]})
    assert json.loads(described["output"]) == {"a": [1], "b": {"c": 2}}


def test_a_result_path_that_does_not_fit_is_caught_and_that_of_a_catcher_is_not(bench: Bench) -> None:
    both = {"Type": "Parallel", "Branches": [{"StartAt": "P", "States": {"P": PASS}}], "ResultPath": "$.p", "End": True}
    for path, error, output in (("$.e", "States.ResultPathMatchFailure", None), (None, None, "[1]")):
        catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": "Z"}]
        described, _ = bench.run({"StartAt": "S", "States": {"S": both | {"Catch": catch}, "Z": PASS}}, [1])
        assert (described.get("error"), described.get("output")) == (error, output)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.items[*].id", [1, 2, 3]),
        ("$.items[1:].id", [2, 3]),
        ("$.items[-1].id", 3),
        ("$.items[0,2].id", [1, 3]),
        ("$..id", [1, 2, 3]),
        ("$.items[?(@.kind == 'b')].id", [2]),
        ("$.items[?(@.id >= 2)].id", [2, 3]),
        ("$['items'][0]['kind']", "a"),
        ("$.nothing[*]", []),
    ],
)
def test_paths_select_as_on_aws(bench: Bench, path: str, found: Any) -> None:
    items = [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}, {"id": 3, "kind": "c"}]
    state = {"Type": "Pass", "Parameters": {"found.$": path}, "End": True}
    described, _ = bench.run({"StartAt": "S", "States": {"S": state}}, {"items": items})
    assert json.loads(described["output"]) == {"found": found}


def test_a_callback_is_submitted_and_answered(bench: Bench) -> None:
    queue = bench.aws.client("sqs").create_queue(QueueName="approvals")["QueueUrl"]
    message = {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    task = {"Type": "Task", "Resource": resource, "Parameters": message, "HeartbeatSeconds": 30, "End": True}
    execution = bench.start(bench.machine({"StartAt": "T", "States": {"T": task}}))
    received = bench.aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]
    bench.states.send_task_success(taskToken=json.loads(received["Body"])["token"], output='"approved"')
    assert bench.wait(execution)["output"] == '"approved"'
    submitted = json.loads(details(bench.events(execution)[4])["output"])
    assert submitted["SdkHttpMetadata"]["HttpStatusCode"] == 200
    kinds = bench.types(execution)[2:6]
    assert kinds == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_callback_without_heartbeat_times_out(bench: Bench) -> None:
    queue = bench.aws.client("sqs").create_queue(QueueName="mute")["QueueUrl"]
    message = {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"}
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    task = {"Type": "Task", "Resource": resource, "Parameters": message, "HeartbeatSeconds": 1, "End": True}
    described, events = bench.run({"StartAt": "T", "States": {"T": task}})
    assert events[-2]["type"] == "TaskTimedOut"
    assert described["error"] == "States.HeartbeatTimeout"


def test_an_activity_tells_who_took_it(bench: Bench) -> None:
    arn = bench.states.create_activity(name="packing")["activityArn"]
    execution = bench.start(
        bench.machine({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}})
    )
    task = bench.states.get_activity_task(activityArn=arn, workerName="table 4")
    bench.states.send_task_failure(taskToken=task["taskToken"], error="Broken", cause="glass")
    assert bench.wait(execution)["error"] == "Broken"
    events = bench.events(execution)
    assert [kind for kind, _ in told(events)[2:5]] == ["ActivityScheduled", "ActivityStarted", "ActivityFailed"]
    assert details(events[3])["workerName"] == "table 4"


def test_an_activity_is_made_once(bench: Bench) -> None:
    first, again = (bench.states.create_activity(name="made-once") for _ in range(2))
    assert (again["activityArn"], again["creationDate"]) == (first["activityArn"], first["creationDate"])


def activity(bench: Bench, name: str, **limits: int) -> tuple[str, str]:
    """An activity, and an execution that waits for it."""
    arn = bench.states.create_activity(name=name)["activityArn"]
    task = {"Type": "Task", "Resource": arn, "End": True, **limits}
    return arn, bench.start(bench.machine({"StartAt": "T", "States": {"T": task}}))


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"HeartbeatSeconds": 1}, "States.HeartbeatTimeout"),
        ({"TimeoutSeconds": 1}, "States.Timeout"),
        ({"TimeoutSeconds": 2, "HeartbeatSeconds": 1}, "States.HeartbeatTimeout"),
    ],
)
def test_an_activity_that_falls_silent_times_out(bench: Bench, limits: dict[str, int], error: str) -> None:
    arn, execution = activity(bench, f"silent-{len(limits)}-{error}".replace(".", "-"), **limits)
    assert bench.states.get_activity_task(activityArn=arn)["taskToken"]
    assert bench.wait(execution)["error"] == error
    assert bench.types(execution)[-2:] == ["ActivityTimedOut", "ExecutionFailed"]


def test_a_heartbeat_keeps_an_activity_waiting(bench: Bench) -> None:
    arn, execution = activity(bench, "beating", HeartbeatSeconds=2)
    token = bench.states.get_activity_task(activityArn=arn)["taskToken"]
    end = time.monotonic() + 3.5  # longer than one pause may be
    while time.monotonic() < end:
        bench.states.send_task_heartbeat(taskToken=token)
        time.sleep(0.1)
    bench.states.send_task_success(taskToken=token, output="1")
    assert bench.wait(execution)["status"] == "SUCCEEDED"


def test_a_child_execution_is_waited_for(bench: Bench) -> None:
    failing = bench.machine({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Inner"}}})
    resource = "arn:aws:states:::states:startExecution.sync:2"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": failing, "Input": {}}, "End": True}
    described, events = bench.run({"StartAt": "T", "States": {"T": task}})
    kinds = [kind for kind, _ in told(events)[2:6]]
    assert kinds == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskFailed"]
    assert described["error"] == "States.TaskFailed"
    assert json.loads(described["cause"])["Error"] == "Inner"


def test_a_distributed_map_runs_children(bench: Bench) -> None:
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "I", "States": {"I": PASS}}
    each = {"Type": "Map", "ItemProcessor": inner, "End": True}
    execution = bench.start(bench.machine({"StartAt": "M", "States": {"M": each}}), [1, 2, 3])
    assert bench.wait(execution)["output"] == "[1,2,3]"
    kinds = bench.types(execution)[2:7]
    assert kinds == ["MapStateStarted", "MapRunStarted", "MapRunSucceeded", "MapStateSucceeded", "MapStateExited"]
    (run,) = bench.states.list_map_runs(executionArn=execution)["mapRuns"]
    children = bench.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert [child["status"] for child in children] == ["SUCCEEDED"] * 3
    assert bench.types(children[0]["executionArn"])[-1] == "ExecutionSucceeded"


@pytest.mark.parametrize(
    ("batcher", "batches"),
    [
        ({"MaxItemsPerBatch": 2}, [[1, 2], [3]]),
        ({"MaxInputBytesPerBatch": len('{"BatchInput":{"of":"a"},"Items":[1]}')}, [[1], [2], [3]]),
        ({"MaxItemsPerBatchPath": "$.most"}, [[1, 2, 3]]),
    ],
)
def test_a_distributed_map_hands_its_children_batches(bench: Bench, batcher: Any, batches: list[list[int]]) -> None:
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "I", "States": {"I": PASS}}
    each = {
        "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner, "End": True,
        "ItemBatcher": {"BatchInput": {"of.$": "$.name"}, **batcher},
    }  # fmt: skip
    machine = bench.machine({"StartAt": "M", "States": {"M": each}})
    execution = bench.start(machine, {"items": [1, 2, 3], "name": "a", "most": 5})
    given = [{"BatchInput": {"of": "a"}, "Items": batch} for batch in batches]
    assert bench.wait(execution).get("cause") is None
    assert json.loads(bench.wait(execution)["output"]) == given
    (run,) = bench.states.list_map_runs(executionArn=execution)["mapRuns"]
    told_of = bench.states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (told_of["itemCounts"]["succeeded"], told_of["executionCounts"]["succeeded"]) == (3, len(batches))


def test_results_that_would_be_written_elsewhere_are_no_success(bench: Bench) -> None:
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "I", "States": {"I": PASS}}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "nowhere"}}
    each = {"Type": "Map", "ItemProcessor": inner, "ResultWriter": writer, "End": True}
    described, _ = bench.run({"StartAt": "M", "States": {"M": each}}, [1])
    assert described["status"] == "FAILED"
    assert "ResultWriter" in described["cause"]


def test_a_token_lives_on_after_an_output_that_is_no_json_and_is_told_from_nonsense(bench: Bench) -> None:
    arn, execution = activity(bench, "answering-badly")
    token = bench.states.get_activity_task(activityArn=arn)["taskToken"]
    with pytest.raises(bench.states.exceptions.InvalidOutput):
        bench.states.send_task_success(taskToken=token, output="{bad")
    bench.states.send_task_success(taskToken=token, output='"well"')
    assert bench.wait(execution)["output"] == '"well"'
    with pytest.raises(bench.states.exceptions.TaskTimedOut):
        bench.states.send_task_success(taskToken=token, output='"late"')
    with pytest.raises(bench.states.exceptions.InvalidToken):
        bench.states.send_task_heartbeat(taskToken="nonsense")


def test_an_activity_is_not_given_the_task_of_an_execution_that_was_stopped(bench: Bench) -> None:
    arn, stopped = activity(bench, "stopped-before")
    bench.states.stop_execution(executionArn=stopped)
    machine = bench.states.describe_execution(executionArn=stopped)["stateMachineArn"]
    bench.start(machine, "second")
    time.sleep(1)  # by then the one that was stopped has noticed
    assert bench.states.get_activity_task(activityArn=arn)["input"] == '"second"'


@pytest.mark.parametrize("error", ["States.Runtime", "States.DataLimitExceeded"])
def test_what_ends_an_execution_is_caught_by_its_name_alone(bench: Bench, error: str) -> None:
    function = bench.function("def handler(event, context):\n    return 'x' * 300_000")
    task: dict[str, Any] = {"Type": "Task", "Resource": bench.function_arn(function), "Next": "Done"}
    if error == "States.Runtime":
        task["InputPath"] = "$.nothing"
    for names, status in ((["States.ALL"], "FAILED"), (["States.TaskFailed"], "FAILED"), ([error], "SUCCEEDED")):
        task["Catch"] = [{"ErrorEquals": names, "Next": "Done"}]
        states = {"T": task, "Done": {"Type": "Succeed"}}
        described, _ = bench.run({"StartAt": "T", "States": states})
        assert described["status"] == status
        assert status == "SUCCEEDED" or described["error"] == error


def test_a_state_hands_on_no_more_than_a_task_may_give(bench: Bench) -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
    twice = {"Type": "Parallel", "Branches": [branch, branch], "End": True}
    described, _ = bench.run({"StartAt": "P", "States": {"P": twice}}, "x" * 200_000)
    assert (described["status"], described["error"]) == ("FAILED", "States.DataLimitExceeded")


@pytest.mark.long
def test_an_expression_that_takes_too_long_says_whose_limit_that_is(bench: Bench) -> None:
    endless = "{% $match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a+)+$/) %}"
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": endless, "End": True}
    described = bench.wait(bench.start(bench.machine({"StartAt": "S", "States": {"S": state}})), 60)
    assert described["error"] == "States.QueryEvaluationError"
    assert described["cause"].endswith("more than 1 s of processor time. That is the limit of the embedded AWS.")
