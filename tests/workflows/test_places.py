"""What was adopted keeps its name, and the worker's role is allowed to reach what was imported under another."""

import pytest

from tests.factories import EnvironmentFactory, FunctionRevisionFactory, WorkflowRevisionFactory
from workflows import worker_policy
from workflows.models import Deployment, Environment, Import
from workflows.places import imported_into, place_of

pytestmark = pytest.mark.django_db
FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function"


@pytest.fixture
def environment() -> Environment:
    return EnvironmentFactory.create(
        slug="shop", account_id="111122223333", region="eu-central-1", name_prefix="sb-", is_embedded=False
    )


def imported(environment: Environment, name: str, there: str, **more: object) -> Import:
    arn = f"{FUNCTION}:{there}"
    return Import.objects.create(
        environment=environment, kind="function", name=name, arn=arn, status="succeeded", **more
    )


def test_what_was_adopted_keeps_the_name_it_had(environment: Environment) -> None:
    imported(environment, "Orders", "shop-orders-prod", adopts=True)
    imported(environment, "Looked", "shop-looked")
    place = place_of(environment)
    assert place.alias_arn("Orders") == f"{FUNCTION}:shop-orders-prod:live"
    assert place.function_arn("Looked") == f"{FUNCTION}:sb-Looked"
    assert place.role_name("function", "Orders") == "sb-function-Orders"
    other = EnvironmentFactory.create(slug="other", name_prefix="sb-")
    assert place_of(other).function_name("Orders") == "sb-Orders"


def test_the_role_of_workers_may_reach_what_was_imported_and_change_what_was_adopted(environment: Environment) -> None:
    row = imported(environment, "Orders", "shop-orders-prod", adopts=True, log_group="/shop/orders")
    imported(environment, "Looked", "shop-looked")
    imported(environment, "Ours", "sb-Ours")
    revision = FunctionRevisionFactory.create(function__name="Orders")
    row.function = revision.function
    row.save()
    Deployment.objects.create(
        environment=environment,
        function=revision.function,
        function_revision=revision,
        is_found=True,
        role_arn="arn:aws:iam::111122223333:role/shop",
    )
    WorkflowRevisionFactory.create(custom_role_arn="arn:aws:iam::111122223333:role/machines")
    WorkflowRevisionFactory.create(custom_role_arn="arn:aws:iam::999999999999:role/elsewhere")
    WorkflowRevisionFactory.create(custom_role_arn="arn:aws:iam::111122223333:role/signalbox/sb-workflow-x")
    found = imported_into(environment)
    assert found.roles == ("arn:aws:iam::111122223333:role/shop", "arn:aws:iam::111122223333:role/machines")
    assert (found.found, found.functions) == ((f"{FUNCTION}:shop-looked",), (f"{FUNCTION}:shop-orders-prod",))
    without = worker_policy.document("111122223333", "eu-central-1", "sb-")["Statement"]
    added = worker_policy.document("111122223333", "eu-central-1", "sb-", "", found)["Statement"][len(without) :]
    allowed = {(action, arn) for one in added for action in one["Action"] for arn in one["Resource"]}
    assert ("lambda:InvokeFunction", f"{FUNCTION}:shop-looked") in allowed
    assert ("lambda:UpdateFunctionCode", f"{FUNCTION}:shop-looked") not in allowed
    assert ("lambda:UpdateAlias", f"{FUNCTION}:shop-orders-prod:*") in allowed
    assert ("iam:PassRole", "arn:aws:iam::111122223333:role/shop") in allowed
    assert ("logs:FilterLogEvents", "arn:aws:logs:eu-central-1:111122223333:log-group:/shop/orders:*") in allowed
