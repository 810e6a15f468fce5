"""What a browser is told with every answer, errors and files included; and what cookies are like in production."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.exceptions import SuspiciousOperation
from django.test import Client
from django.urls import include, path

from controlplane import urls
from tests.factories import PASSWORD, EnvironmentFactory, UserFactory
from workflows.services import access

pytestmark = pytest.mark.django_db


def broken(request: Any) -> Any:
    """A view that fails."""
    raise ZeroDivisionError


def denied(request: Any) -> Any:
    """A view that is handed what it cannot read."""
    raise SuspiciousOperation


urlpatterns: list[Any] = [path("broken", broken), path("suspicious", denied), path("", include("controlplane.urls"))]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.fixture
def client() -> Client:
    EnvironmentFactory.create()
    signed_in = Client(raise_request_exception=False)
    signed_in.force_login(UserFactory.create(role="viewer"))
    return signed_in


ANSWERS: dict[str, tuple[str, str, int]] = {
    "a page": ("GET", "/", 200),
    "a redirect": ("GET", "/search?q=x", 302),
    "the description of the API": ("GET", "/api/v1/docs", 200),
    "a health check": ("GET", "/healthz", 200),
    "a static file that is not there": ("GET", "/static/nothing.css", 404),
    "a request that cannot be understood": ("GET", "/suspicious", 400),
    "what one may not do": ("GET", "/admin/login/", 403),
    "nothing there": ("GET", "/nothing", 404),
    "the wrong method": ("POST", "/activity/", 405),
    "a failure": ("GET", "/broken", 500),
    "a problem of the API: no token": ("GET", "/api/v1/transactions", 401),
    "a problem of the API: nothing there": ("GET", "/api/v1/nothing", 404),
    "a problem of the API: the wrong method": ("DELETE", "/api/v1/transactions", 405),
}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_has_the_headers(client: Client, what: str) -> None:
    method, address, status = ANSWERS[what]
    answer = client.generic(method, address)
    assert answer.status_code == status
    assert_strict(answer)


def assert_strict(answer: Any) -> None:
    """All that a browser should be told."""
    policy = answer["Content-Security-Policy"]
    directives = dict(one.strip().partition(" ")[::2] for one in policy.split(";"))
    assert "unsafe" not in policy
    assert directives["default-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["object-src"] == directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("GET", "environments", 200), ("DELETE", "environments", 405), ("GET", "nothing", 404), ("POST", "hooks", 400)],
)
def test_what_is_answered_to_a_token_has_the_headers_too(method: str, address: str, status: int) -> None:
    _, secret = access.issue_token(UserFactory.create(role="operator"), "t", by=None)
    strict = Client(enforce_csrf_checks=True)
    named = {"Authorization": f"Bearer {secret}"}
    answer = strict.generic(method, f"/api/v1/{address}", "{", "application/json", headers=named)
    assert answer.status_code == status
    assert_strict(answer)
    assert answer["X-Request-ID"]
    assert answer["Content-Length"] == str(len(answer.content))


def test_a_token_opens_no_session_and_a_session_no_operation(client: Client) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    assert client.get("/api/v1/environments", headers=wrong).status_code == 401
    _, secret = access.issue_token(UserFactory.create(role="operator"), "t", by=None)
    answer = Client().get("/transactions/", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/transactions/")


def test_a_static_file_has_the_headers_too(settings: LazySettings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "one.css").write_text("a {}")
    answer = Client().get("/static/one.css")
    assert answer.status_code == 200
    assert_strict(answer)


def test_a_page_is_compressed(client: Client) -> None:
    plain, packed = client.get("/transactions/"), client.get("/transactions/", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2


def test_a_form_without_its_token_is_refused_with_the_headers_too() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/login", {"username": "x", "password": PASSWORD})
    assert answer.status_code == 403
    assert_strict(answer)


@pytest.mark.parametrize("host", ["evil.example", "x y"])
def test_another_host_is_refused_with_the_headers_too(host: str) -> None:
    answer = Client(raise_request_exception=False).get("/login", headers={"Host": host})
    assert answer.status_code == 400
    assert_strict(answer)


def production(**given: str) -> "subprocess.CompletedProcess[str]":
    """What the settings and the checks say in a process started for production."""
    code = (
        "import django; django.setup();"
        "from django.conf import settings as s; from django.core import checks;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE,"
        " s.SECURE_HSTS_SECONDS > 0, [one.id for one in checks.run_checks() if one.level >= checks.ERROR])"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "controlplane.settings", **given},
        capture_output=True,
        text=True,
        check=True,
    )


def test_cookies_are_secure_in_production(tmp_path: Path) -> None:
    given = {
        "SIGNALBOX_PRODUCTION": "true",
        "SIGNALBOX_VAR": str(tmp_path),
        "SIGNALBOX_ENCRYPTION_KEYS": f"{'e0f1g2h3i4j5k' * 3}abcd=",
        "ALLOWED_HOSTS": "signalbox.example",
        "DATABASE_URL": "sqlite://:memory:",
        "REDIS_URL": "redis://localhost",
    }
    assert production(SECRET_KEY="kq7w2e9r4t1y" * 6, **given).stdout.strip() == "True True True Lax True []"


def test_cookies_work_without_tls_outside_production(settings: LazySettings) -> None:
    assert not settings.PRODUCTION
    assert not settings.SESSION_COOKIE_SECURE
