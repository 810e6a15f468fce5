"""IAM: the roles functions and state machines run as, each with one inline policy of ours, and what others added."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from workflows.aws.clients import Target, calling, client, pages
from workflows.aws.errors import NotFound


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it is in AWS."""

    arn: str
    trust: dict[str, Any]
    tags: dict[str, str]
    boundary_arn: str


def get_role(target: Target, name: str) -> Role | None:
    """A role with its tags, or None."""
    iam = client(target, "iam")
    try:
        with calling("iam:GetRole"):
            found = iam.get_role(RoleName=name)["Role"]
        with calling("iam:ListRoleTags"):
            tags = iam.list_role_tags(RoleName=name)["Tags"]
    except NotFound:
        return None
    return Role(
        arn=found["Arn"],
        trust=_document(found["AssumeRolePolicyDocument"]),
        tags={tag["Key"]: tag["Value"] for tag in tags},
        boundary_arn=found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
    )


def create_role(
    target: Target, *, name: str, path: str, trust: dict[str, Any], tags: dict[str, str], boundary_arn: str
) -> str:
    """Make a role; give its ARN. It may take seconds until a service can assume it. Conflict: the name is taken."""
    boundary = {"PermissionsBoundary": boundary_arn} if boundary_arn else {}
    with calling("iam:CreateRole"):
        answer = client(target, "iam").create_role(
            RoleName=name,
            Path=path,
            AssumeRolePolicyDocument=json.dumps(trust),
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            Description="Made by Signalbox.",
            **boundary,
        )
    arn: str = answer["Role"]["Arn"]
    return arn


def update_trust(target: Target, name: str, trust: dict[str, Any]) -> None:
    """Say anew who may assume a role."""
    with calling("iam:UpdateAssumeRolePolicy"):
        client(target, "iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))


def get_policy(target: Target, role: str, name: str) -> dict[str, Any] | None:
    """An inline policy of a role, or None."""
    try:
        with calling("iam:GetRolePolicy"):
            found = client(target, "iam").get_role_policy(RoleName=role, PolicyName=name)
    except NotFound:
        return None
    return _document(found["PolicyDocument"])


def list_policies(target: Target, role: str) -> list[str]:
    """What a role has: the names of its inline policies, then the ARNs of those that are attached. Raises NotFound."""
    iam = client(target, "iam")
    inline = _listed("iam:ListRolePolicies", iam.list_role_policies, "PolicyNames", role)
    attached = _listed("iam:ListAttachedRolePolicies", iam.list_attached_role_policies, "AttachedPolicies", role)
    return [*inline, *(one["PolicyArn"] for one in attached)]


def _listed(operation: str, call: Callable[..., Any], rows: str, role: str) -> list[Any]:
    return [one for page in pages(operation, call, rows, mark="Marker", RoleName=role) for one in page]


def put_policy(target: Target, role: str, name: str, policy: dict[str, Any]) -> None:
    """Put an inline policy into a role, in place of the one of that name."""
    with calling("iam:PutRolePolicy"):
        client(target, "iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


def delete_policy(target: Target, role: str, name: str) -> None:
    """Take an inline policy from a role; nothing where it is not there."""
    try:
        with calling("iam:DeleteRolePolicy"):
            client(target, "iam").delete_role_policy(RoleName=role, PolicyName=name)
    except NotFound:
        return


def delete_role(target: Target, name: str) -> None:
    """Do away with a role; nothing where there is none. Conflict: it has policies still."""
    try:
        with calling("iam:DeleteRole"):
            client(target, "iam").delete_role(RoleName=name)
    except NotFound:
        return


def _document(given: dict[str, Any] | str) -> dict[str, Any]:
    """botocore decodes policy documents; where an emulator sends them otherwise, they are decoded here."""
    if isinstance(given, dict):
        return given
    document: dict[str, Any] = json.loads(unquote(given))
    return document
