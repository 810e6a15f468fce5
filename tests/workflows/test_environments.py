"""Environments are made and changed in their page by admins, and told apart everywhere."""

import pytest
from django.test import Client

from tests.factories import EnvironmentFactory, UserFactory
from workflows.models import Activity, Environment

pytestmark = pytest.mark.django_db

TYPED = {
    "slug": "prod",
    "title": "Production",
    "colour": "red",
    "is_production": "on",
    "region": "eu-central-1",
    "account_id": "210987654321",
    "role_arn": "arn:aws:iam::210987654321:role/signalbox",
    "external_id": "ours-7",
    "name_prefix": "sb-",
    "permissions_boundary": "",
}


@pytest.fixture
def admin(client: Client) -> Client:
    EnvironmentFactory.create()
    client.force_login(UserFactory.create(username="ada", role="admin"))
    return client


def test_an_admin_makes_one_and_it_is_on_the_record(admin: Client) -> None:
    page = admin.post("/environments/new/", TYPED, follow=True).content.decode()
    made = Environment.objects.get(slug="prod")
    assert (made.region, made.role_arn, made.external_id, made.name_prefix) == (
        "eu-central-1",
        "arn:aws:iam::210987654321:role/signalbox",
        "ours-7",
        "sb-",
    )
    assert (made.is_production, made.colour, made.is_embedded) == (True, "red", False)
    assert "Production is kept" in page
    assert Activity.objects.get(action="environment.create").by_name == "ada"


def test_what_is_changed_keeps_its_slug_and_what_workers_wrote(admin: Client) -> None:
    install = Environment.objects.get().install
    answer = admin.post("/environments/default", {**TYPED, "slug": "other", "title": "Mine"})
    assert answer.status_code == 302
    changed = Environment.objects.get()
    assert (changed.slug, changed.title, changed.install, changed.is_embedded) == ("default", "Mine", install, True)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("slug", "default", "already exists"),
        ("region", "Frankfurt", "a region such as us-east-1"),
        ("account_id", "12", "Twelve digits"),
        ("account_id", "999999999999", "The role belongs to the account"),
        ("role_arn", "signalbox", "the ARN of a role"),
        ("external_id", "x", "an external id as AWS takes it"),
        ("permissions_boundary", "arn:aws:iam::1:policy/p", "the ARN of a policy"),
        ("name_prefix", "ours/", "Letters, digits"),
        ("title", "", "required"),
    ],
)
def test_what_aws_could_not_make_sense_of_is_told_at_its_field(
    admin: Client, field: str, typed: str, told: str
) -> None:
    answer = admin.post("/environments/new/", {**TYPED, field: typed})
    assert answer.status_code == 422
    assert told in answer.context["form"].errors[field].as_text()
    assert f'aria-describedby="id_{field}-error"' in answer.content.decode()
    assert Environment.objects.count() == 1


def test_the_list_says_which_one_aws_does_not_answer_in_and_why(client: Client) -> None:
    EnvironmentFactory.create(problem="AccessDenied: not yet", unreachable_since="2026-01-01T00:00:00Z")
    client.force_login(UserFactory.create(role="viewer"))
    page = client.get("/environments/").content.decode()
    assert "Not reached since" in page
    assert "AccessDenied: not yet" in page
    assert "/environments/new/" not in page


def test_the_list_says_what_cannot_be_done_there_and_what_to_do_instead(client: Client) -> None:
    EnvironmentFactory.create(title="Practice", is_embedded=True)
    EnvironmentFactory.create(slug="real", title="Real", is_embedded=False)
    client.force_login(UserFactory.create(role="viewer"))
    page = client.get("/environments/").content.decode()
    assert "What Practice cannot do" in page
    assert "Look at the charts, or set the alarm in a real account." in page
    assert "What Real cannot do" not in page


@pytest.mark.parametrize("page", ["/environments/new/", "/admin/workflows/environment/add/"])
def test_a_slug_that_somebody_took_meanwhile_is_refused_in_words(
    admin: Client, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    admin.force_login(UserFactory.create(role="admin", is_staff=True))
    EnvironmentFactory.create(slug="prod", title="Theirs")
    monkeypatch.setattr(Environment, "validate_unique", lambda self, exclude=None: None)  # it was free a moment ago
    answer = admin.post(page, TYPED, follow=True)
    assert "There is an environment of this name already" in answer.content.decode()
    assert Environment.objects.get(slug="prod").title == "Theirs"
