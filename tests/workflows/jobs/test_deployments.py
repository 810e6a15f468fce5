"""Deployments bring revisions to the embedded AWS, once, and say what they did."""

import base64
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.factories import UserFactory
from tests.fixtures_aws import EmbeddedAws
from workflows import packaging, plans, policies
from workflows.jobs import deployments as jobs
from workflows.models import Activity, Deployment, Environment, Fact, FunctionRevision
from workflows.services import definitions, deployments

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[3]


def save(folder: str) -> FunctionRevision:
    path = ROOT / "lambda_src" / folder
    return definitions.save_function(packaging.read_function(path), packaging.pack(path), by=None).revision


def save_as(runtime: str) -> FunctionRevision:
    """A function of this runtime, whose code is there and does nothing."""
    definition = packaging.FunctionDefinition("Elsewhere", runtime, "example.Handler", 512, 10)
    files = ("example/Handler.class", "example.js", "example.rb", "example.dll", "bootstrap")
    package = packaging.zip_of((name, b"\xca\xfe", True) for name in files)
    return definitions.save_function(definition, package, by=None).revision


def deploy(revision: FunctionRevision, environment: Environment) -> Deployment:
    asked = deployments.request(revision, environment, by=None)
    until = time.monotonic() + 20
    while Deployment.objects.filter(pk=asked.pk, finished_at=None).exists() and time.monotonic() < until:
        jobs.drain()
    return Deployment.objects.get(pk=asked.pk)


def statuses(deployment: Deployment) -> dict[str, str]:
    return dict(deployment.steps.values_list("name", "status"))


def test_a_deployed_function_answers_under_its_alias(environment: Environment, embedded_aws: EmbeddedAws) -> None:
    deployment = deploy(save("process_purchase"), environment)
    assert (deployment.status, deployment.cause, deployment.is_live) == ("succeeded", "", True)
    answer = embedded_aws.client("lambda").invoke(
        FunctionName=f"{deployment.resource_arn}:live", Payload=json.dumps({"TransactionType": "PURCHASE"})
    )
    assert json.load(answer["Payload"])["Message"] == "The purchase was processed."


def test_deploying_twice_changes_nothing(environment: Environment) -> None:
    revision = save("process_purchase")
    deploy(revision, environment)
    assert set(statuses(deploy(revision, environment)).values()) == {"already_so"}


def test_a_look_leaves_nothing_where_aws_has_it_all(environment: Environment, embedded_aws: EmbeddedAws) -> None:
    live = deploy(save("process_purchase"), environment)
    facts, activities = Fact.objects.count(), Activity.objects.count()
    [asked] = deployments.restore(environment, by=None)
    jobs.drain()
    assert list(Deployment.objects.all()) == [live]
    assert (Fact.objects.count(), Activity.objects.count()) == (facts, activities)
    # Somebody who asks for the same meanwhile is answered with what stays.
    [asked] = deployments.restore(environment, by=None)
    person = UserFactory.create(role="admin")
    assert deployments.request(live.revision, environment, by=person) == asked
    jobs.drain()
    asked.refresh_from_db()
    assert (asked.status, asked.is_live, asked.requested_by) == ("succeeded", True, person)
    embedded_aws.client("lambda").delete_function(FunctionName=live.resource_arn)
    [asked] = deployments.restore(environment, by=None)
    jobs.drain()
    again = Deployment.objects.get(pk=asked.pk)
    assert (again.status, again.is_live, Deployment.objects.count()) == ("succeeded", True, 3)


def test_the_first_deployment_of_a_start_is_on_the_record_and_what_the_next_start_finds_is_not(
    environment: Environment,
) -> None:
    revision = save("process_purchase")
    first = deployments.request(revision, environment, by=None, is_look=True)
    jobs.drain()
    deployments.request(revision, environment, by=None, is_look=True)
    jobs.drain()
    live = Deployment.objects.get()
    assert (live.pk, live.status, live.is_live) == (first.pk, "succeeded", True)
    row = Activity.objects.get(action="deployment.request")
    assert (row.by_name, row.subject_id) == ("system", str(first.pk))


def test_another_revision_changes_only_what_differs(environment: Environment, tmp_path: Path) -> None:
    deploy(save("process_purchase"), environment)
    path = ROOT / "lambda_src" / "process_purchase"
    more = packaging.read_function(path)
    changed = packaging.FunctionDefinition(more.name, more.runtime, more.handler, 256, more.timeout)
    revision = definitions.save_function(changed, packaging.pack(path), by=None).revision
    told = statuses(deploy(revision, environment))
    assert [name for name, status in told.items() if status == "changed"] == [
        "Configuration",
        "Published version",
        "Alias live",
    ]


