"""Every route, asked by everybody, against one table. A route that is not in the table fails the test."""

import io
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from tests.controlplane.access import ADMIN, API, PAGES, ROLES
from tests.factories import (
    DeliveryFactory,
    DeploymentFactory,
    DriftFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    HookFactory,
    ImportFactory,
    InboundHookFactory,
    InvocationFactory,
    TemplateImportFactory,
    TransactionFactory,
    TriggerTestFactory,
    UserFactory,
)
from transactions.models import Execution, Hook, InboundHook, Preset, Transaction
from workflows import triggers
from workflows.models import Deployment, Function, Invocation, Payload, Survey, User, Workflow, WorkflowRevision
from workflows.services import access

pytestmark = pytest.mark.django_db

UNPROCESSABLE = 422  # past the door, but a form was not filled in
SURVEYED = "arn:aws:lambda:us-east-1:123456789012:function:theirs"
ROUTE = {"type": "http", "method": "GET", "path": "/orders"}
WHO = ("anonymous", "disabled", "no role", *ROLES)

# Django's own: the last answers 404, the one before leads elsewhere, and no form of ours completes names.
NOT_ASKED = {
    "api/v1/",
    "admin/login/",
    "admin/autocomplete/",
    "admin/r/<path:content_type_id>/<path:object_id>/",
    "admin/(?P<url>.*)$",
}
KINDS = {
    "<id>/password/": "(password)",
    "add/": "(add)",
    "<path:object_id>/history/": "(history)",
    "<path:object_id>/delete/": "(delete)",
    "<path:object_id>/change/": "(one)",
    "<path:object_id>/": "(redirect)",
}


@dataclass(frozen=True)
class World:
    """What the addresses name, and everybody who asks."""

    names: dict[str, str]
    people: dict[str, User]

    def address(self, route: str) -> str:
        """The route with something that exists in each of its places."""
        route = route.replace("<str:name>", "<slug:name>")  # as strict, and refused in words
        kind = route.removeprefix("api/v1/").removeprefix("hooks/" if "deliveries/" in route else "").split("/")[0]
        for place in (
            "<uuid:pk>",
            "<uuidstr:pk>",
            "<int:pk>",
            "<int:number>",
            "<slug:name>",
            "<slug:tab>",
            "<slug:trigger>",
            "<slug:slug>",
        ):
            route = route.replace(place, self.names.get(kind + place, self.names.get(place, "")))
        return f"/{route}"


@pytest.fixture(autouse=True)
def _quick_sessions(settings: LazySettings) -> None:
    """Thousands sign in here; where a session is kept is none of the subject."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"


@pytest.fixture
def world(db: None, made_once: World) -> World:
    return World(dict(made_once.names), {who: copy(person) for who, person in made_once.people.items()})


@pytest.fixture(scope="module")
def made_once(kept_rows: Callable[[], AbstractContextManager[None]]) -> World:
    with kept_rows():
        return make_world()


def make_world() -> World:
    DeploymentFactory.create(is_live=False)
    deployment = DeploymentFactory.create()
    function = FunctionDeploymentFactory.create()
    row = TransactionFactory.create(deployment=deployment, output="{}")
    delivery = DeliveryFactory.create(status="failed")
    hook = InboundHookFactory.create(deployment=deployment, scheme="bearer", secret="right")
    DriftFactory.create(deployment=deployment, fingerprint="seen")
    found = {"kind": "function", "name": "theirs", "arn": SURVEYED, "what": "python3.12", "owner": ""}
    Survey.objects.create(environment=deployment.environment, found=[found])
    names = {
        "<uuid:pk>": str(row.pk),
        "<uuidstr:pk>": str(row.pk),
        "<int:pk>": str(deployment.pk),
        "transactions<int:pk>": "7",
        "payloads<int:pk>": "7",
        "invocations<int:pk>": str(InvocationFactory.create(deployment=function).pk),
        "drift<int:pk>": str(DriftFactory.create(deployment=function, fingerprint="seen").pk),
        "imports<int:pk>": str(TemplateImportFactory.create(pk=ImportFactory.create().pk).pk),
        "import<int:pk>": str(TemplateImportFactory.create().pk),
        "<slug:tab>": "events",
        "deliveries<uuidstr:pk>": str(delivery.pk),
        "hooks<uuidstr:pk>": str(delivery.hook_id),
        "<slug:slug>": hook.slug,
        "hooks<uuid:pk>": str(delivery.hook_id),
        "deliveries<uuid:pk>": str(delivery.pk),
        "workflows<slug:name>": row.workflow.name,
        "workflows<int:number>": str(row.revision.number),
        "functions<int:number>": str(function.revision.number),
        "inbound-hooks<slug:name>": hook.slug,
        "environments<slug:name>": row.environment.slug,
        "functions<slug:name>": str(function.function),
        "<slug:trigger>": triggers.read(ROUTE).id,
        "trigger-tests<int:pk>": str(TriggerTestFactory.create(trigger__function=function.function).pk),
    }
    people = {role: UserFactory.create(role=role) for role in ROLES}
    people["no role"] = UserFactory.create(role="")
    people["disabled"] = UserFactory.create(role="admin")
    return World(names, people)


def with_trigger(world: World) -> None:
    """The function's newest revision has a trigger to take away."""
    function = Function.objects.get(name=world.names["functions<slug:name>"])
    FunctionRevisionFactory.create(function=function, number=1_000 + function.revisions.count(), triggers=[ROUTE])


