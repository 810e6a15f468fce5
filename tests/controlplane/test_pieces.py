"""A body whose length nobody said, as a server hands it on that knows where it ends; `tests/faults` asks a real one."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from controlplane.middleware import Unmeasured

BODY = b'{"a": 1}'


class Drips(BytesIO):
    """Gives less than is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3 if size is None or size < 0 else min(3, size))


def ask(path: str, body: bytes = BODY, **environ: Any) -> HttpResponse:
    asked = RequestFactory().post(path, b"", "application/json").environ
    asked.pop("CONTENT_LENGTH", None)
    asked |= {"wsgi.input": Drips(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", **environ}

    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.body)

    given = Unmeasured(answer)(WSGIRequest(asked))
    assert isinstance(given, HttpResponse)
    return given


@pytest.mark.parametrize("path", ["/api/v1/transactions", "/hooks/in/payments"])
def test_it_is_read_to_its_end(path: str) -> None:
    assert ask(path).content == BODY


def test_it_is_read_as_far_as_it_may_be_in_memory(settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert ask("/api/v1/transactions", b"1" * 10).content == b"1" * 10
    left: dict[str, Any] = {"wsgi.input": Drips(b"1" * 30)}
    with pytest.raises(RequestDataTooBig):
        ask("/api/v1/transactions", **left)
    assert left["wsgi.input"].tell() == 11


def test_what_has_a_length_is_read_by_that() -> None:
    assert ask("/hooks/in/payments", CONTENT_LENGTH="2").content == BODY[:2]


@pytest.mark.parametrize(
    ("path", "environ", "status"),
    [
        ("/api/v1/imports/templates", {"CONTENT_TYPE": "multipart/form-data; boundary=b"}, 411),
        ("/hooks/in/payments", {"CONTENT_TYPE": "multipart/form-data; boundary=b"}, 200),
        ("/hooks/in/payments", {"wsgi.input_terminated": False}, 411),
        ("/api/v1/transactions", {"wsgi.input_terminated": False}, 411),
    ],
)
def test_what_cannot_be_read_is_asked_for_its_length(path: str, environ: dict[str, Any], status: int) -> None:
    assert ask(path, **environ).status_code == status