def test_an_older_revision_deployed_again_is_the_rollback(environment: Environment) -> None:
    first = save("process_purchase")
    deploy(first, environment)
    path = ROOT / "lambda_src" / "process_refund"
    other = packaging.FunctionDefinition("ProcessPurchase", "python3.12", "handler.handler", 128, 10)
    second = definitions.save_function(other, packaging.pack(path), by=None).revision
    deploy(second, environment)
    back = deploy(first, environment)
    assert (back.status, back.is_live) == ("succeeded", True)
    assert Deployment.objects.filter(is_live=True).count() == 1


def test_a_function_that_is_not_ours_is_left_alone(environment: Environment, embedded_aws: EmbeddedAws) -> None:
    revision = save("process_purchase")
    place = policies.Place("123456789012", environment.region, environment.name_prefix)
    embedded_aws.client("lambda").create_function(
        FunctionName=place.name("ProcessPurchase"),
        Runtime="python3.12",
        Role="arn:aws:iam::123456789012:role/somebody",
        Handler="handler.handler",
        Code={"ZipFile": bytes(revision.package)},
    )
    deployment = deploy(revision, environment)
    assert (deployment.status, deployment.error) == ("failed", "NotOurs")
    assert "signalbox:install" in deployment.advice


def test_a_runtime_the_environment_cannot_run_is_refused_before_a_deployment_is_asked_for(
    environment: Environment,
) -> None:
    with pytest.raises(deployments.NotDeployable, match="cannot run functions of this runtime"):
        deployments.request(save_as("java21"), environment, by=None)
    assert not Deployment.objects.exists()


def test_a_layer_of_another_account_is_refused_where_it_cannot_be_fetched(environment: Environment) -> None:
    Environment.objects.filter(pk=environment.pk).update(account_id="123456789012")
    environment.refresh_from_db()
    own, foreign = (f"arn:aws:lambda:us-east-1:{one}:layer:tools:1" for one in (environment.account_id, "017000801446"))
    for layers, refusal in (([own], ""), ([own, foreign], "A layer of another account is not available")):
        definition = packaging.FunctionDefinition("Layered", "python3.12", "app.run", 512, 10, layers=tuple(layers))
        revision = definitions.save_function(definition, packaging.zip_of([("app.py", b"", False)]), by=None).revision
        assert plans.refused(revision, environment).startswith(refusal)
        assert bool(refusal) is bool(plans.refused(revision, environment))
        assert bool(refusal) is any(line.verb == "stop" for line in plans.plan(revision, None, environment))
    with pytest.raises(deployments.NotDeployable, match="another account"):
        deployments.request(revision, environment, by=None)


def test_a_runtime_lost_since_the_deployment_was_asked_for_is_refused_by_the_worker(
    environment: Environment, settings: LazySettings
) -> None:
    settings.EMBEDDED_AWS_HAS_NODE = True
    asked = deployments.request(save_as("nodejs22.x"), environment, by=None)
    settings.EMBEDDED_AWS_HAS_NODE = False
    jobs.drain()
    deployment = Deployment.objects.get(pk=asked.pk)
    assert (deployment.status, deployment.error) == ("failed", "RuntimeNotHere")
    assert "no node on the PATH" in deployment.cause


def test_without_aws_a_deployment_waits_and_says_so(environment: Environment, settings: LazySettings) -> None:
    settings.EMBEDDED_AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    deployment = deployments.request(save("process_purchase"), environment, by=None)
    jobs.drain()
    deployment.refresh_from_db()
    assert deployment.status == "requested"
    assert deployment.waiting_since is not None


def test_what_a_function_may_do_is_read_back_as_it_was_shown(environment: Environment) -> None:
    deployment = deploy(save("invoker"), environment)
    environment.refresh_from_db()
    place = policies.Place(environment.account_id, environment.region, environment.name_prefix)
    revision = deployment.function_revision
    assert revision is not None
    shown = policies.of_function("Invoker", revision.permissions, place)
    assert policies.same(deployment.policy, shown)
    assert shown["Statement"][1]["Resource"] == [
        place.function_arn("LambdaToInvoke"),
        f"{place.function_arn('LambdaToInvoke')}:*",
    ]