def unused_or_deleted(route: str) -> None:
    """No workflow names the function any more, so that it can be deleted; or it was, and can be restored."""
    Deployment.objects.filter(removes=True).delete()
    WorkflowRevision.objects.update(definition="{}")
    Function.objects.update(deleted_at=timezone.now() if route.endswith("restore") else None)


def routes() -> Iterator[str]:
    """Every route there is, as the URL configuration writes it."""

    def walk(resolver: URLResolver, before: str) -> Iterator[str]:
        for one in resolver.url_patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLPattern):
                yield route
            else:
                yield from walk(one, route)

    return walk(get_resolver(), "")


def admin_kind(route: str) -> str:
    """A route of the admin as ADMIN names it: what its model has of its own, else what all have."""
    tail = route.removeprefix("admin/")
    if tail.startswith("^"):
        return "(app)"
    app, _, rest = tail.partition("/")
    model, _, rest = rest.partition("/")
    if not model or app in ("password_change", "r"):
        return tail
    kind = KINDS.get(rest, rest or "(list)")
    own = f"{app}/{model}/{kind}"
    return own if own in ADMIN else kind


def signed_in(world: World, who: str) -> Client:
    """A browser of `who`; somebody disabled signed in before that."""
    client = Client()
    if who in world.people:
        client.force_login(world.people[who])
    if who == "disabled":
        User.objects.filter(pk=world.people[who].pk).update(is_active=False)
    return client


def test_every_route_is_in_the_table() -> None:
    known = {entry.partition(" ")[2] for entry in (*PAGES, *API)} | NOT_ASKED
    known |= {"admin/login/"}
    missing = [
        route
        for route in routes()
        if route not in known and not (route.startswith("admin/") and admin_kind(route) in ADMIN)
    ]
    assert not missing, f"Say in the table who may ask for {missing}."


def test_the_table_names_no_route_that_is_gone() -> None:
    there = set(routes())
    assert {entry.partition(" ")[2] for entry in (*PAGES, *API)} <= there


@pytest.mark.parametrize("entry", PAGES)
def test_who_gets_into_a_page(world: World, entry: str) -> None:
    method, _, route = entry.partition(" ")
    answers = {who: ask(signed_in(world, who), method, world, route) for who in WHO}
    expected = {who: "in" if who in PAGES[entry] else refusal(who, route) for who in WHO}
    assert answers == expected


def refusal(who: str, route: str = "") -> str:
    if who in ("anonymous", "disabled") and route.endswith("openapi.json"):
        return "no token"  # programs ask for it too
    return "sign in" if who in ("anonymous", "disabled") else "forbidden"


FORMS = {
    "/test": {"action": "invoke", "payload": "{}"},
    "presets": {"workflow": "transaction-processor", "name": "mine", "input": "{}"},
    "resend-failed": {"since": "2026-01-01T00:00"},
}


def ask(client: Client, method: str, world: World, route: str) -> str:
    address, sent = world.address(route), {"TransactionType": "PURCHASE", "environment": "default"}
    if route.endswith(("transactions/new", "predict", "summary", "charts", "deployments/live")):
        address += "?workflow=transaction-processor"
    if route.endswith(("transactions/new", "again")):
        text = json.dumps({"TransactionType": "PURCHASE", "CustomerId": "c", "Amount": 1})
        sent = {"action": "submit", "mode": "json", "input": text, "key": uuid.uuid4().hex}
    if "presets" in route:
        Preset.objects.get_or_create(pk=7, workflow=Workflow.objects.get(), defaults={"name": "usual", "input": "{}"})
    if "payloads" in route:
        Payload.objects.get_or_create(pk=7, function=Function.objects.get(), defaults={"name": "usual", "text": "{}"})
    sent = next((form for tail, form in FORMS.items() if route.endswith(tail)), sent)
    if route.endswith(("remove", "<slug:trigger>/edit")):
        with_trigger(world)
    if route.startswith("functions") and route.endswith(("/delete", "/restore")):
        unused_or_deleted(route)
    if route.endswith("newer"):
        address += f"?newer-than={world.names['<uuid:pk>']}"
    owner = owner_of(client, world) if route.startswith("tokens/<") else None
    if owner:
        address = address.replace(world.names["<int:pk>"], str(access.issue_token(owner, "own", by=owner)[0].pk))
    if route == "hooks/<uuid:pk>/delete":
        address = f"/hooks/{HookFactory.create().pk}/delete"
    if "hooks/inbound" in route and route.endswith("delete"):
        address = f"/hooks/inbound/{another_inbound_hook()}/delete"
    if "hooks/in/" in route:
        headers = {"Authorization": "Bearer right"}
        return outcome(client.post(address, {}, "application/json", headers=headers))
    return outcome(client.get(address) if method == "GET" else client.post(address, sent))


