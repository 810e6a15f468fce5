"""A function and a workflow that calls it, both live, and somebody who changes them in AWS by hand."""

import json
from typing import Any

from tests.factories import UserFactory
from tests.fixtures_aws import EmbeddedAws
from tests.flows.waiting import until
from workflows import packaging
from workflows.jobs import deployments as jobs
from workflows.jobs import drift as comparing
from workflows.models import Deployment, Drift, Environment, FunctionRevision, User, WorkflowRevision
from workflows.packaging import FunctionDefinition, WorkflowDefinition
from workflows.services import definitions, deployments

OLD = packaging.zip_of([("handler.py", b"def handler(event, context):\n    return 'old'\n", False)])


def machine(comment: str, task: str) -> str:
    states = {"Call": {"Type": "Task", "Resource": task, "End": True}}
    return json.dumps({"Comment": comment, "StartAt": "Call", "States": states}, indent=2)


class Changed:
    """A function and a workflow that calls it, deployed; and somebody at work in AWS beside."""

    def __init__(self, environment: Environment, aws: EmbeddedAws) -> None:
        self.environment, self.aws = environment, aws
        self.person: User = UserFactory.create(username="dora", role="developer")
        self.functions, self.machines = aws.client("lambda"), aws.client("stepfunctions")
        definition = FunctionDefinition("Drifter", "python3.12", "handler.handler", 128, 10, {"TOKEN": "deployed"})
        self.revision = definitions.save_function(definition, OLD, by=None).revision
        wanted = WorkflowDefinition("drifting", "Drifting", "STANDARD", {}, machine("as deployed", "${Drifter}"), "")
        self.flow = definitions.save_workflow(wanted, by=None).revision
        self.function_deployment = self.deploy(self.revision)
        self.machine_deployment = self.deploy(self.flow)
        self.name = f"{environment.name_prefix}Drifter"

    def deploy(self, revision: FunctionRevision | WorkflowRevision) -> Deployment:
        asked = deployments.request(revision, self.environment, by=self.person)
        self.work()
        done = Deployment.objects.get(pk=asked.pk)
        assert (done.status, done.cause) == ("succeeded", "")
        return done

    def work(self) -> None:
        """Let the workers do what is due."""
        until(lambda: not jobs.drain() and not Deployment.objects.filter(finished_at=None).exists())

    def compare(self) -> None:
        comparing.sweep()
        until(lambda: not comparing.drain() and not Drift.objects.exclude(next_check_at=None).exists())

    def of_function(self) -> Drift:
        return Drift.objects.get(function=self.revision.function)

    def of_workflow(self) -> Drift:
        return Drift.objects.get(workflow=self.flow.workflow)

    def invoke(self) -> Any:
        answer = self.functions.invoke(FunctionName=f"{self.name}:live", Payload=b"{}")
        return json.load(answer["Payload"])


def told(row: Drift) -> dict[str, tuple[str, str]]:
    return {one["field"]: (one["deployed"], one["live"]) for one in row.differences}
