"""An account of the embedded AWS in which others work too: what they made, and taking it over."""

import json
from typing import Any

from tests.factories import UserFactory
from tests.fixtures_aws import ACCOUNT, EmbeddedAws
from tests.flows.waiting import until
from workflows import packaging
from workflows.jobs import deployments as jobs
from workflows.jobs import imports as reading
from workflows.models import Deployment, Environment, FunctionRevision, Import, Survey, User, WorkflowRevision
from workflows.policies import trust
from workflows.services import deployments, imports
from workflows.services.imports import Wanted

PACKAGE = packaging.zip_of([("app.py", b"def run(event, context):\n    return 'theirs'\n", False)])
DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})


class Account:
    """An account in which others work too."""

    def __init__(self, environment: Environment, aws: EmbeddedAws) -> None:
        environment.account_id = ACCOUNT  # as its first deployment learns it
        environment.save()
        self.environment, self.prefix, self.aws = environment, environment.name_prefix, aws
        self.person: User = UserFactory.create(username="dora", role="developer")
        self.functions, self.machines, self.iam = (aws.client(one) for one in ("lambda", "stepfunctions", "iam"))
        policy = json.dumps(trust("lambda.amazonaws.com"))
        made = self.iam.create_role(RoleName=f"{self.prefix}theirs", AssumeRolePolicyDocument=policy)
        self.role = made["Role"]["Arn"]

    def function(self, name: str, tags: dict[str, str]) -> str:
        """A function of theirs; gives its ARN."""
        made = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="app.run",
            Role=self.role,
            MemorySize=256,
            Timeout=7,
            Code={"ZipFile": PACKAGE.content},
            Environment={"Variables": {"TOKEN": "theirs"}},
            Tags=tags,
        )
        return str(made["FunctionArn"])

    def machine(self, name: str) -> str:
        """A state machine of theirs; gives its ARN."""
        made = self.machines.create_state_machine(name=name, definition=DEFINITION, roleArn=self.role)
        return str(made["stateMachineArn"])

    def look(self) -> dict[str, dict[str, Any]]:
        """What is not ours, by ARN."""
        imports.look(self.environment, by=self.person)
        reading.drain()
        survey = Survey.objects.get(environment=self.environment)
        assert survey.problem == ""
        return {one["arn"]: one for one in survey.found}

    def take(self, arn: str, name: str, *, adopts: bool = False) -> Import:
        """Import one."""
        row = imports.request(self.environment, Wanted(arn, name, adopts=adopts), by=self.person)
        reading.drain()
        row.refresh_from_db()
        return row

    def deploy(self, name: str) -> Deployment:
        """Deploy the newest revision of a function."""
        return self.bring(FunctionRevision.objects.filter(function__name=name).order_by("-number")[0])

    def bring(self, revision: FunctionRevision | WorkflowRevision) -> Deployment:
        """Deploy a revision."""
        asked = deployments.request(revision, self.environment, by=self.person)
        until(lambda: not jobs.drain() and not Deployment.objects.filter(finished_at=None).exists())
        return Deployment.objects.get(pk=asked.pk)