def owner_of(client: Client, world: World) -> User | None:
    """Who is signed in."""
    signed_in_as = client.session.get("_auth_user_id")
    return next((one for one in world.people.values() if str(one.pk) == signed_in_as), None)


def another_inbound_hook() -> str:
    """The name of one to be deleted."""
    return InboundHookFactory.create(deployment=Deployment.objects.filter(workflow__isnull=False)[0]).slug


def outcome(answer: Any) -> str:
    """In one word."""
    if answer.status_code in (301, 302) and answer["Location"].startswith(("/login", "/admin/login")):
        return "sign in" if "next=" in answer["Location"] else "in"
    words = {401: "no token", 403: "forbidden"}
    ok = answer.status_code < 400 or answer.status_code == UNPROCESSABLE
    return "in" if ok else words.get(answer.status_code, str(answer.status_code))


@pytest.mark.parametrize("entry", API)
def test_whose_token_gets_into_an_operation(world: World, entry: str) -> None:
    method, _, route = entry.partition(" ")
    may, scope = API[entry]
    narrow = next(other for _, other in API.values() if other != scope and ".view_" in other)
    kinds: dict[str, list[str]] = {"wide": [], "fitting": scope.split(), "narrow": [narrow]}
    for who, person in world.people.items():
        # What scopes do they do to everybody alike: shown by who may do the most, and by who may do the least.
        asked = kinds if who in ("admin", "viewer") else {"wide": kinds["wide"]}
        tokens = {kind: access.issue_token(person, kind, by=None, scopes=scopes)[1] for kind, scopes in asked.items()}
        if who == "disabled":
            User.objects.filter(pk=person.pk).update(is_active=False)
        fits = "no token" if who == "disabled" else "in" if who in may else "forbidden"
        narrows = "no token" if who == "disabled" else "forbidden"
        expected = {kind: narrows if kind == "narrow" else fits for kind in asked}
        assert {kind: call(method, world, route, token) for kind, token in tokens.items()} == expected, who
    assert call(method, world, route, "sbx_made-up") == "no token"


@pytest.mark.parametrize("entry", API)
def test_a_session_is_no_token(world: World, entry: str) -> None:
    method, _, route = entry.partition(" ")
    client = signed_in(world, "admin")
    assert outcome(client.generic(method, world.address(route))) == "no token"


# Operations that take a file, as browsers send it.
UPLOADS = {
    "api/v1/imports/templates": ("file", b'{"signalbox": 1}'),
    "api/v1/functions/<str:name>/revisions": ("package", b""),
}
BODIES: dict[str, dict[str, object]] = {
    "/smoke-test": {"name": None},
    "/payloads": {"name": "one", "payload": {}},
    "/presets": {"name": "one", "input": {}},
    "/check": {"definition": {}},
    "v1/imports": {"arn": SURVEYED, "name": "theirs"},
    "v1/environments": {"name": "another", "title": "Another", "region": "us-east-1"},
    "v1/tokens": {"name": "one more", "scopes": ["workflows.add_token"]},
    "drift/accept": {"fingerprint": "seen"},
    "predict": {"input": {"TransactionType": "PURCHASE", "CustomerId": "c", "Amount": 1}},
    "revisions": {"definition": {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}},
    "/triggers/<slug:trigger>": {"settings": {"method": "GET"}},
    "/triggers": {"type": "http", "settings": {"method": "GET", "path": "/orders"}},
}


def with_row_of_its_own(world: World, route: str, token: str) -> World:
    """What is named by a number of its own and used up by being asked about is made for each who asks."""
    made: dict[str, str] = {}
    if "hooks/" in route and route.endswith("/rotate"):
        Hook.objects.update(former_secret="")
        InboundHook.objects.update(previous_secret="")
    if "/payloads/" in route:
        function = Function.objects.get(name=world.names["functions<slug:name>"])
        kept = Payload.objects.create(function=function, name=uuid.uuid4().hex, text="{}")
        made["functions<int:pk>"] = str(kept.pk)
    if "/presets/" in route:
        preset = Preset.objects.create(workflow=Workflow.objects.get(), name=uuid.uuid4().hex, input="{}")
        made["workflows<int:pk>"] = str(preset.pk)
    if "tokens/<" in route and (asking := access.living_token(token)):
        like = access.issue_token(asking.user, "like it", by=None, scopes=asking.scopes)[0]
        made["tokens<int:pk>"] = str(like.pk)
    return World(world.names | made, world.people)


