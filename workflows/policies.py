"""PURE: names and ARNs of what is made in AWS, and the least a role must be allowed for it.

A policy is a plain dict in IAM's own form; `same` compares one as wanted with one as read back.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows import calls, iam_services
from workflows.calls import INVOKE

ALIAS = "live"
ROLE_PATH = "/signalbox/"
POLICY_NAME = "signalbox"
OWNER_TAG = "signalbox:install"
ACTION = re.compile(r"[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+")
PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_-]{1,40})\}")
VERSION = "2012-10-17"
NO_ACTION = "is no action: one is written as service and action, as in s3:GetObject"
GIVES_RIGHTS = ("iam", "sts", "organizations", "account", "sso", "sso-directory", "identitystore")
POLLING = {
    "sqs": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "dynamodb": ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"],
}

HANDS_ON = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are made: one account and region, with the prefix of every name there.

    `functions` and `machines` are what was adopted: by its name here, what it is called there.
    """

    account_id: str
    region: str
    prefix: str
    functions: Mapping[str, str] = field(default_factory=dict, hash=False)
    machines: Mapping[str, str] = field(default_factory=dict, hash=False)

    def name(self, name: str) -> str:
        """What something that is made from here is called there."""
        return f"{self.prefix}{name}"

    def function_name(self, name: str) -> str:
        """What a function is called there."""
        return self.functions.get(name) or self.name(name)

    def machine_name(self, name: str) -> str:
        """What a state machine is called there."""
        return self.machines.get(name) or self.name(name)

    def function_arn(self, name: str) -> str:
        """A function's own ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{self.function_name(name)}"

    def alias_arn(self, name: str) -> str:
        """The ARN that always leads to the version in force: what definitions call."""
        return f"{self.function_arn(name)}:{ALIAS}"

    def machine_arn(self, name: str) -> str:
        """A state machine's own ARN."""
        return f"arn:aws:states:{self.region}:{self.account_id}:stateMachine:{self.machine_name(name)}"

    def role_name(self, kind: str, name: str) -> str:
        """The role of a function or a workflow (`kind`); at most 64 characters, as IAM wants it."""
        return f"{self.prefix}{kind}-{name}"[:64]

    def role_arn(self, kind: str, name: str) -> str:
        """The ARN of that role."""
        return f"arn:aws:iam::{self.account_id}:role{ROLE_PATH}{self.role_name(kind, name)}"

    def log_group(self, name: str) -> str:
        """Where a function writes its log."""
        return f"/aws/lambda/{self.function_name(name)}"


def names_in(text: str) -> list[str]:
    """The functions named by `${...}` in a text, each once, in order."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def invoked_by(permissions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The functions that declared permissions let invoke, as they name them."""
    resources = (resource for one in permissions if INVOKE in one["actions"] for resource in one["resources"])
    return list(dict.fromkeys(name for resource in resources for name in names_in(resource)))


def put_arns(text: str, place: Place) -> str:
    """The text with the ARN of each named function in place of `${...}`."""
    return PLACEHOLDER.sub(lambda found: place.alias_arn(found[1]), text)


def put_names(text: str, place: Place) -> str:
    """The text with the name in AWS of each function in place of `${...}`: what a function's environment gets."""
    return PLACEHOLDER.sub(lambda found: place.function_name(found[1]), text)


def trust(service: str) -> dict[str, Any]:
    """Who may assume a role: one AWS service, such as lambda.amazonaws.com."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def of_function(
    name: str,
    permissions: Iterable[Mapping[str, Any]],
    place: Place,
    polled: Iterable[str] = (),
    *,
    dead_letter_arn: str = "",
    on_failure_arn: str = "",
) -> dict[str, Any]:
    """What a function's role may do: write its own log, have `polled` read for it, and what its definition declares.

    `polled` are the ARNs of the queues and streams that Lambda reads in the name of the role; to `dead_letter_arn`
    and `on_failure_arn` it hands on what could not be handled.
    """
    logs = f"arn:aws:logs:{place.region}:{place.account_id}:log-group:{place.log_group(name)}"
    statements = [
        {
            "Sid": "OwnLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [logs, f"{logs}:*"],
        }
    ]
    statements += [
        {"Sid": f"Trigger{number}", "Effect": "Allow", "Action": POLLING[arn.split(":")[2]], "Resource": [arn]}
        for number, arn in enumerate(polled, 1)
    ]
    for sid, arn in (("DeadLetter", dead_letter_arn), ("OnFailure", on_failure_arn)):
        if arn:
            action = HANDS_ON[arn.split(":")[2]]
            statements.append({"Sid": sid, "Effect": "Allow", "Action": [action], "Resource": [arn]})
    for number, permission in enumerate(permissions, 1):
        resources = [resource for given in permission["resources"] for resource in _resources(given, place)]
        statements.append(
            {
                "Sid": f"Declared{number}",
                "Effect": "Allow",
                "Action": list(permission["actions"]),
                "Resource": resources,
            }
        )
    return {"Version": VERSION, "Statement": statements}


def together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What either allows; the statements of `other` keep their ids."""
    own = list(other.get("Statement", []))
    known = _canonical({"Statement": [_nameless(each) for each in own]})
    beside = [each for each in one.get("Statement", []) if _canonical({"Statement": [_nameless(each)]})[0] not in known]
    return {"Version": VERSION, "Statement": own + [each | {"Sid": f"Live{each.get('Sid', '')}"} for each in beside]}


