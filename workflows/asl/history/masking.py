"""Task tokens out of events: whoever holds one can end a running task, so none is ever kept.

Tokens are found by the definition (where a template names them), by their key and by their look, and replaced by `MASK`
wherever they stand in an event's texts. What a handler printed itself is known again by digests of the tokens.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from workflows.asl.history.events import details_of

MASK = "<task token>"

_WAITS = ".waitForTaskToken"
# AWS's own: base64 of a structure that always begins alike (AAAAKgAAAAIA..., after a prefix such as AQCEAAAAKgAAAAMA).
_LOOK = re.compile(r"(?:AQ[A-Za-z0-9+/]{2})?AAAAKgAAAA[A-Za-z0-9+/]{40,}={0,2}")
_KEY = re.compile(r"^(?:.*task[ _-]?)?token$", re.IGNORECASE)
_EXPRESSION = re.compile(r"Task\W{1,4}Token\b")
_SHORTEST = 8  # what is shorter is no secret, and would be replaced all over the text
_LONG = 32  # texts an expression made together with a token: the long ones may hold it
_DEEPEST = 64
_WORD = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")


def tokens(events: Iterable[Any], templates: Mapping[str, Any] | None = None) -> frozenset[str]:
    """The task tokens handed out in these events, and texts that were made with one inside.

    `templates` gives, by state name, what its definition sends (`Parameters` or `Arguments`); without it tokens are
    found by key (`taskToken`, `token`) and by look only.
    """
    found: set[str] = set()
    state_of: dict[Any, Any] = {}
    latest = None
    for raw in events:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("type"), str):
            continue
        details = details_of(raw)
        if raw["type"] == "TaskStateEntered":
            latest = details.get("name")
            state_of[_key(raw.get("id"))] = latest
            continue
        state = state_of.setdefault(_key(raw.get("id")), state_of.get(_key(raw.get("previousEventId")), latest))
        if raw["type"] == "TaskScheduled" and str(details.get("resource", "")).endswith(_WAITS):
            sent = _json(details.get("parameters"))
            found.update(_by_key(sent, 0))
            if templates and isinstance(state, str):
                found.update(_by_template(templates.get(state), sent, 0))
    return frozenset(text for text in found if len(text) >= _SHORTEST)


def shape(event: Mapping[str, Any], tokens: Iterable[str] = ()) -> dict[str, Any]:
    """The event with every task token replaced: the ones given, and whatever looks like one of AWS's."""
    written = {text for token in tokens for text in (token, json.dumps(token)[1:-1])}
    secrets = sorted(written, key=len, reverse=True)
    return {key: _masked(value, secrets, 0) for key, value in event.items()}


def digests(tokens: Iterable[str]) -> list[str]:
    """What may be kept of tokens: enough to know one again, not enough to use it."""
    return sorted(map(_digest, tokens))


def shape_line(text: str, digests: Collection[str]) -> str:
    """A line of a log with every task token replaced: those of the digests, and whatever looks like one of AWS's."""
    masked = _LOOK.sub(MASK, text)
    return _WORD.sub(lambda word: MASK if _digest(word[0]) in digests else word[0], masked) if digests else masked


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _masked(value: Any, secrets: list[str], depth: int) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return _LOOK.sub(MASK, value) if "AAAAKgAAAA" in value else value
    if depth >= _DEEPEST:
        return value if isinstance(value, int | float | None) else None
    if isinstance(value, Mapping):
        return {key: _masked(item, secrets, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, secrets, depth + 1) for item in value]
    return value


def _key(number: Any) -> Any:
    return number if isinstance(number, int | str | None) else None


def _json(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return None


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item, depth + 1)


def _by_key(sent: Any, depth: int) -> Iterator[str]:
    """Texts under a key that says they are a token."""
    if depth >= _DEEPEST:
        return
    if isinstance(sent, Mapping):
        for key, value in sent.items():
            if isinstance(value, str) and _KEY.match(str(key)):
                yield value
            else:
                yield from _by_key(value, depth + 1)
    elif isinstance(sent, list):
        for item in sent:
            yield from _by_key(item, depth + 1)


def _by_template(template: Any, sent: Any, depth: int) -> Iterator[str]:
    """Texts that stand where the template names the token."""
    if depth >= _DEEPEST:
        return
    if isinstance(template, str):
        if _EXPRESSION.search(template):
            yield from (sent,) if isinstance(sent, str) else (text for text in _texts(sent, 0) if len(text) >= _LONG)
    elif isinstance(template, Mapping) and isinstance(sent, Mapping):
        for key, value in template.items():
            yield from _by_template(value, sent.get(str(key).removesuffix(".$")), depth + 1)
    elif isinstance(template, list) and isinstance(sent, list):
        for value, item in zip(template, sent, strict=False):
            yield from _by_template(value, item, depth + 1)
