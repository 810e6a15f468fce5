"""IAM and STS in the stub: roles with inline policies. A new role can be assumed only after `assumable_after_s`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.aws_stub.orders import Refusal

ACCOUNT = "123456789012"

Handler = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(slots=True)
class Role:
    """A role."""

    name: str
    path: str
    trust: str
    tags: list[dict[str, str]]
    boundary_arn: str
    made_at: float = field(default_factory=time.monotonic)
    policies: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role{self.path}{self.name}"


class Roles:
    """All roles by name."""

    def __init__(self) -> None:
        self._known: dict[str, Role] = {}
        self.assumable_after_s = 0.0
        self.appears_after_s = 0.0

    def operations(self) -> dict[str, Handler]:
        """What can be asked."""
        return {
            "GetRole": lambda asked: {"Role": _described(self._find(asked))},
            "ListRoleTags": lambda asked: {"Tags": self._find(asked).tags, "IsTruncated": "false"},
            "CreateRole": self._create,
            "UpdateAssumeRolePolicy": self._update_trust,
            "GetRolePolicy": self._get_policy,
            "ListRolePolicies": lambda asked: {"PolicyNames": [*self._find(asked).policies], "IsTruncated": "false"},
            "ListAttachedRolePolicies": self._list_attached,
            "PutRolePolicy": self._put_policy,
            "DeleteRolePolicy": self._delete_policy,
            "DeleteRole": self._delete,
            "GetCallerIdentity": lambda _: {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/w", "UserId": "w"},
            "AssumeRole": self._assume,
        }

    def can_assume(self, arn: str) -> bool:
        """Whether a service can assume the role by now."""
        role = self._known.get(arn.rsplit("/", 1)[-1])
        return role is not None and time.monotonic() - role.made_at >= self.assumable_after_s

    def clear(self) -> None:
        """As if there had never been one."""
        self._known.clear()
        self.assumable_after_s = self.appears_after_s = 0.0

    def _find(self, asked: dict[str, Any]) -> Role:
        found = self._known.get(asked["RoleName"])
        if found is None or time.monotonic() - found.made_at < self.appears_after_s:
            raise Refusal("NoSuchEntity", f"The role with name {asked['RoleName']} cannot be found.", 404)
        return found

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["RoleName"]
        if name in self._known:
            raise Refusal("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
        role = self._known[name] = Role(
            name,
            asked.get("Path", "/"),
            asked["AssumeRolePolicyDocument"],
            asked.get("Tags", []),
            asked.get("PermissionsBoundary", ""),
        )
        return {"Role": _described(role)}

    def _update_trust(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._find(asked).trust = asked["PolicyDocument"]
        return {}

    def _list_attached(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._find(asked)
        return {"AttachedPolicies": [], "IsTruncated": "false"}

    def _get_policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._find(asked).policies.get(asked["PolicyName"])
        if found is None:
            raise Refusal("NoSuchEntity", f"The role policy with name {asked['PolicyName']} cannot be found.", 404)
        return {"RoleName": asked["RoleName"], "PolicyName": asked["PolicyName"], "PolicyDocument": quote(found)}

    def _put_policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._find(asked).policies[asked["PolicyName"]] = asked["PolicyDocument"]
        return {}

    def _delete_policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._get_policy(asked)
        del self._find(asked).policies[asked["PolicyName"]]
        return {}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        role = self._find(asked)
        if role.policies:
            raise Refusal("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
        del self._known[role.name]
        return {}

    def _assume(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Any role may be assumed by the worker; its session's key id tells which it was."""
        until = datetime.now(UTC) + timedelta(seconds=int(asked["DurationSeconds"]))
        session = asked["RoleSessionName"]
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA-{session}",
                "SecretAccessKey": f"secret-of-{session}",
                "SessionToken": f"token-of-{session}",
                "Expiration": until.isoformat(),
            },
            "AssumedRoleUser": {"AssumedRoleId": f"AROA:{session}", "Arn": f"{asked['RoleArn']}/{session}"},
        }


def _described(role: Role) -> dict[str, Any]:
    told: dict[str, Any] = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": f"AROA{role.name}",
        "Arn": role.arn,
        "CreateDate": datetime.now(UTC).isoformat(),
        "AssumeRolePolicyDocument": quote(role.trust),
    }
    if role.boundary_arn:
        told["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": role.boundary_arn}
    return told