def _nameless(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "Sid"}


def _resources(given: str, place: Place) -> list[str]:
    """`${Function}` alone stands for the function, however it is qualified; anything else is an ARN, kept as it is."""
    if found := PLACEHOLDER.fullmatch(given):
        arn = place.function_arn(found[1])
        return [arn, f"{arn}:*"]
    return [given]


def of_workflow(name: str, definition: str, place: Place) -> dict[str, Any]:
    """What a state machine's role may do: call exactly what its definition names."""
    named = [place.alias_arn(function) for function in names_in(definition)]
    needed: dict[tuple[str, ...], list[str]] = {(INVOKE,): named} if named else {}
    for right in calls.of(definition, _home(name, place))[0]:
        needed.setdefault(right.actions, []).extend(right.resources)
    statements = [
        {
            "Sid": "Invoke" if actions == (INVOKE,) else f"Call{number}",
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": list(dict.fromkeys(resources)),
        }
        for number, (actions, resources) in enumerate(sorted(needed.items()))
    ]
    return {"Version": VERSION, "Statement": statements}


def not_allowed(name: str, definition: str, place: Place) -> list[str]:
    """What a state machine calls and its role, made here, does not allow, a sentence for each."""
    return list(dict.fromkeys(map(str, calls.of(definition, _home(name, place))[1])))


def _home(name: str, place: Place) -> calls.Home:
    return calls.Home(place.region, place.account_id, place.machine_arn(name))


def refusal(action: str) -> str:
    """Why an action is not granted at all, in words; empty for all others, of which `wildcards` may warn."""
    if not any(letter in action for letter in "*?"):
        return "" if ACTION.fullmatch(action) else f"“{action}” {NO_ACTION}"
    service, colon, _ = action.partition(":")
    if not colon or any(letter in service for letter in "*?"):
        return f"{action} is every action of every service: name the service, as in s3:Get*"
    if service.lower() in GIVES_RIGHTS:
        return f"{action} could give itself any other right: actions of {service} are named one by one"
    return "" if ACTION.fullmatch(action) else f"“{action}” {NO_ACTION}"


def unknown_services(permissions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of declared permissions the actions whose service nobody here knows, a sentence for each."""
    actions = dict.fromkeys(action for one in permissions for action in one["actions"])
    unknown = [action for action in actions if action.partition(":")[0].lower() not in iam_services.KNOWN]
    return [f"{action}: no service is known here by that name. Look whether AWS writes it so." for action in unknown]


def wide(permissions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The same of what a definition declares, wherever it is to be deployed."""
    return wildcards(of_function("", permissions, Place("", "", "")))


def wildcards(policy: Mapping[str, Any]) -> list[str]:
    """What the statements that a definition declares allow beyond what they name, a sentence for each; none is best."""
    found = []
    for statement in policy.get("Statement", []):
        if not str(statement.get("Sid", "")).startswith("Declared"):
            continue
        actions = [action for action in _listed(statement["Action"]) if any(letter in action for letter in "*?")]
        found += [f"{action} allows every action that fits: name those it needs." for action in actions]
        for resource in _listed(statement["Resource"]):
            if _is_everything(resource):
                found.append(f"{resource} is every resource: name those it needs.")
            elif _is_wide(resource):
                found.append(f"{resource} is every one that fits: name those it needs.")
    return list(dict.fromkeys(found))


def _is_everything(resource: str) -> bool:
    """Whether no part of an ARN but the service says which."""
    return resource == "*" or (resource.count(":") >= 5 and resource.split(":", 5)[5] in ("*", "*/*", "function:*"))


def _is_wide(resource: str) -> bool:
    """Whether an ARN stands for many; what lies in one bucket, and all versions of one thing, are meant so."""
    if resource.startswith("arn:aws:s3:::"):
        return any(letter in resource.partition("/")[0] for letter in "*?")
    return any(letter in resource.removesuffix(":*") for letter in "*?")


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two policies mean the same: IAM gives lists of one as the one, and keeps no order."""
    return one is not None and other is not None and _canonical(one) == _canonical(other)


def _canonical(policy: Mapping[str, Any]) -> list[str]:
    statements = policy.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return sorted(json.dumps({key: _listed(value) for key, value in one.items()}, sort_keys=True) for one in listed)


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(one) for key, one in value.items()}
    return sorted(value) if isinstance(value, list) else [value]
