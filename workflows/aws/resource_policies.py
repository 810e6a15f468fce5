"""Who may invoke a function beside roles: the statements of its resource policy, mostly of an alias's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.aws.clients import Target, calling, client
from workflows.aws.errors import NotFound


@dataclass(frozen=True, slots=True)
class Grant:
    """One service may invoke, in the name of one source; or whoever else `service` names, of what others gave."""

    id: str
    service: str
    source_arn: str
    account_id: str

    def __str__(self) -> str:
        return f"{self.service} may invoke it{f' as {self.source_arn}' if self.source_arn else ''}"


def list_grants(target: Target, name: str, alias: str | None) -> list[Grant]:
    """Who may invoke the alias `alias` of a function, or the function itself; nobody where it has no policy."""
    which = {"FunctionName": name} | ({"Qualifier": alias} if alias else {})
    try:
        with calling("lambda:GetPolicy"):
            text = client(target, "lambda").get_policy(**which)["Policy"]
    except NotFound:
        return []
    return [_grant(statement) for statement in json.loads(text)["Statement"]]


def add_grant(target: Target, name: str, alias: str, grant: Grant) -> None:
    """Let a service invoke the alias. Transient: also where a statement of that id is there already."""
    account = {"SourceAccount": grant.account_id} if grant.account_id else {}
    with calling("lambda:AddPermission"):
        client(target, "lambda").add_permission(
            FunctionName=name,
            Qualifier=alias,
            StatementId=grant.id,
            Action="lambda:InvokeFunction",
            Principal=grant.service,
            SourceArn=grant.source_arn,
            **account,
        )


def remove_grant(target: Target, name: str, alias: str, statement_id: str) -> None:
    """Let it no more; nothing where it is not there."""
    try:
        with calling("lambda:RemovePermission"):
            client(target, "lambda").remove_permission(FunctionName=name, Qualifier=alias, StatementId=statement_id)
    except NotFound:
        return


def _grant(statement: Mapping[str, Any]) -> Grant:
    return Grant(
        id=statement.get("Sid", ""),
        service=_principal(statement.get("Principal", "")),
        source_arn=_condition(statement, "aws:sourcearn"),
        account_id=_condition(statement, "aws:sourceaccount"),
    )


def _principal(given: Mapping[str, Any] | str) -> str:
    """Who it is: a service, `*` for anybody, or the ARNs of accounts, users and roles."""
    if not isinstance(given, Mapping):
        return str(given)
    each = (one if isinstance(one, list) else [one] for one in given.values())
    return ", ".join(str(one) for some in each for one in some)


def _condition(statement: Mapping[str, Any], key: str) -> str:
    """The value of a condition key, whatever operator it stands under; IAM does not tell capitals apart."""
    for values in statement.get("Condition", {}).values():
        for name, value in values.items():
            if name.lower() == key:
                return str(value)
    return ""