def test_everything_configured_is_read_back_and_taken_away_again(
    environment: Environment, embedded_aws: EmbeddedAws
) -> None:
    sqs = embedded_aws.client("sqs")
    queue = sqs.create_queue(QueueName=f"{environment.name_prefix}lost")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    layer = embedded_aws.client("lambda").publish_layer_version(
        LayerName=f"{environment.name_prefix}shared",
        Content={"ZipFile": packaging.zip_of([("python/shared.py", b"WORDS = 'from the layer'\n", False)]).content},
    )["LayerVersionArn"]
    code = b"import shared\ndef handler(event, context):\n    return shared.WORDS\n"
    package = packaging.zip_of([("handler.py", code, False)])
    plain = packaging.FunctionDefinition("Configured", "python3.12", "handler.handler", 256, 10)
    failed = arn.rpartition(":")[0] + ":failed"
    full = replace(
        plain,
        layers=(layer,),
        storage=1024,
        concurrency=3,
        dead_letter=arn,
        on_failure=failed,
        tags={"team": "payments"},
        environment={"MODE": "test"},
    )
    deployment = deploy(definitions.save_function(full, package, by=None).revision, environment)
    assert (deployment.status, deployment.cause) == ("succeeded", "")
    function = embedded_aws.client("lambda").get_function(FunctionName=deployment.resource_arn)
    configuration = function["Configuration"]
    assert configuration["EphemeralStorage"] == {"Size": 1024}
    assert configuration["DeadLetterConfig"] == {"TargetArn": arn}
    assert [one["Arn"] for one in configuration["Layers"]] == [layer]
    assert function["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    assert function["Tags"] == {"team": "payments", policies.OWNER_TAG: str(environment.install)}
    answer = embedded_aws.client("lambda").invoke(FunctionName=deployment.version_arn, Payload=b"{}")
    assert json.load(answer["Payload"]) == "from the layer"
    allowed = {one["Sid"]: one["Resource"] for one in (deployment.policy or {})["Statement"]}
    assert (allowed["DeadLetter"], allowed["OnFailure"]) == ([arn], [failed])
    of_alias = {"FunctionName": deployment.resource_arn, "Qualifier": policies.ALIAS}
    invoked = embedded_aws.client("lambda").get_function_event_invoke_config(**of_alias)
    assert invoked["DestinationConfig"]["OnFailure"] == {"Destination": failed}

    package = packaging.zip_of([("handler.py", b"def handler(event, context): ...\n", False)])
    deployment = deploy(definitions.save_function(plain, package, by=None).revision, environment)
    assert (deployment.status, deployment.cause) == ("succeeded", "")
    function = embedded_aws.client("lambda").get_function(FunctionName=deployment.resource_arn)
    assert "Concurrency" not in function
    assert function["Tags"] == {policies.OWNER_TAG: str(environment.install)}
    assert not function["Configuration"].get("DeadLetterConfig", {}).get("TargetArn")
    lambda_ = embedded_aws.client("lambda")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function_event_invoke_config(**of_alias)


def test_a_sample_in_javascript_runs_where_there_is_node(environment: Environment, embedded_aws: EmbeddedAws) -> None:
    if not environment.capabilities.runtime("nodejs22.x"):
        with pytest.raises(deployments.NotDeployable, match="no node on the PATH"):
            deployments.request(save("format_receipt"), environment, by=None)
        return
    deployment = deploy(save("format_receipt"), environment)
    assert (deployment.status, deployment.cause) == ("succeeded", "")
    event = {"TransactionType": "REFUND", "Amount": 12.5, "CustomerId": "c-1"}
    answer = embedded_aws.client("lambda").invoke(FunctionName=deployment.version_arn, Payload=json.dumps(event))
    assert json.load(answer["Payload"]) == {"receipt": "You get back €12.50.", "customer": "c-1"}
    thrown = {"FunctionName": deployment.version_arn, "Payload": b"{}", "LogType": "Tail"}
    answer = embedded_aws.client("lambda").invoke(**thrown)
    assert answer["FunctionError"]
    assert "TransactionType is undefined" in json.load(answer["Payload"])["errorMessage"]
    log = base64.b64decode(answer["LogResult"]).decode()
    line = next(line for line in log.splitlines() if "\tERROR\tInvoke Error \t" in line)
    told = json.loads(line.rpartition("\t")[2])
    assert told["errorType"] == "TypeError" and "at handler (file:///var/task/index.mjs:" in told["stack"][1]
