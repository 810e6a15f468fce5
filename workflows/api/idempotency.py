"""The header `Idempotency-Key`: an operation that creates something does it once for each key of a token's owner."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header

from workflows import inputs
from workflows.api import bodies
from workflows.api.callers import owner, token_of
from workflows.api.problems import Refused
from workflows.inputs import FieldProblem
from workflows.services import idempotency
from workflows.services.idempotency import Answer, Fingerprint, KeyInFlight, KeyReused

HEADER = "Idempotency-Key"
TAKES = f"1 to {idempotency.LONGEST} printable characters of ASCII, such as a UUID"
SAYS = f"Any text of your own ({TAKES}), new for each new request. The same key again gives the same answer."
# Of whatever is wrong with one: servers hand on as empty what is not ASCII.
NO_KEY = f"A key is {TAKES}: this is none."


def _key() -> Any:
    """The header as described; one for each type, for a default given to one use of it becomes that of the others."""
    return Header(  # type: ignore[type-arg] # generic to the type checker only
        alias=HEADER, min_length=1, max_length=idempotency.LONGEST, pattern=r"^[ -~]*$", description=SAYS
    )


Key = Annotated[str, _key()]
OptionalKey = Annotated[str | None, _key()]
# Of an operation that takes a key, for `declared`.
OF_KEY = (400, 409, 422)


def once(request: HttpRequest, key: str | None, make: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `make`, which is called at most once for each key; without a key, each time.

    `make` looks up what it is about, calls a service and answers with JSON: a repeated request is answered even when
    that is gone by now. What it raises leaves the key free for a better request. Raises Refused.
    """
    if key is None:
        return make()
    by = owner(request)
    return replayable(request, lambda asked: idempotency.once(key, asked, lambda: _kept(make()), by=by))


def replayable(request: HttpRequest, answer: Callable[[Fingerprint], Answer]) -> HttpResponse:
    """What `answer` gives for the fingerprint of the request, and whether it was given before. Raises Refused."""
    try:
        given = answer(_fingerprint(request))
    except KeyReused as reused:
        told_off = FieldProblem(
            HEADER, "This key was used before: for something else, or by a token that reaches other things."
        )
        raise Refused(
            422,
            f"The {HEADER} belongs to another request, or to a token with other bounds.",
            told_off,
            code="key_reused",
        ) from reused
    except KeyInFlight as busy:
        told = f"A request with this {HEADER} is being worked on."
        raise Refused(409, told, code="key_in_flight", Retry_After="1") from busy
    headers = {"Idempotent-Replayed": "true"} if given.is_replayed else {}
    return HttpResponse(given.body, status=given.status, content_type="application/json", headers=headers)


def _kept(response: HttpResponse) -> Answer:
    return Answer(response.status_code, response.content.decode())


def _fingerprint(request: HttpRequest) -> Fingerprint:
    """Of operation and body: of JSON what it means, digit for digit, whatever the order of members and the blanks.

    Versions before took its text less the blanks; such a key is still known by that. Of a token
    that is bound also to what: it is not given what another of its owner's was answered beyond that.
    """
    token = token_of(request)
    bounds = [json.dumps(sorted(names)).encode() for names in (token.workflows, token.environments) if names]
    operation = f"{request.method} {request.get_full_path()}".encode()

    def digest(written: Callable[[str], str]) -> str:
        return hashlib.sha256(b"\n".join([operation, *_parts(request, written), *bounds])).hexdigest()

    is_json = request.content_type in bodies.JSON_TYPES
    return Fingerprint(digest(inputs.canonical), (lambda: digest(inputs.serialise)) if is_json else None)


def _parts(request: HttpRequest, written: Callable[[str], str]) -> Iterator[bytes]:
    """What of the body makes a request another. A form's boundary, which is new each time, does not."""
    if request.content_type == "multipart/form-data":
        for field, values in sorted(request.POST.lists()):
            yield json.dumps([field, values]).encode()
        for field, files in sorted(request.FILES.lists()):
            for one in files:
                yield json.dumps([field, one.name, hashlib.sha256(b"".join(one.chunks())).hexdigest()]).encode()
                one.seek(0)
    elif request.content_type in bodies.JSON_TYPES:
        yield written(request.body.decode()).encode(errors="surrogatepass")
    else:
        yield request.body
