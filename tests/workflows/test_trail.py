"""The page of activity: filters in the address, paging by cursor, changes field by field, links to what was changed."""

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import DeploymentFactory, InvocationFactory, TransactionFactory, UserFactory
from transactions.models import Preset
from workflows import trail
from workflows.models import Payload, User
from workflows.services import activity
from workflows.trail import Field

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return UserFactory.create(username="olga", role="viewer")


@pytest.fixture
def page(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


def test_it_tells_who_did_what_to_what_with_a_link_and_the_change(page: Client, olga: User) -> None:
    row = TransactionFactory.create()
    activity.record("transaction.submit", row, by=olga, before={"a": "old"}, after={"a": "new", "b": 1})
    shown = text(page.get("/activity/"))
    assert f'href="/transactions/{row.pk}"' in shown
    assert ">Submitted<" in shown
    assert "<del><code>old</code></del>" in shown
    assert "<ins><code>new</code></ins>" in shown


def test_a_transaction_goes_by_its_reference_and_what_is_kept_leads_to_its_use(page: Client, olga: User) -> None:
    row = TransactionFactory.create(reference="order-7")
    activity.record("transaction.submit", row, by=olga)
    run = InvocationFactory.create()
    payload = Payload.objects.create(function=run.function, name="usual", text="{}")
    preset = Preset.objects.create(workflow=row.workflow, name="refund", input="{}")
    for kept in (run, payload, preset):
        activity.record(f"{kept._meta.model_name}.create", kept, by=olga)
    shown = text(page.get("/activity/"))
    assert ">order-7</a>" in shown
    for address in (f"/invocations/{run.pk}", f"/payloads/{payload.pk}", f"/transactions/presets/{preset.pk}"):
        assert f'href="{address}"' in shown
        assert page.get(address, follow=True).status_code == 200
    assert ">usual<" in text(page.get("/activity/?kind=payload"))


def test_a_revision_links_to_itself_on_the_page_of_its_workflow(page: Client, olga: User) -> None:
    revision = DeploymentFactory.create().workflow_revision
    assert revision is not None
    activity.record("workflow.save", revision, by=olga)
    address = f"/workflows/{revision.workflow.name}?revision={revision.number}"
    assert address in text(page.get("/activity/"))
    assert page.get(address).status_code == 200


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({"who": "olga"}, {"user.create", "deployment.request"}),
        ({"who": "system"}, {"token.issue"}),
        ({"kind": "deployment"}, {"deployment.request"}),
        ({"action": "token.issue"}, {"token.issue"}),
        ({"who": "olga", "kind": "user"}, {"user.create"}),
        ({"who": "nobody"}, set()),
        ({"who": ""}, {"user.create", "deployment.request", "token.issue"}),
    ],
)
def test_it_is_narrowed_by_the_address(olga: User, narrowed: dict[str, str], found: set[str]) -> None:
    activity.record("user.create", olga, by=olga)
    activity.record("token.issue", olga, by=None)
    activity.record("deployment.request", DeploymentFactory.create(), by=olga)
    assert {entry.row.action for entry in trail.page(narrowed).entries} == found


def test_one_thing_has_its_own_history(olga: User) -> None:
    first, second = DeploymentFactory.create(is_live=False), DeploymentFactory.create()
    for deployment in (first, second):
        activity.record("deployment.request", deployment, by=olga)
    (only,) = trail.page({"kind": "deployment", "object": str(first.pk)}).entries
    assert only.row.subject_id == str(first.pk)


def test_pages_follow_each_other_by_cursor_and_keep_the_filters(page: Client, olga: User) -> None:
    for number in range(60):
        activity.record(f"test.number{number}", olga, by=olga)
    first = trail.page({"who": "olga"})
    assert len(first.entries) == trail.SHOWN
    older = trail.page({"who": "olga", "before": str(first.next)})
    assert [entry.row.action for entry in older.entries][-1] == "test.number0"
    assert older.next is None
    assert f"?who=olga&amp;before={first.next}" in text(page.get("/activity/?who=olga"))


@pytest.mark.parametrize("before", ["nonsense", "-1", "9" * 30, "٣"])
def test_a_made_up_cursor_is_no_error(page: Client, before: str) -> None:
    assert page.get("/activity/", {"before": before}).status_code == 200


def test_what_is_gone_comes_before_what_is_there() -> None:
    assert trail.fields({"gone": 1, "kept": "a"}, {"kept": "b", "fresh": [1]}) == (
        Field("gone", "1", None),
        Field("kept", "a", "b"),
        Field("fresh", None, "[1]"),
    )
    assert trail.fields(None, None) == ()


def test_an_empty_page_says_whether_it_is_the_filters(page: Client) -> None:
    assert "Nothing has been done yet" in text(page.get("/activity/"))
    assert "None fits all of these filters" in text(page.get("/activity/?who=ivan"))
