"""Step Functions in the stub: state machines, their versions and aliases, with AWS's idempotence."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.aws_stub.orders import Refusal
from tests.aws_stub.roles import Roles

ACCOUNT = "123456789012"
PREFIX = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:"
ROLE_REFUSED = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized "
    "to assume the provided role."
)

Handler = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Version:
    """What a machine held when it was published."""

    arn: str
    definition: str
    role_arn: str
    revision: str


@dataclass(slots=True)
class Machine:
    """A state machine."""

    arn: str
    definition: str
    role_arn: str
    type: str
    tags: dict[str, str]
    made_at: float = field(default_factory=time.time)
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    versions: list[Version] = field(default_factory=list)
    aliases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Machines:
    """All state machines by ARN."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._lock = threading.Lock()
        self._known: dict[str, Machine] = {}
        self.appears_after_s = 0.0

    def operations(self) -> dict[str, Handler]:
        """What can be asked."""
        return {
            "CreateStateMachine": self._create,
            "UpdateStateMachine": self._update,
            "DescribeStateMachine": self.describe,
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
            "ValidateStateMachineDefinition": lambda _: {"result": "OK", "diagnostics": []},
            "PublishStateMachineVersion": self._publish,
            "ListStateMachineVersions": self._list_versions,
            "DescribeStateMachineAlias": self._describe_alias,
            "CreateStateMachineAlias": self._create_alias,
            "UpdateStateMachineAlias": self._update_alias,
        }

    def add(self, name: str, definition: str = "{}") -> str:
        """A machine with one version, for whoever does not want to deploy one first; gives the version's ARN."""
        machine = self._known[PREFIX + name] = Machine(
            PREFIX + name, definition, f"arn:aws:iam::{ACCOUNT}:role/{name}", "STANDARD", {}
        )
        arn: str = self._publish({"stateMachineArn": machine.arn})["stateMachineVersionArn"]
        return arn

    def of(self, arn: str) -> Machine:
        """The machine an ARN belongs to, be it its own or a version's or an alias's."""
        found = self._known.get(":".join(arn.split(":")[:7]))
        if found is None or time.time() - found.made_at < self.appears_after_s:
            raise Refusal("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return found

    def describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A machine, or one of its versions."""
        arn = asked["stateMachineArn"]
        machine = self.of(arn)
        held: Machine | Version = machine
        if arn != machine.arn:
            held = _version(machine, arn)
        return {
            "stateMachineArn": arn,
            "name": machine.arn.rsplit(":", 1)[1],
            "status": "ACTIVE",
            "definition": held.definition,
            "roleArn": held.role_arn,
            "type": machine.type,
            "creationDate": machine.made_at,
            "revisionId": held.revision,
        }

    def clear(self) -> None:
        """As if there had never been one."""
        with self._lock:
            self._known.clear()
        self.appears_after_s = 0.0

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn = PREFIX + asked["name"]
        self._check_role(asked["roleArn"])
        with self._lock:
            known = self._known.get(arn)
            if known and (known.definition, known.type) != (asked["definition"], asked.get("type", "STANDARD")):
                raise Refusal("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
            if known is None:
                tags = {tag["key"]: tag["value"] for tag in asked.get("tags", [])}
                kind = asked.get("type", "STANDARD")
                known = self._known[arn] = Machine(arn, asked["definition"], asked["roleArn"], kind, tags)
        return {"stateMachineArn": arn, "creationDate": known.made_at}

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.of(asked["stateMachineArn"])
        self._check_role(asked.get("roleArn", machine.role_arn))
        with self._lock:
            wanted = (asked.get("definition", machine.definition), asked.get("roleArn", machine.role_arn))
            if wanted != (machine.definition, machine.role_arn):
                machine.definition, machine.role_arn = wanted
                machine.revision = str(uuid.uuid4())
        return {"updateDate": time.time(), "revisionId": machine.revision}

    def _check_role(self, arn: str) -> None:
        if not self._roles.can_assume(arn):
            raise Refusal("AccessDeniedException", ROLE_REFUSED)

    def _list_tags(self, asked: dict[str, Any]) -> dict[str, Any]:
        tags = self.of(asked["resourceArn"]).tags
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _tag(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.of(asked["resourceArn"]).tags.update({tag["key"]: tag["value"] for tag in asked["tags"]})
        return {}

    def _publish(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.of(asked["stateMachineArn"])
        with self._lock:
            newest = machine.versions[-1] if machine.versions else None
            if newest is None or newest.revision != machine.revision:
                arn = f"{machine.arn}:{len(machine.versions) + 1}"
                newest = Version(arn, machine.definition, machine.role_arn, machine.revision)
                machine.versions.append(newest)
        return {"stateMachineVersionArn": newest.arn, "creationDate": time.time()}

    def _list_versions(self, asked: dict[str, Any]) -> dict[str, Any]:
        versions = reversed(self.of(asked["stateMachineArn"]).versions)
        rows = [{"stateMachineVersionArn": version.arn, "creationDate": 0} for version in versions]
        return {"stateMachineVersions": rows[: asked.get("maxResults") or 100]}

    def _describe_alias(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn = asked["stateMachineAliasArn"]
        routing = self._alias(arn)
        return {"stateMachineAliasArn": arn, "name": arn.rsplit(":", 1)[1], "routingConfiguration": routing}

    def _create_alias(self, asked: dict[str, Any]) -> dict[str, Any]:
        routing = asked["routingConfiguration"]
        machine = self.of(routing[0]["stateMachineVersionArn"])
        if machine.aliases.setdefault(asked["name"], routing) != routing:
            raise Refusal("ConflictException", f"The alias {asked['name']} exists.")
        return {"stateMachineAliasArn": f"{machine.arn}:{asked['name']}", "creationDate": time.time()}

    def _update_alias(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn = asked["stateMachineAliasArn"]
        self._alias(arn)
        self.of(arn).aliases[arn.rsplit(":", 1)[1]] = asked["routingConfiguration"]
        return {"updateDate": time.time()}

    def _alias(self, arn: str) -> list[dict[str, Any]]:
        found = self.of(arn).aliases.get(arn.rsplit(":", 1)[1])
        if found is None:
            raise Refusal("ResourceNotFound", f"Resource not found: '{arn}'")
        return found


def _version(machine: Machine, arn: str) -> Version:
    found = next((version for version in machine.versions if version.arn == arn), None)
    if found is None:
        raise Refusal("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return found
