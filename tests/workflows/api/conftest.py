"""A caller of the API: a person's token, and JSON in and out."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.factories import UserFactory
from workflows.models import User
from workflows.services import access


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks with one token."""

    user: User
    secret: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """The answer as it came."""
        sent = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        named = {"Authorization": f"Bearer {self.secret}", **headers}
        answer = Client().generic(method, f"/api/v1/{path}", sent, "application/json", headers=named)
        assert isinstance(answer, HttpResponse)
        return answer

    def get(self, path: str) -> Any:
        """What it says, when all is well."""
        return self._said(self.ask("GET", path), 200)

    def post(self, path: str, body: Any, status: int = 201, **headers: str) -> Any:
        """What it says, with this status."""
        return self._said(self.ask("POST", path, body, **headers), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        """What it says, with this status."""
        return self._said(self.ask("PATCH", path, body), status)

    @staticmethod
    def _said(answer: HttpResponse, status: int) -> Any:
        said = json.loads(answer.content)
        assert answer.status_code == status, said
        return said


def asker(role: str = "developer", **grant: Any) -> Asker:
    """Somebody of this role with a token of their own."""
    user = UserFactory.create(role=role)
    return Asker(user, access.issue_token(user, "tests", by=user, **grant)[1])


@pytest.fixture
def developer() -> Asker:
    return asker()
