"""The policy of the worker's role is held to the calls of the gateway, and the one in the documentation to it."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.factories import EnvironmentFactory
from workflows import worker_policy
from workflows.aws import clients
from workflows.worker_policy import NEEDS

ROOT = Path(__file__).parents[2]
EXAMPLE = ("111122223333", "eu-central-1", "signalbox-", "arn:aws:iam::111122223333:policy/boundary")


def test_every_call_of_the_gateway_has_an_entry_and_every_entry_a_call() -> None:
    calls: set[str] = set()
    for file in (ROOT / "workflows" / "aws").glob("*.py"):
        calls |= set(re.findall(r'"([a-z0-9]+:[A-Z][A-Za-z]+)"', file.read_text()))
    assert calls - set(NEEDS) == set(), "Say in the table what these need."
    assert set(NEEDS) - calls == set(), "Nobody makes these calls."


def test_every_call_that_was_recorded_in_this_run_has_an_entry() -> None:
    recorded = {sample.labels["operation"] for metric in clients.CALLS.collect() for sample in metric.samples}
    assert recorded <= set(NEEDS)


def test_roles_are_made_under_our_path_and_within_the_boundary_only() -> None:
    for statement in worker_policy.document(*EXAMPLE)["Statement"]:
        if any(action.startswith("iam:") for action in statement["Action"]):
            assert statement["Resource"] == "arn:aws:iam::111122223333:role/signalbox/signalbox-*"
        if {"iam:CreateRole", "iam:PutRolePolicy"} & set(statement["Action"]):
            assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": EXAMPLE[3]}}


def test_a_role_is_passed_to_lambda_and_step_functions_only() -> None:
    imported = worker_policy.Imported(roles=("arn:aws:iam::111122223333:role/theirs",))
    passing = [
        statement
        for statement in worker_policy.document(*EXAMPLE, imported)["Statement"]
        if "iam:PassRole" in statement["Action"]
    ]
    assert len(passing) == 2
    for statement in passing:
        assert statement["Action"] == ["iam:PassRole"]
        assert statement["Condition"] == {
            "StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com", "states.amazonaws.com"]}
        }


def test_the_documentation_ships_this_very_policy() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    [shipped] = [
        json.loads(found) for found in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if "Statement" in found
    ]
    assert shipped == worker_policy.document(*EXAMPLE)


@pytest.mark.django_db
def test_the_command_prints_it_for_an_environment() -> None:
    EnvironmentFactory.create()
    out = StringIO()
    call_command("worker_policy", stdout=out)
    assert json.loads(out.getvalue()) == worker_policy.document("123456789012", "us-east-1", "signalbox-")
