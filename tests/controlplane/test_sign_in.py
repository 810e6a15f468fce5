"""The sign-in page: throttled, the same for the admin, and proof against a made-up address."""

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client, RequestFactory

from controlplane.sign_in import address_of
from tests.answers import text
from tests.factories import PASSWORD, UserFactory
from workflows.models import Activity, SignInFailure, User
from workflows.services import people

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "another staple", "new_password2": "another staple"}


def attempt(client: Client, password: str) -> HttpResponse:
    return client.post("/login", {"username": "olga", "password": password})  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def olga() -> None:
    UserFactory.create(username="olga")


def test_after_five_failures_even_the_right_password_has_to_wait_and_it_is_said_how_long(client: Client) -> None:
    for _ in range(5):
        assert "do not match" in text(attempt(client, "wrong"))
    refused = attempt(client, PASSWORD)
    assert refused.status_code == 429
    assert 890 <= int(refused["Retry-After"]) <= 900
    assert text(refused).count("Too many") == 1 and "asks an admin" in text(refused)
    assert "Try again in 15 minutes." in text(refused)
    assert "_auth_user_id" not in client.session


def test_a_successful_sign_in_clears_the_failures(client: Client) -> None:
    for _ in range(4):
        attempt(client, "wrong")
    assert attempt(client, PASSWORD).status_code == 302
    assert not SignInFailure.objects.exists()


def test_a_new_password_set_by_an_admin_ends_the_wait_of_the_name(client: Client, admin_client: Client) -> None:
    for _ in range(5):
        attempt(client, "wrong")
    assert attempt(client, PASSWORD).status_code == 429
    new = {"usable_password": "true", "password1": "another staple", "password2": "another staple"}
    olga = User.objects.get(username="olga")
    assert admin_client.post(f"/admin/workflows/user/{olga.pk}/password/", new).status_code == 302
    assert attempt(client, "another staple").status_code == 302


def test_a_new_password_set_by_who_knows_the_old_one_ends_the_wait_elsewhere(client: Client) -> None:
    client.force_login(User.objects.get())
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(6):
        refused = attempt(elsewhere, "wrong")
    assert refused.status_code == 429
    client.post("/password", {"old_password": PASSWORD, **NEW})
    assert attempt(elsewhere, "another staple").status_code == 302


def test_a_new_password_does_not_end_the_wait_of_an_address_that_tried_many_names(client: Client) -> None:
    for name in ["olga", "anna", "otto", "emil", "ida", "nils"]:
        for _ in range(5):
            client.post("/login", {"username": name, "password": "wrong"})
    olga = User.objects.get()
    people.note_password(olga, by=olga)
    assert attempt(client, PASSWORD).status_code == 429
    assert attempt(Client(REMOTE_ADDR="203.0.113.9"), PASSWORD).status_code == 302


def test_an_empty_form_is_no_failure(client: Client) -> None:
    attempt(client, "")
    assert not SignInFailure.objects.exists()


def test_somebody_disabled_is_told_no_more_than_a_stranger(client: Client) -> None:
    UserFactory.create(username="gone", is_active=False)
    shown = text(client.post("/login", {"username": "gone", "password": PASSWORD}))
    assert "do not match" in shown


def test_the_admin_has_no_sign_in_page_of_its_own(client: Client) -> None:
    answer = client.get("/admin/workflows/user/", follow=True)
    assert answer.redirect_chain[-1] == ("/login?next=/admin/workflows/user/", 302)
    assert (
        client.post("/admin/login/", {"username": "olga", "password": PASSWORD})
        .headers["Location"]
        .startswith("/login")
    )


def test_who_is_no_staff_is_told_so_instead_of_being_sent_around_in_circles(client: Client) -> None:
    client.force_login(UserFactory.create())
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "open to staff only" in text(answer)


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "10.0.0.1", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_added_is_believed(
    settings: LazySettings, proxies: int, told: str, address: str
) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/login", headers={"X-Forwarded-For": told})
    assert address_of(request) == address


def test_ones_own_password_is_changed_by_who_knows_the_old_one_and_on_the_record(client: Client) -> None:
    client.post("/login", {"username": "olga", "password": PASSWORD})
    assert "incorrectly" in text(client.post("/password", {**NEW, "old_password": "wrong"}))
    answer = client.post("/password", {**NEW, "old_password": PASSWORD}, follow=True)
    assert "Your password was changed." in text(answer)
    assert User.objects.get().check_password("another staple")
    assert [row.action for row in Activity.objects.all()] == ["user.set-password"]


@pytest.mark.parametrize("weak", ["short", "password123"])
def test_a_weak_password_is_refused(client: Client, weak: str) -> None:
    client.force_login(User.objects.get())
    sent = {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak}
    assert client.post("/password", sent).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


def test_the_admins_link_to_change_a_password_leads_to_the_same_page(client: Client) -> None:
    client.force_login(UserFactory.create(is_staff=True))
    assert client.get("/admin/password_change/").headers["Location"] == "/password"
