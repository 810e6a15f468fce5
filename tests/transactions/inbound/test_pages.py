"""The pages of inbound hooks: secrets that they make are shown this once, and what is typed wrong is told."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import DeploymentFactory, InboundHookFactory, UserFactory
from transactions.models import InboundHook, InboundRequest
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def test_a_secret_that_could_be_guessed_is_refused_at_its_field(client: Client) -> None:
    hook = InboundHookFactory.create(scheme="body", slug="till", secret="kept")
    client.force_login(UserFactory.create(role="developer"))
    typed = {
        "title": "Shop",
        "slug": "shop",
        "workflow": hook.workflow.pk,
        "environment": hook.environment.pk,
        "scheme": "body",
        "language": "paths",
        "secret": "x" * 15,
    }
    refused = client.post("/hooks/inbound/new/", typed)
    assert refused.status_code == 422
    assert "At least 16" in refused.context["form"].errors["secret"][0]
    assert "At least 16" in text(client.post("/hooks/inbound/till/rotate", {"secret": "x"}, follow=True))
    # What was kept before stays valid, and its hook can be switched.
    assert client.post("/hooks/inbound/till/switch").status_code == 302
    kept = InboundHook.objects.get()
    assert (kept.slug, kept.secret, kept.is_active) == ("till", "kept", False)
    assert client.post("/hooks/inbound/new/", typed | {"secret": "x" * 16}).status_code == 302


def test_all_that_is_wrong_with_a_hook_is_said_at_once(client: Client) -> None:
    client.force_login(UserFactory.create(role="developer"))
    typed = {"title": "", "slug": "Not One", "scheme": "body", "secret": "x", "conditions": "amount"}
    for language, mapping in (("paths", "what is this"), ("jsonata", "$sum(")):
        refused = client.post("/hooks/inbound/new/", typed | {"language": language, "mapping": mapping})
        wrong = {"title", "slug", "workflow", "environment", "secret", "conditions", "mapping"}
        assert set(refused.context["form"].errors) == wrong
        assert all(len(said) == 1 for said in refused.context["form"].errors.values())
    assert not InboundHook.objects.exists()


def test_a_secret_that_is_made_or_rotated_is_shown_once_after_a_redirect(client: Client) -> None:
    deployment = DeploymentFactory.create()
    client.force_login(UserFactory.create(role="developer"))
    typed = {
        "title": "Shop",
        "slug": "shop",
        "workflow": Workflow.objects.get().pk,
        "environment": deployment.environment.pk,
        "scheme": "standard",
        "language": "paths",
    }
    for address, given in (("/hooks/inbound/new/", typed), ("/hooks/inbound/shop/rotate", {})):
        made = client.post(address, given)
        assert made.status_code == 302, text(made)
        secret = InboundHook.objects.get().secret
        shown = client.get(made.headers["Location"])
        assert secret in text(shown)
        assert "no-store" in shown["Cache-Control"]
        assert secret not in text(client.get(made.headers["Location"]))
    assert "End that overlap" in text(client.post("/hooks/inbound/shop/rotate", follow=True))


def test_a_wrong_filter_of_what_was_received_is_told_and_nothing_is_shown(client: Client) -> None:
    hook = InboundHookFactory.create(slug="shop")
    row = InboundRequest.objects.create(hook=hook, received_at=timezone.now(), outcome="filtered", status=200, size=2)
    client.force_login(UserFactory.create(role="viewer"))
    wrong = {"outcome=zzz": "There are started,", "before=x": "no place in the list", "status=401": "no such filter"}
    for params, says in wrong.items():
        shown = client.get(f"/hooks/inbound/shop?{params}")
        assert says in text(shown) and "Nothing was looked for" in text(shown), params
        assert not shown.context["requests"]
    for params in ("", f"outcome=filtered&before={row.pk + 1}&environment=default"):
        (found,) = client.get(f"/hooks/inbound/shop?{params}").context["requests"]
        assert found[0] == row
    assert "None had this outcome" in text(client.get("/hooks/inbound/shop?outcome=started"))
