"""Changes made in the admin of workflows go through the services: permission, change, one row of activity."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.answers import text
from tests.factories import (
    PASSWORD,
    EnvironmentFactory,
    FunctionRevisionFactory,
    UserFactory,
    WorkflowRevisionFactory,
    group,
)
from workflows.models import Activity, Deployment, Environment, FunctionRevision, Token, User, WorkflowRevision
from workflows.services import access, environments, people
from workflows.statuses import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> User:
    return UserFactory.create(username="chief", role="admin", is_staff=True)


@pytest.fixture
def page(client: Client, chief: User) -> Client:
    client.force_login(chief)
    return client


def person(user: User, **changes: Any) -> dict[str, Any]:
    """The form of a person as a browser sends it."""
    form = {
        "username": user.username,
        "is_active": "on",
        "groups": [one.pk for one in user.groups.all()],
        "theme": "auto",
    }
    return {**form, **changes}


def test_deploy_asks_for_the_newest_revision_in_the_environment_chosen(page: Client, chief: User) -> None:
    EnvironmentFactory.create()
    other = EnvironmentFactory.create(slug="other", title="Other")
    for revision in (WorkflowRevisionFactory.create(number=1), newest := WorkflowRevisionFactory.create(number=2)):
        workflow = revision.workflow
    sent = {"action": "deploy", "_selected_action": [workflow.pk], "environment": other.pk}
    answer = page.post("/admin/workflows/workflow/", sent, follow=True)
    asked = Deployment.objects.get()
    assert (asked.workflow_revision, asked.environment, asked.requested_by) == (newest, other, chief)
    assert f"Deployment {asked.pk}" in text(answer)
    assert Activity.objects.get().action == "deployment.request"


def test_an_older_revision_of_a_function_can_be_deployed_too(page: Client) -> None:
    environment = EnvironmentFactory.create()
    older: FunctionRevision = FunctionRevisionFactory.create(number=1)
    FunctionRevisionFactory.create(number=2)
    sent = {"action": "deploy", "_selected_action": [older.pk], "environment": environment.pk}
    page.post("/admin/workflows/functionrevision/", sent)
    assert Deployment.objects.get().function_revision == older


def test_a_revision_with_errors_is_not_deployed_and_it_is_said_why(page: Client) -> None:
    environment = EnvironmentFactory.create()
    broken: WorkflowRevision = WorkflowRevisionFactory.create(problems=[{"severity": "error", "message": "No."}])
    sent = {"action": "deploy", "_selected_action": [broken.pk], "environment": environment.pk}
    answer = page.post("/admin/workflows/workflowrevision/", sent, follow=True)
    assert "errors AWS would refuse" in text(answer)
    assert not Deployment.objects.exists()


def test_deploy_without_an_environment_says_what_is_missing(page: Client) -> None:
    revision = WorkflowRevisionFactory.create()
    sent = {"action": "deploy", "_selected_action": [revision.workflow.pk], "environment": ""}
    assert "Choose the environment" in text(page.post("/admin/workflows/workflow/", sent, follow=True))


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_deploy_is_not_offered_it_and_cannot_force_it(client: Client, role: str) -> None:
    client.force_login(UserFactory.create(role=role, is_staff=True))
    environment, revision = EnvironmentFactory.create(), WorkflowRevisionFactory.create()
    assert 'value="deploy"' not in text(client.get("/admin/workflows/workflow/"))
    sent = {"action": "deploy", "_selected_action": [revision.workflow.pk], "environment": environment.pk}
    client.post("/admin/workflows/workflow/", sent)
    assert not Deployment.objects.exists()


def test_a_token_is_shown_once_and_neither_it_nor_its_digest_ever_again(page: Client, chief: User) -> None:
    sent = {"user": chief.pk, "name": "ci", "scopes": ["transactions.submit"]}
    made = page.post("/admin/workflows/token/add/", sent)
    assert "sbx_" not in str(page.session.items()) + str(made.cookies)
    answer = page.get(made["Location"])
    assert "no-store" in answer["Cache-Control"]
    token = Token.objects.get()
    (secret,) = re.findall(r"<code>(sbx_[^<]+)</code>", text(answer))
    assert access.living_token(secret) == token
    assert token.scopes == ["transactions.submit"]
    for again in ("/admin/workflows/token/", f"/admin/workflows/token/{token.pk}/change/"):
        told = text(page.get(again))
        assert secret not in told
        assert token.digest not in told
    assert [row.action for row in Activity.objects.all()] == ["token.issue"]
    assert secret not in str(Activity.objects.values())


def test_a_revoked_token_lets_nobody_in(page: Client, chief: User) -> None:
    token, secret = access.issue_token(chief, "ci", by=chief)
    page.post("/admin/workflows/token/", {"action": "revoke", "_selected_action": [token.pk]})
    assert access.living_token(secret) is None
    assert Activity.objects.filter(action="token.revoke").count() == 1


def test_a_new_person_has_a_hashed_password_and_one_row_of_activity(page: Client) -> None:
    sent = {"username": "olga", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert page.post("/admin/workflows/user/add/", sent).status_code == 302
    olga = User.objects.get(username="olga")
    assert PASSWORD not in olga.password
    assert olga.check_password(PASSWORD)
    row = Activity.objects.get()
    assert row.action == "user.create"
    assert olga.password not in str(row.after)


def test_a_change_of_groups_tells_the_groups_before_and_after(page: Client) -> None:
    olga = UserFactory.create(role="viewer")
    sent = person(olga, groups=[group("operator").pk])
    assert page.post(f"/admin/workflows/user/{olga.pk}/change/", sent).status_code == 302
    row = Activity.objects.get()
    assert (row.before, row.after) == ({"groups": ["viewer"]}, {"groups": ["operator"]})
    assert olga.has_perm("transactions.submit")


def test_the_role_admin_opens_the_admin_until_somebody_closes_it(page: Client, client: Client) -> None:
    sent = {"username": "anna", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    page.post("/admin/workflows/user/add/", sent | {"groups": [group("admin").pk]})
    anna = User.objects.get(username="anna")
    assert anna.is_staff
    page.post(f"/admin/workflows/user/{anna.pk}/change/", person(anna))  # staff is not ticked
    anna.refresh_from_db()
    assert not anna.is_staff
    olga = UserFactory.create(role="operator")
    page.post(f"/admin/workflows/user/{olga.pk}/change/", person(olga, groups=[group("admin").pk]))
    olga.refresh_from_db()
    assert olga.is_staff
    client.force_login(olga)
    assert client.get("/admin/").status_code == 200


def test_saving_a_person_unchanged_is_no_activity(page: Client) -> None:
    olga = UserFactory.create(role="viewer")
    assert page.post(f"/admin/workflows/user/{olga.pk}/change/", person(olga)).status_code == 302
    assert not Activity.objects.exists()


def test_setting_a_password_is_on_the_record_without_the_password(page: Client) -> None:
    olga = UserFactory.create()
    sent = {"usable_password": "true", "password1": "an other staple", "password2": "an other staple"}
    assert page.post(f"/admin/workflows/user/{olga.pk}/password/", sent).status_code == 302
    olga.refresh_from_db()
    assert olga.check_password("an other staple")
    row = Activity.objects.get()
    assert (row.action, row.before, row.after) == ("user.set-password", None, None)


def test_an_admin_cannot_make_anybody_a_superuser(page: Client) -> None:
    olga = UserFactory.create()
    page.post(f"/admin/workflows/user/{olga.pk}/change/", person(olga, is_superuser="on"))
    olga.refresh_from_db()
    assert not olga.is_superuser


def test_an_admin_cannot_take_over_a_superuser(page: Client) -> None:
    root = UserFactory.create(is_superuser=True)
    taken = {"usable_password": "true", "password1": "an other staple", "password2": "an other staple"}
    assert page.post(f"/admin/workflows/user/{root.pk}/password/", taken).status_code == 403
    assert page.post(f"/admin/workflows/user/{root.pk}/change/", person(root, username="x")).status_code == 403
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_an_environment_is_made_changed_and_deleted_with_a_row_for_each(page: Client) -> None:
    sent = {"slug": "prod", "title": "Production", "colour": "red", "region": "eu-west-1"}
    page.post("/admin/workflows/environment/add/", sent)
    made = Environment.objects.get(slug="prod")
    page.post(f"/admin/workflows/environment/{made.pk}/change/", {**sent, "title": "Live"})
    page.post(f"/admin/workflows/environment/{made.pk}/delete/", {"post": "yes"})
    assert not Environment.objects.filter(slug="prod").exists()
    told = [(row.action, row.before, row.after) for row in Activity.objects.order_by("pk")]
    assert [action for action, _, _ in told] == ["environment.create", "environment.change", "environment.delete"]
    assert told[1][1:] == ({"title": "Production"}, {"title": "Live"})


def test_a_form_does_not_write_over_what_a_worker_noted_meanwhile(chief: User) -> None:
    loaded = EnvironmentFactory.create()
    Environment.objects.update(problem="AWS said no")
    loaded.title = "New"
    environments.save(loaded, by=chief)
    assert Environment.objects.get().problem == "AWS said no"
    assert Environment.objects.get().title == "New"


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(UserFactory.create(is_superuser=True, is_staff=True))
    return client


def test_a_group_is_changed_and_one_made_here_deleted_by_a_superuser_on_the_record(root: Client) -> None:
    viewers, auditors = group("viewer"), Group.objects.create(name="auditor")
    root.post(f"/admin/auth/group/{viewers.pk}/change/", {"permissions": []})
    root.post(f"/admin/auth/group/{auditors.pk}/change/", {"name": "controller", "permissions": []})
    root.post(f"/admin/auth/group/{auditors.pk}/delete/", {"post": "yes"})
    changed, renamed, deleted = Activity.objects.order_by("pk")
    assert (changed.action, changed.after) == ("group.change", {"permissions": []})
    assert (renamed.action, renamed.after) == ("group.change", {"name": "controller"})
    assert (deleted.action, deleted.subject_label) == ("group.delete", "controller")
    assert not Group.objects.filter(pk=auditors.pk).exists()


@pytest.mark.parametrize("role", Role)
def test_a_role_that_is_built_in_keeps_its_name_and_stays_and_its_page_says_so(root: Client, role: Role) -> None:
    address = f"/admin/auth/group/{group(role).pk}"
    shown = text(root.get(f"{address}/change/"))
    assert "This role is built in" in shown
    assert 'name="name"' not in shown and "deletelink" not in shown
    assert shown.index("field-name") < shown.index("field-permissions")
    root.post(f"{address}/change/", {"name": "other", "permissions": []})
    assert root.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert Group.objects.filter(name=role).exists()


def test_the_page_of_a_group_made_here_calls_it_not_built_in(root: Client) -> None:
    auditors = Group.objects.create(name="auditor")
    shown = text(root.get(f"/admin/auth/group/{auditors.pk}/change/"))
    assert "built in" not in shown
    assert 'name="name"' in shown and "deletelink" in shown


@pytest.mark.parametrize("confirmed", [{}, {"post": "yes"}])
def test_the_action_of_the_list_leaves_what_is_built_in_and_says_so(root: Client, confirmed: dict[str, str]) -> None:
    auditors = Group.objects.create(name="auditor")
    picked = [auditors.pk, group("viewer").pk, group("admin").pk]
    sent = {"action": "delete_selected", "_selected_action": picked, **confirmed}
    answer = text(root.post("/admin/auth/group/", sent, follow=True))
    assert "Built in, and therefore not deleted: admin, viewer." in answer
    assert Group.objects.filter(name__in=["viewer", "admin"]).count() == 2
    assert Group.objects.filter(pk=auditors.pk).exists() == (not confirmed)
    assert ("Are you sure" in answer) == (not confirmed)


def test_the_service_keeps_what_is_built_in_whoever_asks() -> None:
    viewers = group("viewer")
    root = UserFactory.create(is_superuser=True)
    with pytest.raises(people.BuiltIn, match="viewer is built in"):
        people.delete_group(viewers, by=root)
    viewers.name = "other"
    with pytest.raises(people.BuiltIn, match="viewer is built in"):
        people.save_group(viewers, by=root, permissions=[])
    assert Group.objects.get(pk=viewers.pk).name == "viewer"
    assert not Activity.objects.exists()


def moments(page: Client) -> list[str]:
    return re.findall(r"\d+ \w{3} \d{4}, \d\d:\d\d:\d\d \w+", text(page.get("/admin/workflows/activity/")))


def test_times_are_in_the_viewer_s_zone_which_is_said(page: Client, chief: User) -> None:
    Activity.objects.create(action="user.save", subject_kind="user", subject_id="1", by=chief, by_name="chief")
    Activity.objects.update(at=datetime(2026, 1, 15, 23, 30, 5, tzinfo=UTC))
    assert moments(page) == ["15 Jan 2026, 23:30:05 UTC"]
    page.cookies["zone"] = "Europe/Berlin"
    assert moments(page) == ["16 Jan 2026, 00:30:05 CET"]
    assert "Times in Europe/Berlin" in text(page.get("/admin/"))
    listed = text(page.get("/admin/workflows/activity/?o=0"))
    assert '<time title="2026-01-15 23:30:05 UTC">16 Jan 2026, 00:30:05 CET</time></a></th>' in listed
    assert 'class="sortable column-at sorted' in listed
    row = Activity.objects.get()
    alone = text(page.get(f"/admin/workflows/activity/{row.pk}/change/"))
    assert '<time title="2026-01-15 23:30:05 UTC">16 Jan 2026, 00:30:05 CET</time>' in alone
    page.cookies["zone"] = "../../etc/passwd"
    assert moments(page) == ["15 Jan 2026, 23:30:05 UTC"]
    User.objects.update(time_zone="Asia/Tokyo")
    assert moments(page) == ["16 Jan 2026, 08:30:05 JST"]
