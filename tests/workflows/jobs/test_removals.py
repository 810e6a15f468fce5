"""A function is taken out of the embedded AWS: with what was made for it, and nothing that was not."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.fixtures_aws import EmbeddedAws
from workflows import packaging, triggers
from workflows.claims import claim_due
from workflows.jobs import deployments as jobs
from workflows.jobs.deployments.removals import removal_steps
from workflows.jobs.deployments.steps import carry_out
from workflows.models import Deployment, Environment, Function, Trigger
from workflows.packaging import FunctionDefinition
from workflows.services import catalogues, definitions, deployments, removals
from workflows.services.catalogues import Loaded, NotLoaded

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[3]
PACKAGE = packaging.zip_of([("handler.py", b"def handler(event, context):\n    return event\n", False)])
STATEMENT = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
MORE = {"Version": "2012-10-17", "Statement": [STATEMENT]}
QUEUE = {"type": "sqs", "queue": "orders", "create": True}


class Cloud:
    """One function in the embedded AWS, and what is left of it there."""

    def __init__(self, environment: Environment, aws: EmbeddedAws) -> None:
        self.environment, self.aws = environment, aws
        self.name = f"{environment.name_prefix}Orders"
        self.role = f"{environment.name_prefix}function-Orders"

    def deploy(self, *given: dict[str, Any]) -> Function:
        definition = FunctionDefinition(
            "Orders", "python3.12", "handler.handler", 128, 10, triggers=triggers.read_all(given)
        )
        revision = definitions.save_function(definition, PACKAGE, by=None).revision
        assert self.finish(deployments.request(revision, self.environment, by=None)).status == "succeeded"
        return revision.function

    def delete(self, function: Function) -> Deployment:
        [asked] = removals.request(function, by=None)
        return self.finish(asked)

    def finish(self, asked: Deployment) -> Deployment:
        until = time.monotonic() + 60
        while Deployment.objects.filter(pk=asked.pk, finished_at=None).exists():
            assert time.monotonic() < until, "it took too long"
            jobs.drain()
        return Deployment.objects.get(pk=asked.pk)

    def left(self) -> set[str]:
        found = set()
        functions = self.aws.client("lambda").list_functions()["Functions"]
        found |= {"function" for one in functions if one["FunctionName"] == self.name}
        found |= {"role" for one in self.aws.client("iam").list_roles()["Roles"] if one["RoleName"] == self.role}
        mappings = self.aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        found |= {"mapping" for one in mappings if f":{self.name}" in one["FunctionArn"]}
        queues = self.aws.client("sqs").list_queues(QueueNamePrefix=self.environment.name_prefix).get("QueueUrls", [])
        return found | {"queue" for one in queues if one.endswith("orders")}


@pytest.fixture
def cloud(environment: Environment, embedded_aws: EmbeddedAws) -> Cloud:
    return Cloud(environment, embedded_aws)


def test_what_was_made_for_it_goes_and_it_is_kept_with_its_revisions(cloud: Cloud) -> None:
    function = cloud.deploy(QUEUE)
    assert cloud.left() == {"function", "role", "mapping", "queue"}
    gone = cloud.delete(function)
    assert (gone.status, gone.cause, cloud.left()) == ("succeeded", "", set())
    told = dict(gone.steps.values_list("name", "detail"))
    assert told["Function"] == f"Deleted {cloud.name}, the alias live and 1 published version"
    assert told["Log group"] == f"/aws/lambda/{cloud.name} stays, with what was logged"
    function.refresh_from_db()
    assert function.deleted_at is not None
    assert (function.revisions.count(), Trigger.objects.count()) == (1, 0)
    assert not Deployment.objects.filter(is_live=True).exists()
    # Restored and deployed again it is what it was.
    assert definitions.restore(function, by=None)
    cloud.deploy(QUEUE)
    assert cloud.left() == {"function", "role", "mapping", "queue"}


@pytest.mark.long
def test_what_was_made_for_it_and_stays_is_named_at_the_end(cloud: Cloud) -> None:
    function = cloud.deploy({"type": "s3", "bucket": "files", "create": True}, QUEUE)
    bucket = f"{cloud.environment.name_prefix}files"
    cloud.aws.client("s3").put_object(Bucket=bucket, Key="keep.txt", Body=b"1")
    told = dict(cloud.delete(function).steps.values_list("name", "detail"))
    assert f"{bucket} calls it no more, and stays: something is in it" in told["S3 bucket files: away"]
    assert told["Read back"] == f"AWS has nothing of it any more that was made here, but the bucket {bucket}"
    cloud.aws.client("s3").delete_object(Bucket=bucket, Key="keep.txt")
    cloud.aws.client("s3").delete_bucket(Bucket=bucket)


def test_cut_short_after_any_step_it_is_carried_on_to_the_end(cloud: Cloud) -> None:
    function = cloud.deploy(QUEUE)
    removals.request(function, by=None)
    due = Deployment.objects.filter(removes=True)
    [row] = claim_due(due, 1, "environment", "function", "function_revision", status="running")
    for count in range(1, len(removal_steps(row))):
        carry_out(row, removal_steps(row)[:count])  # a worker that got no further
    due.update(claim=None, claimed_until=None, next_attempt_at=timezone.now())
    gone = cloud.finish(row)
    assert (gone.status, cloud.left()) == ("succeeded", set())
    assert gone.steps.get(name="Read back").detail == "AWS has nothing of it any more that was made here"


def test_what_somebody_else_has_call_it_forbids_it(cloud: Cloud) -> None:
    function = cloud.deploy()
    cloud.aws.client("lambda").add_permission(
        FunctionName=cloud.name,
        StatementId="theirs",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn="arn:aws:sns:us-east-1:123456789012:theirs",
    )
    kept = cloud.delete(function)
    assert (kept.status, kept.error) == ("failed", "CalledByOthers")
    assert "sns.amazonaws.com may invoke it as arn:aws:sns:us-east-1:123456789012:theirs" in kept.cause
    assert cloud.left() == {"function", "role"}
    function.refresh_from_db()
    assert function.deleted_at is None
    assert Deployment.objects.filter(function=function, is_live=True).exists()


@pytest.mark.long
def test_what_is_not_ours_stays(cloud: Cloud) -> None:
    function = cloud.deploy()
    lambda_ = cloud.aws.client("lambda")
    arn = lambda_.get_function(FunctionName=cloud.name)["Configuration"]["FunctionArn"]
    lambda_.untag_resource(Resource=arn, TagKeys=["signalbox:install"])
    kept = cloud.delete(function)
    assert (kept.status, kept.error) == ("failed", "NotOurs")
    assert cloud.left() == {"function", "role"}


def test_what_has_its_name_and_never_was_ours_does_not_keep_it_from_being_deleted(cloud: Cloud) -> None:
    theirs = cloud.aws.client("lambda").create_function(
        FunctionName=cloud.name,
        Runtime="python3.12",
        Handler="handler.handler",
        Role="arn:aws:iam::123456789012:role/theirs",
        Code={"ZipFile": PACKAGE.content},
    )
    definition = FunctionDefinition("Orders", "python3.12", "handler.handler", 128, 10)
    revision = definitions.save_function(definition, PACKAGE, by=None).revision
    refused = cloud.finish(deployments.request(revision, cloud.environment, by=None))
    assert (refused.status, refused.error) == ("failed", "NotOurs")
    assert "delete it here, then adopt what is in AWS" in refused.advice
    assert cloud.delete(revision.function).status == "succeeded"
    assert cloud.left() == {"function"}
    kept = cloud.aws.client("lambda").get_function(FunctionName=cloud.name)
    assert kept["Configuration"]["RevisionId"] == theirs["RevisionId"]


@pytest.mark.long
def test_a_role_that_somebody_gave_more_is_told_and_goes_once_that_is_taken_off(cloud: Cloud) -> None:
    function = cloud.deploy()
    iam = cloud.aws.client("iam")
    iam.put_role_policy(RoleName=cloud.role, PolicyName="theirs", PolicyDocument=json.dumps(MORE))
    kept = cloud.delete(function)
    assert (kept.status, kept.error) == ("failed", "RoleHasMore")
    iam.delete_role_policy(RoleName=cloud.role, PolicyName="theirs")
    assert (cloud.delete(function).status, cloud.left()) == ("succeeded", set())


def test_what_is_loaded_from_the_tree_stays_deleted_until_it_is_restored() -> None:
    def load() -> dict[str, Loaded | NotLoaded]:
        return {one.folder.name: one for one in catalogues.load_functions(ROOT / "lambda_src", by=None)}

    load()
    function = Function.objects.get(name="ProcessRefund")
    assert removals.request(function, by=None) == []
    function.refresh_from_db()
    assert function.deleted_at is not None
    refused = load()["process_refund"]
    assert isinstance(refused, NotLoaded) and "was deleted here" in refused.problem
    definitions.restore(function, by=None)
    assert isinstance(load()["process_refund"], Loaded)
