"""A Choice that compares decimals: the run comes to its end here too, and its rules say the digits that were seen."""

import json

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import UserFactory
from tests.flows.conftest import Road
from transactions.models import ChoiceResult
from transactions.services import submissions
from transactions.services.submissions import Submission
from workflows.jobs import deployments as jobs
from workflows.models import Environment
from workflows.packaging import WorkflowDefinition
from workflows.services import definitions, deployments

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
RULE = {"Variable": "$.Amount", "NumericLessThan": 50.25, "Next": "Small"}
MACHINE = {
    "StartAt": "Size",
    "States": {
        "Size": {"Type": "Choice", "Choices": [RULE], "Default": "Large"},
        "Small": {"Type": "Succeed"},
        "Large": {"Type": "Succeed"},
    },
}


def test_decimals_compared_in_a_choice_are_kept_and_shown(environment: Environment, client: Client) -> None:
    definition = WorkflowDefinition("sizes", "Sizes", "STANDARD", {}, json.dumps(MACHINE), "")
    deployments.request(definitions.save_workflow(definition, by=None).revision, environment, by=None)
    jobs.drain()
    road = Road(environment)
    asked = Submission("sizes", '{"Amount": 35.9}')
    row = road.finish(road.start(submissions.submit(asked, by=road.operator).transaction))
    assert row.status == "succeeded"
    result = ChoiceResult.objects.get(execution_id=row.pk)
    assert (result.next, result.agrees, result.rules[0]["test"]["actual"]) == ("Small", True, 35.9)
    client.force_login(UserFactory.create(role="viewer"))
    assert "35.9 is less than 50.25" in text(client.get(f"/transactions/{row.pk}"))
