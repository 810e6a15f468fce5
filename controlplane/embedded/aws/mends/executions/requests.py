"""What requests about machines and executions have in common: how one is refused, which names and ARNs there are."""

import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions as sf

# 1 to 80 characters, none of those that AWS lists.
_NAME = re.compile(r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}""")
Answering = Callable[[dict[str, Any]], Any]


def refusing(handle: Answering, problem_of: Answering) -> Answering:
    """The request as ministack handles it, unless there is a problem."""
    return lambda data: problem_of(data) or handle(data)


def problem_of_name(data: dict[str, Any]) -> Any:
    """InvalidName, if a name is given that AWS does not take."""
    name = data.get("name")
    if name is None or (isinstance(name, str) and _NAME.fullmatch(name)):
        return None
    return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)


def source(arn: str) -> dict[str, Any] | None:
    """What runs for a machine, version or alias ARN: definition and role as published, and the ARNs asked for."""
    machine_arn = sf._resolve_state_machine_arn(arn)
    machine = sf._state_machines.get(machine_arn) if machine_arn else None
    if machine is None:
        return None
    version_arn = sf._execution_version_arn(arn)
    version = sf._state_machine_versions.get(version_arn) or {}
    return {
        "machine": machine,
        "definition": version.get("definition") or machine["definition"],
        "roleArn": version.get("roleArn") or machine["roleArn"],
        "encryption": version.get("encryptionConfiguration") or machine.get("encryptionConfiguration"),
        "stateMachineVersionArn": version_arn,
        "stateMachineAliasArn": arn if arn in sf._state_machine_aliases else None,
    }
