"""Asking for an invocation: what is refused, what is pinned, and keeping payloads."""

import pytest

from tests.factories import FunctionDeploymentFactory, InvocationFactory, UserFactory
from workflows.models import Activity, Deployment, Function, Invocation, Payload, User
from workflows.services import invocations
from workflows.services.access import Forbidden
from workflows.services.invocations import Asked, NotInvocable

pytestmark = pytest.mark.django_db


@pytest.fixture
def developer() -> User:
    return UserFactory.create(role="developer")


@pytest.fixture
def live() -> Deployment:
    return FunctionDeploymentFactory.create()


def function_of(deployment: Deployment) -> Function:
    assert deployment.function
    return deployment.function


def ask(live: Deployment, by: User, payload: str = "{}", type: str = "RequestResponse") -> Invocation:
    return invocations.request(function_of(live), live.environment, Asked(payload, type), by=by)


def test_it_is_pinned_to_what_is_live_and_kept_number_for_number(live: Deployment, developer: User) -> None:
    row = ask(live, developer, '{"amount": 1.10}')
    assert (row.deployment, row.payload, row.status) == (live, '{"amount":1.10}', "requested")
    assert row.limit_s == 15  # five seconds more than the function may take
    assert Activity.objects.get(action="invocation.request").by == developer


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("", "Nothing was sent"),
        ("{", "not JSON"),
        ('{"a": 1, "a": 2}', "twice"),
        ("NaN", "NaN"),
        (f'"{"x" * 262_143}"', "at most 262,144"),
    ],
)
def test_a_payload_that_cannot_be_read_is_refused(live: Deployment, developer: User, payload: str, why: str) -> None:
    with pytest.raises(NotInvocable, match=why) as refused:
        ask(live, developer, payload)
    assert refused.value.problems[0].path.startswith("/payload")
    assert not Invocation.objects.exists()


def test_what_is_not_deployed_cannot_be_invoked(live: Deployment, developer: User) -> None:
    Deployment.objects.update(is_live=False)
    with pytest.raises(NotInvocable, match="Deploy it first"):
        ask(live, developer)


def test_only_aws_s_own_types_are_taken(live: Deployment, developer: User) -> None:
    with pytest.raises(NotInvocable, match="RequestResponse, Event"):
        ask(live, developer, type="DryRun")


def test_an_operator_may_look_and_not_invoke(live: Deployment) -> None:
    with pytest.raises(Forbidden):
        ask(live, UserFactory.create(role="operator"))


def test_giving_up_before_it_is_sent_means_it_never_runs(live: Deployment, developer: User) -> None:
    row = ask(live, developer)
    assert invocations.stop_waiting(row, by=developer)
    row.refresh_from_db()
    assert (row.status, row.next_attempt_at) == ("failed", None)
    assert "NotSent" in row.error
    assert not invocations.stop_waiting(row, by=developer)


def test_giving_up_what_was_sent_leaves_it_running(live: Deployment, developer: User) -> None:
    row = InvocationFactory.create(deployment=live, status="running")
    assert invocations.stop_waiting(row, by=developer)
    row.refresh_from_db()
    assert row.status == "running"
    assert row.left_at


def test_a_payload_is_kept_for_everybody_and_replaced_by_name(live: Deployment, developer: User) -> None:
    function = function_of(live)
    first = invocations.save_payload(function, " usual ", '{"a": 1}', by=developer)
    second = invocations.save_payload(function, "usual", '{"a": 2}', by=UserFactory.create(role="developer"))
    assert first.pk == second.pk
    assert [(one.name, one.text) for one in Payload.objects.all()] == [("usual", '{"a":2}')]
    invocations.delete_payload(second, by=developer)
    assert not Payload.objects.exists()
    assert [one.action for one in Activity.objects.filter(subject_kind="payload")] == [
        "payload.delete",
        "payload.change",
        "payload.create",
    ]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\0b"])
def test_a_payload_needs_a_name(live: Deployment, developer: User, name: str) -> None:
    with pytest.raises(NotInvocable, match="name"):
        invocations.save_payload(function_of(live), name, "{}", by=developer)


def test_payloads_of_a_function_are_bounded(live: Deployment, developer: User) -> None:
    function = function_of(live)
    Payload.objects.bulk_create(Payload(function=function, name=f"p{n}", text="{}") for n in range(invocations.MOST))
    with pytest.raises(NotInvocable, match="Delete one first"):
        invocations.save_payload(function, "one more", "{}", by=developer)
