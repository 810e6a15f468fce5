"""Lambda in the stub: functions, versions, aliases and invocations. A change is in progress for `settles_after_s`."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.aws_stub.orders import Refusal
from tests.aws_stub.roles import ACCOUNT, Roles

PREFIX = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
ROLE_REFUSED = "The role defined for the function cannot be assumed by Lambda."
SETTABLE = (
    "Runtime",
    "Handler",
    "Role",
    "MemorySize",
    "Timeout",
    "Environment",
    "EphemeralStorage",
    "DeadLetterConfig",
)

Handler = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(slots=True)
class Function:
    """A function: what $LATEST is now, and what was published of it."""

    name: str
    configuration: dict[str, Any]
    code_sha256: str
    tags: dict[str, str]
    architectures: list[str] = field(default_factory=lambda: ["x86_64"])
    layers: list[str] = field(default_factory=list)
    made_at: float = field(default_factory=time.monotonic)
    changed_at: float = 0.0
    versions: list[dict[str, Any]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    weights: dict[str, dict[str, float]] = field(default_factory=dict)


class Functions:
    """All functions by name; `handler` is what every invocation of any of them does with its payload."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._known: dict[str, Function] = {}
        self.settles_after_s = self.appears_after_s = 0.0
        self.page = 50
        self.handler: Callable[[str], str] = lambda payload: payload

    def operations(self) -> dict[str, Handler]:
        """What can be asked."""
        return {
            "GetFunction": self._get,
            "CreateFunction": self._create,
            "UpdateFunctionCode": self._update_code,
            "UpdateFunctionConfiguration": self._update_configuration,
            "PublishVersion": self._publish,
            "ListVersionsByFunction": self._list_versions,
            "GetAlias": lambda asked: self._alias(asked, self._find(asked).aliases.get(asked["Name"])),
            "CreateAlias": self._point_alias,
            "UpdateAlias": self._point_alias,
            "Invoke": self._invoke,
            "DeleteFunction": self._delete,
            "GetPolicy": self._policy,
            "ListEventSourceMappings": lambda _: {"EventSourceMappings": []},
        }

    def names(self) -> list[str]:
        """Of those there are."""
        return list(self._known)

    def clear(self) -> None:
        """As if there had never been one."""
        self._known.clear()
        self.settles_after_s, self.appears_after_s, self.page = 0.0, 0.0, 50
        self.handler = lambda payload: payload

    def _get(self, asked: dict[str, Any]) -> dict[str, Any]:
        found, qualifier = self._find(asked), asked.get("Qualifier", "$LATEST")
        if qualifier == "$LATEST":
            return {"Configuration": self._described(found), "Tags": found.tags}
        number = found.aliases.get(qualifier, qualifier)
        told = next((version for version in found.versions if version["Version"] == number), None)
        if told is None:
            raise _not_found(f"{PREFIX}{found.name}:{qualifier}")
        return {"Configuration": told}

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["FunctionName"]
        if name in self._known:
            raise Refusal("ResourceConflictException", f"Function already exist: {name}", 409)
        self._check_role(asked["Role"])
        configuration = {key: asked[key] for key in SETTABLE if key in asked}
        made = self._known[name] = Function(name, configuration, _digest(asked["Code"]), asked.get("Tags", {}))
        made.architectures, made.layers = asked.get("Architectures", ["x86_64"]), asked.get("Layers", [])
        return self._described(made)

    def _update_code(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._change(asked)
        found.code_sha256, found.architectures = _digest(asked), asked.get("Architectures", found.architectures)
        return self._described(found)

    def _update_configuration(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._check_role(asked["Role"])
        found = self._change(asked)
        found.configuration |= {key: asked[key] for key in SETTABLE if key in asked}
        found.layers = asked.get("Layers", found.layers)
        return self._described(found)

    def _change(self, asked: dict[str, Any]) -> Function:
        found = self._find(asked)
        self._check_settled(found)
        found.changed_at = time.monotonic()
        return found

    def _publish(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked)
        self._check_settled(found)
        told = self._described(found)
        if found.versions and _content(found.versions[-1]) == _content(told):
            return found.versions[-1]
        number = str(len(found.versions) + 1)
        published = told | {"Version": number, "FunctionArn": f"{PREFIX}{found.name}:{number}"}
        found.versions.append(published)
        return published

    def _list_versions(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked)
        rows = [self._described(found), *found.versions]
        begin = int(asked.get("Marker", 0))
        end = begin + self.page
        return {"Versions": rows[begin:end]} | ({"NextMarker": str(end)} if end < len(rows) else {})

    def _point_alias(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked)
        found.aliases[asked["Name"]] = asked["FunctionVersion"]
        if "RoutingConfig" in asked:
            found.weights[asked["Name"]] = asked["RoutingConfig"].get("AdditionalVersionWeights", {})
        return self._alias(asked, asked["FunctionVersion"])

    def _alias(self, asked: dict[str, Any], version: str | None) -> dict[str, Any]:
        arn = f"{PREFIX}{asked['FunctionName']}:{asked['Name']}"
        if version is None:
            raise _not_found(arn)
        weights = self._find(asked).weights.get(asked["Name"])
        routing = {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}
        return {"AliasArn": arn, "Name": asked["Name"], "FunctionVersion": version, **routing}

    def _invoke(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked)
        told: dict[str, Any] = {"ExecutedVersion": "$LATEST", "Payload": "", "StatusCode": 202}
        if asked.get("InvocationType") == "Event":
            return told
        try:
            payload, error = self.handler(asked["Payload"]), ""
        except Exception as raised:
            payload = json.dumps({"errorType": type(raised).__name__, "errorMessage": str(raised)})
            error = "Unhandled"
        log = base64.b64encode(f"START {found.name}\nEND\n".encode()).decode()
        return told | {"StatusCode": 200, "Payload": payload, "FunctionError": error, "LogResult": log}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        del self._known[self._find(asked).name]
        return {}

    def _policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        """None has one: nothing here gives permissions."""
        raise _not_found(PREFIX + self._find(asked).name)

    def _find(self, asked: dict[str, Any]) -> Function:
        name = asked["FunctionName"].removeprefix(PREFIX).split(":")[0]
        found = self._known.get(name)
        if found is None or time.monotonic() - found.made_at < self.appears_after_s:
            raise _not_found(PREFIX + name)
        return found

    def _check_role(self, arn: str) -> None:
        if not self._roles.can_assume(arn):
            raise Refusal("InvalidParameterValueException", ROLE_REFUSED)

    def _check_settled(self, found: Function) -> None:
        if not self._is_settled(found):
            arn = PREFIX + found.name
            raise Refusal(
                "ResourceConflictException",
                f"The operation cannot be performed at this time. An update is in progress for resource: {arn}",
                409,
            )

    def _is_settled(self, found: Function) -> bool:
        return time.monotonic() - max(found.made_at, found.changed_at) >= self.settles_after_s

    def _described(self, found: Function) -> dict[str, Any]:
        is_settled = self._is_settled(found)
        is_new = not found.changed_at
        return found.configuration | {
            "FunctionName": found.name,
            "FunctionArn": PREFIX + found.name,
            "Version": "$LATEST",
            "CodeSha256": found.code_sha256,
            "Architectures": found.architectures,
            "Layers": [{"Arn": arn} for arn in found.layers],
            "RevisionId": str(uuid.uuid4()),
            "State": "Active" if is_settled or not is_new else "Pending",
            "LastUpdateStatus": "Successful" if is_settled else "InProgress",
        }


def _digest(code: dict[str, Any]) -> str:
    package = base64.b64decode(code["ZipFile"])
    return base64.b64encode(hashlib.sha256(package).digest()).decode()


def _content(described: dict[str, Any]) -> dict[str, Any]:
    return {key: described.get(key) for key in (*SETTABLE, "CodeSha256", "Architectures", "Layers")}


def _not_found(arn: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"Function not found: {arn}", 404)
