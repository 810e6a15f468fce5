"""The API keeps to its own description: schemathesis asks every operation, with what it describes and what it does not.

No answer that is not described, none that breaks its schema or media type, and never a 5xx.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from pytest_django import Settings

from controlplane.api import api
from controlplane.wsgi import application
from tests.factories import (
    AttemptFactory,
    ChoiceResultFactory,
    DeliveryFactory,
    DeploymentFactory,
    DriftFactory,
    EventFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    ImportFactory,
    InboundHookFactory,
    InvocationFactory,
    TemplateImportFactory,
    TransactionFactory,
    TriggerFactory,
    TriggerTestFactory,
    UserFactory,
    VisitFactory,
)
from transactions.models import InboundRequest, Preset
from workflows import triggers
from workflows.models import Token
from workflows.services import access

pytestmark = pytest.mark.django_db

FEW, MANY = 1, 10_000
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
ROUTE = {"type": "http", "method": "GET", "path": "/orders"}
# What an address names is found by the part that it begins with.
Names = Mapping[str, dict[str, Any]]


@pytest.fixture
def names(headers: dict[str, str]) -> Names:
    """Something of every kind, so that operations find what they are about."""
    deployment, function = DeploymentFactory.create(), FunctionDeploymentFactory.create()
    for live in (deployment, function):
        DriftFactory.create(deployment=live)
    FunctionRevisionFactory.create(function=function.function, number=7, triggers=[ROUTE])
    row = TransactionFactory.create(deployment=deployment, status="failed", output="{}", error="E", cause="because")
    for make in (EventFactory, VisitFactory, ChoiceResultFactory):
        make.create(execution=row.execution)
    delivery = DeliveryFactory.create(status="failed")
    AttemptFactory.create(delivery=delivery)
    live_trigger = TriggerFactory.create(function=function.function, environment=row.environment, definition=ROUTE)
    preset = Preset.objects.create(workflow=row.workflow, name="usual", input="{}")
    sent = headers["Authorization"].removeprefix("Bearer ")
    inbound = InboundHookFactory.create(deployment=deployment)
    InboundRequest.objects.create(hook=inbound, received_at=row.created_at, outcome="refused", status=401, size=2)
    return {
        "transactions": {"pk": row.pk},
        "hooks": {"pk": delivery.hook_id},
        "deliveries": {"pk": delivery.pk},
        "inbound-hooks": {"name": inbound.slug},
        "hooks/in": {"slug": InboundHookFactory.create(deployment=deployment, scheme="bearer", secret=sent).slug},
        "workflows": {"name": row.workflow.name, "number": row.revision.number, "pk": preset.pk},
        "functions": {"name": str(function.function), "number": 7, "trigger": triggers.read(ROUTE).id, "pk": 7},
        "invocations": {"pk": InvocationFactory.create(deployment=function).pk},
        "environments": {"name": row.environment.slug},
        "deployments": {"pk": deployment.pk},
        "imports": {"pk": TemplateImportFactory.create(pk=ImportFactory.create().pk).pk},
        "trigger-tests": {"pk": TriggerTestFactory.create(trigger=live_trigger).pk},
        "tokens": {"pk": Token.objects.get().pk},
        "drift": {},
        "metrics": {},
        "summary": {},
        "activity": {},
    }


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """As Django's own test client does: no request closes the connection, whose transaction is the test's."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(settings: Settings) -> dict[str, str]:
    """Of somebody who may do everything, as often as they like."""
    settings.API_RATE = 0
    admin = UserFactory.create(role="admin")
    return {"Authorization": f"Bearer {access.issue_token(admin, 'conformity', by=admin)[1]}"}


def test_every_operation_answers_as_described(names: Names, headers: dict[str, str]) -> None:
    faults = dict(asked(names, headers, lambda operations: FEW, is_repeatable=True))
    assert not faults, "\n\n".join(faults.values())


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_every_operation_answers_as_described_ten_thousand_times(names: Names, headers: dict[str, str]) -> None:
    faults = dict(asked(names, headers, lambda operations: -(-MANY // operations), is_repeatable=False))
    assert not faults, "\n\n".join(faults.values())


def asked(
    names: Names, headers: dict[str, str], examples: Callable[[int], int], *, is_repeatable: bool
) -> Iterator[tuple[str, str]]:
    """Operations that answered what they do not describe, each with the least that makes them do it."""
    import schemathesis
    from schemathesis.errors import FailureGroup

    described = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema(), default=str)))
    described.app = uncompressed
    operations: list[Any] = [found.ok() for found in described.get_all_operations()]  # type: ignore[union-attr] # none is invalid
    for operation in operations:
        try:
            ask(operation, names, headers, examples(len(operations)), is_repeatable=is_repeatable)
        except FailureGroup as fault:
            yield operation.label, f"{operation.label}: {fault}"


def uncompressed(environ: dict[str, Any], start: Any) -> Any:
    """The whole application, asked by somebody who reads no gzip: schemathesis does not unpack what it asks for."""
    environ.pop("HTTP_ACCEPT_ENCODING", None)
    return application(environ, start)


def ask(operation: Any, names: Names, headers: dict[str, str], examples: int, *, is_repeatable: bool) -> None:
    """Ask so many times; whatever a request changes is undone, so that the next finds the same. Raises what fails."""
    from hypothesis import HealthCheck, given, settings
    from schemathesis import checks

    checks.load_all_checks()
    wanted = checks.CHECKS.get_by_names(CHECKS)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        derandomize=is_repeatable,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, names))
    def answers_as_described(case: Any) -> None:
        with transaction.atomic():
            answer = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(answer, checks=wanted)

    answers_as_described()


def cases(operation: Any, names: Names) -> Any:
    """What to ask: as described or not, of things that exist or not."""
    from hypothesis import strategies as st
    from schemathesis import GenerationMode

    is_inbound = operation.path.startswith("/hooks/in/")
    named = names["hooks/in" if is_inbound else operation.path.removeprefix("/api/v1/").split("/")[0]]
    known = {kind: names[f"{kind}s"]["name"] for kind in ("workflow", "environment")}

    as_described, otherwise = map(operation.as_strategy, (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))

    @st.composite
    def drawn(draw: st.DrawFn) -> Any:
        case = draw(as_described if draw(st.integers(0, 2)) else otherwise)
        if draw(st.integers(0, 3)):
            case.path_parameters = {name: str(named.get(name, said)) for name, said in case.path_parameters.items()}
            if isinstance(case.body, dict):
                case.body = {name: known.get(name, said) for name, said in case.body.items()}
        return case

    return drawn()
