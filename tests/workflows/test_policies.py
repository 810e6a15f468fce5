"""Policies: exactly what is named and nothing else; and when two of them mean the same."""

import copy
import json
from typing import Any

import botocore.session
import pytest

from workflows import iam_services, policies
from workflows.policies import Place

HERE = Place("123456789012", "eu-central-1", "sb-")
LAMBDA = "arn:aws:lambda:eu-central-1:123456789012:function"
DEFINITION = '{"A": "${ProcessPurchase}", "B": "${ProcessRefund}", "C": "${ProcessPurchase}"}'


def test_a_machine_may_invoke_exactly_the_functions_its_definition_names() -> None:
    (statement,) = policies.of_workflow("payments", DEFINITION, HERE)["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert statement["Resource"] == [f"{LAMBDA}:sb-ProcessPurchase:live", f"{LAMBDA}:sb-ProcessRefund:live"]


@pytest.mark.parametrize("definition", ["{}", '{"A": "$.x", "B": "{% $a %}", "C": "${}", "D": "$ {x}"}'])
def test_a_machine_that_names_no_function_may_do_nothing(definition: str) -> None:
    assert policies.of_workflow("payments", definition, HERE)["Statement"] == []


def test_a_function_may_write_its_own_log_and_no_other() -> None:
    (statement,) = policies.of_function("ProcessRefund", [], HERE)["Statement"]
    group = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/sb-ProcessRefund"
    assert statement["Resource"] == [group, f"{group}:*"]
    assert {action.split(":")[0] for action in statement["Action"]} == {"logs"}


def test_a_function_may_do_what_its_definition_declares() -> None:
    declared = [
        {"actions": ["lambda:InvokeFunction"], "resources": ["${LambdaToInvoke}"]},
        {"actions": ["s3:GetObject", "s3:PutObject"], "resources": ["arn:aws:s3:::bucket/*"]},
    ]
    _, invoke, store = policies.of_function("Invoker", declared, HERE)["Statement"]
    invoked = f"{LAMBDA}:sb-LambdaToInvoke"
    assert (invoke["Action"], invoke["Resource"]) == (["lambda:InvokeFunction"], [invoked, f"{invoked}:*"])
    assert (store["Action"], store["Resource"]) == (["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::bucket/*"])


def test_no_policy_allows_every_action() -> None:
    for policy in (policies.of_workflow("payments", DEFINITION, HERE), policies.of_function("A", [], HERE)):
        for statement in policy["Statement"]:
            assert not any("*" in action for action in statement["Action"])
            assert "*" not in statement["Resource"]


def test_a_role_is_assumed_by_one_service() -> None:
    (statement,) = policies.trust("states.amazonaws.com")["Statement"]
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


def test_definitions_call_the_version_in_force_and_environments_name_the_function() -> None:
    assert json.loads(policies.put_arns('{"A": "${B}"}', HERE)) == {"A": f"{LAMBDA}:sb-B:live"}
    assert policies.put_names("${B} and ${C}", HERE) == "sb-B and sb-C"
    assert policies.names_in(DEFINITION) == ["ProcessPurchase", "ProcessRefund"]


@pytest.mark.parametrize("kind", ["function", "workflow"])
def test_a_roles_name_is_as_long_as_iam_takes_and_tells_names_apart(kind: str) -> None:
    names = {HERE.role_name(kind, "x" * 39 + last) for last in "ab"}
    assert len(names) == 2
    assert max(map(len, names)) <= 64


WANTED = policies.of_function("A", [{"actions": ["a:B"], "resources": ["x", "y"]}], HERE)


def test_policies_mean_the_same_however_iam_writes_them() -> None:
    read_back: dict[str, Any] = copy.deepcopy(WANTED)
    read_back["Statement"].reverse()
    read_back["Statement"][0]["Action"] = "a:B"
    read_back["Statement"][0]["Resource"].reverse()
    assert policies.same(WANTED, read_back)
    alone = policies.trust("lambda.amazonaws.com")
    assert policies.same(alone, {**alone, "Statement": alone["Statement"][0]})


@pytest.mark.parametrize(
    ("key", "value"),
    [("Effect", "Deny"), ("Action", ["a:B", "a:C"]), ("Resource", ["x"]), ("Condition", {"Bool": {"x": "true"}})],
)
def test_policies_differ_when_one_statement_does(key: str, value: Any) -> None:
    read_back = copy.deepcopy(WANTED)
    read_back["Statement"][1][key] = value
    assert not policies.same(WANTED, read_back)


def test_a_policy_that_is_not_there_is_like_no_other() -> None:
    assert not policies.same(WANTED, None)
    assert not policies.same(None, None)


def test_what_is_allowed_beyond_what_is_named_is_told() -> None:
    declared = [
        {"actions": ["s3:*"], "resources": ["arn:aws:s3:::orders/*"]},
        {"actions": ["sqs:SendMessage"], "resources": ["*", "arn:aws:sqs:eu-central-1:123456789012:*", "${Invoker}"]},
    ]
    told = policies.wildcards(policies.of_function("F", declared, HERE))
    assert [sentence.split()[0] for sentence in told] == ["s3:*", "*", "arn:aws:sqs:eu-central-1:123456789012:*"]


def test_naming_everything_is_told_nothing() -> None:
    declared = [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::orders/*"]}]
    assert policies.wildcards(policies.of_function("F", declared, HERE)) == []


def test_a_pattern_is_marked_but_not_what_lies_in_one_bucket_or_all_versions_of_one_thing() -> None:
    wide = [
        "arn:aws:dynamodb:*:*:table/orders",
        "arn:aws:sqs:eu-central-1:123456789012:shop-?",
        "arn:aws:s3:::shop-*/x",
    ]
    meant = ["arn:aws:s3:::shop/*", "arn:aws:lambda:eu-central-1:123456789012:function:f:*"]
    declared = [{"actions": ["a:B"], "resources": wide + meant}]
    told = policies.wildcards(policies.of_function("F", declared, HERE))
    assert sorted(told) == [f"{one} is every one that fits: name those it needs." for one in sorted(wide)]


@pytest.mark.parametrize("action", ["nope", "s3", "s3:", ":GetObject", "s3:Get Object", "s3:GetObject:more", ""])
def test_what_is_no_action_is_refused_in_words(action: str) -> None:
    assert "is no action: one is written as service and action" in policies.refusal(action)


@pytest.mark.parametrize("action", ["s3:GetObject", "lambda:InvokeFunction", "s3:Get*", "execute-api:Invoke", "s3:*"])
def test_what_is_an_action_of_a_known_service_is_neither_refused_nor_doubted(action: str) -> None:
    assert policies.refusal(action) == ""
    assert policies.unknown_services([{"actions": [action], "resources": ["*"]}]) == []


def test_an_action_of_a_service_that_nobody_knows_is_taken_with_a_warning() -> None:
    assert policies.refusal("s4:GetObject") == ""
    [told] = policies.unknown_services([{"actions": ["s4:GetObject", "s3:GetObject"], "resources": ["*"]}])
    assert told.startswith("s4:GetObject: no service is known here by that name.")


def test_every_service_of_the_sdk_is_known() -> None:
    session = botocore.session.get_session()
    signed = {session.get_service_model(one).signing_name.lower() for one in session.get_available_services()}
    assert signed - iam_services.KNOWN == set()
