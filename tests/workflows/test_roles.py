"""The groups a fresh installation has, and what a person in each may do."""

import pytest
from django.contrib.auth.models import Permission

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

READS = {"workflows.view_deployment", "workflows.view_activity", "transactions.view_transaction"}
OPERATES = {"transactions.submit", "transactions.stop", "transactions.rerun"}
DEVELOPS = {"workflows.deploy", "workflows.add_functionrevision", "workflows.add_workflowrevision"}
ADMINISTERS = {"workflows.add_token", "workflows.change_environment", "transactions.delete_transaction"}
OURS = ("workflows", "transactions")


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("viewer", READS, OPERATES | DEVELOPS | ADMINISTERS),
        ("operator", READS | OPERATES, DEVELOPS | ADMINISTERS),
        ("developer", READS | OPERATES | DEVELOPS, ADMINISTERS),
        ("admin", READS | OPERATES | DEVELOPS | ADMINISTERS, set()),
    ],
)
def test_each_role_may_what_its_name_says(role: str, may: set[str], may_not: set[str]) -> None:
    held = UserFactory.create(role=role).get_all_permissions()
    assert may <= held
    assert not may_not & held


def test_a_viewer_may_look_at_everything_and_change_nothing() -> None:
    held = UserFactory.create(role="viewer").get_all_permissions()
    views = Permission.objects.filter(content_type__app_label__in=OURS, codename__startswith="view_")
    assert held == {f"{one.content_type.app_label}.{one.codename}" for one in views}


def test_an_admin_may_do_all_there_is_in_both_halves() -> None:
    held = UserFactory.create(role="admin").get_all_permissions()
    every = Permission.objects.filter(content_type__app_label__in=OURS)
    assert held == {f"{one.content_type.app_label}.{one.codename}" for one in every}


def test_who_is_in_no_group_may_nothing() -> None:
    assert not UserFactory.create(role="").get_all_permissions()