def call(method: str, world: World, route: str, token: str) -> str:
    row: dict[str, object] = {
        "workflow": "transaction-processor",
        "input": {"TransactionType": "PURCHASE", "CustomerId": "c", "Amount": 1},
    }
    body = {} if "<" in route else row
    if "v1/hooks" in route:
        body = {"target_url": "https://receiver.example/", "events": ["transaction.failed"]}
    if "v1/hooks" in route and "resend" in route:
        body = {"since": "2026-01-01T00:00:00Z"}
    if route.endswith("inbound-hooks"):
        body = {"name": f"h{uuid.uuid4().hex[:8]}", "workflow": "transaction-processor"}
    if "inbound-hooks" in route and route.endswith("test"):
        body = {"body": "{}"}
    if method == "DELETE":
        world = World({**world.names, "inbound-hooks<slug:name>": another_inbound_hook()}, world.people)
    body = next((sent for tail, sent in BODIES.items() if route.endswith(tail)), body)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    world = with_row_of_its_own(world, route, token)
    if route.endswith("hooks/<uuidstr:pk>") or "/off" in route:
        fresh_hook = HookFactory.create()
        world = World({**world.names, "hooks<uuidstr:pk>": str(fresh_hook.pk)}, world.people)
    if "stop" in route or "redrive" in route:
        over = {"status": "failed", "finished_at": timezone.now()} if "redrive" in route else {}
        fresh = TransactionFactory.create(
            deployment=DeploymentFactory._meta.model.objects.filter(workflow__isnull=False)[0], **over
        )
        Execution.objects.filter(pk=fresh.pk).update(
            arn=f"arn:aws:states:us-east-1:123456789012:execution:m:{fresh.pk}"
        )
        world = World({**world.names, "<uuidstr:pk>": str(fresh.pk)}, world.people)
    if route.endswith("<slug:trigger>"):
        with_trigger(world)
    if "v1/functions" in route and (route.endswith("/restore") or method == "DELETE"):
        unused_or_deleted(route)
    if asking := access.living_token(token):
        # Who may only submit acts on what is their own.
        Transaction.objects.update(created_by=asking.user)
        Invocation.objects.update(requested_by=asking.user)
    if method == "POST" and route in UPLOADS:
        part, content = UPLOADS[route]
        sent = Client().post(world.address(route), {part: io.BytesIO(content)}, headers=headers)
    else:
        sent = Client().generic(method, world.address(route), json.dumps(body), "application/json", headers=headers)
    return outcome(sent)


# What operators and developers see there is what a viewer sees, and test_admin walks all of it as an admin;
# who has no role or is disabled stays out as a stranger.
@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=[pytest.mark.long] * (who not in ("viewer", "anonymous"))) for who in WHO]
)
def test_who_gets_into_the_admin(world: World, who: str) -> None:
    if who in world.people:
        User.objects.filter(pk=world.people[who].pk).update(is_staff=True)
    client, wrong = signed_in(world, who), {}
    for route in routes():
        if not route.startswith("admin/") or route in NOT_ASKED:
            continue
        kind = admin_kind(route)
        got = outcome_of_admin(client, route, world)
        expected = "in" if who in ADMIN[kind] else refusal(who)
        # Only a row of one's own is there to be opened; the rest leads to the list or to its absence.
        if got != expected:
            wrong[route] = (got, expected)
    assert not wrong


def outcome_of_admin(client: Client, route: str, world: World) -> str:
    address = f"/{route}".replace("^(?P<app_label>workflows|auth|transactions)/$", "workflows/")
    for place in ("<path:object_id>", "<id>"):
        if place in route:
            address = address.replace(place, row_of(route, world))
    if route == "admin/logout/":
        return outcome(client.get("/admin/"))  # signing out ends the walk; the page itself is the same door
    return outcome(client.get(address))


def row_of(route: str, world: World) -> str:
    """A row of the model the route is about, made where there is none."""
    from tests.controlplane.test_admin import MAKERS

    model = route.split("/")[2]
    found = next((maker for one, maker in MAKERS.items() if one._meta.model_name == model), None)
    if found is None:
        from django.contrib.auth.models import Group

        return str(Group.objects.get(name="viewer").pk)
    key = f"admin {model}"
    if key not in world.names:
        world.names[key] = str(found().pk)
    return world.names[key]


@pytest.mark.parametrize("who", ["operator", "admin"])
def test_a_role_alone_opens_no_admin(world: World, who: str) -> None:
    assert outcome(signed_in(world, who).get("/admin/", follow=True)) == "forbidden"
