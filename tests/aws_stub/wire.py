"""AWS's protocols as the stub speaks them: json 1.0 (Step Functions), REST json (Lambda), query and XML (IAM, STS)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.aws_stub.orders import Refusal

Protocol = Literal["json", "rest", "query"]
LAMBDA = "/2015-03-31/"
FUNCTIONS = f"{LAMBDA}functions"
ROUTES = [
    (method, re.compile(FUNCTIONS + pattern), operation)
    for method, pattern, operation in (
        ("POST", "/?", "CreateFunction"),
        ("GET", "/(?P<FunctionName>[^/]+)", "GetFunction"),
        ("PUT", "/(?P<FunctionName>[^/]+)/code", "UpdateFunctionCode"),
        ("PUT", "/(?P<FunctionName>[^/]+)/configuration", "UpdateFunctionConfiguration"),
        ("POST", "/(?P<FunctionName>[^/]+)/versions", "PublishVersion"),
        ("GET", "/(?P<FunctionName>[^/]+)/versions", "ListVersionsByFunction"),
        ("POST", "/(?P<FunctionName>[^/]+)/aliases", "CreateAlias"),
        ("GET", "/(?P<FunctionName>[^/]+)/aliases/(?P<Name>[^/]+)", "GetAlias"),
        ("PUT", "/(?P<FunctionName>[^/]+)/aliases/(?P<Name>[^/]+)", "UpdateAlias"),
        ("POST", "/(?P<FunctionName>[^/]+)/invocations", "Invoke"),
        ("DELETE", "/(?P<FunctionName>[^/]+)", "DeleteFunction"),
        ("GET", "/(?P<FunctionName>[^/]+)/policy", "GetPolicy"),
    )
]
ROUTES.append(("GET", re.compile(f"{LAMBDA}event-source-mappings/?"), "ListEventSourceMappings"))
INVOCATION_HEADERS = {
    "FunctionError": "X-Amz-Function-Error",
    "LogResult": "X-Amz-Log-Result",
    "ExecutedVersion": "X-Amz-Executed-Version",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, understood."""

    protocol: Protocol
    operation: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)


def understand(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
    """Which operation a request is. Raises Refusal for what the stub does not know."""
    aimed = headers.get("x-amz-target", "")
    if aimed.startswith("AWSStepFunctions."):
        return Asked("json", aimed.split(".", 1)[1], json.loads(body))
    if target.startswith(LAMBDA):
        return _of_lambda(method, target, headers, body)
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if "Action" not in form:
        raise Refusal("UnknownOperationException", f"{method} {target}", 404)
    return Asked("query", form.pop("Action"), _unflattened(form))


def success(asked: Asked, result: dict[str, Any]) -> Answer:
    """The answer to a call that was executed."""
    if asked.operation == "Invoke":
        told = {header: result[key] for key, header in INVOCATION_HEADERS.items() if result.get(key)}
        return Answer(result["StatusCode"], result["Payload"].encode(), "application/json", told)
    if asked.protocol == "query":
        name = asked.operation
        inner = f"<{name}Result>{_xml(result)}</{name}Result><ResponseMetadata/>"
        return Answer(200, f"<{name}Response>{inner}</{name}Response>".encode(), "text/xml")
    return Answer(200, json.dumps(result).encode(), "application/x-amz-json-1.0")


def failure(protocol: Protocol, refusal: Refusal) -> Answer:
    """The answer to a call that was refused."""
    if protocol == "query":
        told = _xml({"Type": "Sender", "Code": refusal.code, "Message": refusal.message})
        return Answer(refusal.status, f"<ErrorResponse><Error>{told}</Error></ErrorResponse>".encode(), "text/xml")
    headers = {"x-amzn-ErrorType": refusal.code}
    body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    return Answer(refusal.status, body, "application/x-amz-json-1.0", headers)


def _of_lambda(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
    address = urlsplit(target)
    for wanted, pattern, operation in ROUTES:
        found = pattern.fullmatch(address.path) if method == wanted else None
        if found is None:
            continue
        parameters: dict[str, Any] = {key: unquote(value) for key, value in found.groupdict().items()}
        parameters |= dict(parse_qsl(address.query))
        if operation == "Invoke":
            kind = headers.get("x-amz-invocation-type", "RequestResponse")
            parameters |= {"Payload": body.decode(), "InvocationType": kind}
        elif body:
            parameters |= json.loads(body)
        return Asked("rest", operation, parameters)
    raise Refusal("UnknownOperationException", f"{method} {address.path}", 404)


def _unflattened(form: dict[str, str]) -> dict[str, Any]:
    """`Tags.member.1.Key=a` as AWS's query protocol writes lists of structures; all else stays as it is."""
    plain: dict[str, Any] = {}
    members: dict[str, dict[int, dict[str, str]]] = {}
    for key, value in form.items():
        if ".member." not in key:
            plain[key] = value
            continue
        name, place = key.split(".member.")
        number, part = place.split(".")
        members.setdefault(name, {}).setdefault(int(number), {})[part] = value
    return plain | {name: [rows[number] for number in sorted(rows)] for name, rows in members.items()}


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(inner)}</member>" for inner in value)
    return escape(str(value))
