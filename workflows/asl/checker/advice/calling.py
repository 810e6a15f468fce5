"""Tasks that call what Step Functions is not known to offer: AWS may have it by now, so these are warnings."""

import re
from collections.abc import Iterator

from workflows.asl.checker.integrations import SDK, called_by, misnamed
from workflows.asl.checker.offers import OFFERS
from workflows.asl.checker.values import LONGEST_NAME, has_placeholder, warning
from workflows.asl.model import Task
from workflows.asl.problems import Problem

_SDK_SERVICE = re.compile(r"[a-z][a-z0-9]*")


def advise_call(state: Task) -> Iterator[Problem]:
    """What is odd about the service and the action a Task names."""
    called = called_by(state.resource)
    if called is None:
        return
    refused = misnamed(*called)
    if refused:
        if not refused.is_certain:  # else it is an error already
            yield warning("UNKNOWN_INTEGRATION", (state.place, "Resource"), refused.why)
        return
    service, place = called[0], (state.place, "Resource")
    if service == SDK:
        name, _, action = called[1].partition(":")
        if not has_placeholder(name) and not _SDK_SERVICE.fullmatch(name):
            message = f"{name[:LONGEST_NAME]} is no service of the SDK: their names are small letters and digits only."
            yield warning("UNKNOWN_INTEGRATION", place, message)
        elif action[:1].isupper():
            # AWS writes them so in all it documents; whether it refuses another spelling is recorded nowhere.
            small = f"{action[0].lower()}{action[1:LONGEST_NAME]}"
            message = f"AWS writes actions of the SDK with a small first letter: {small}."
            yield warning("UNKNOWN_INTEGRATION", place, message)
    elif service not in OFFERS:
        message = (
            f"{service[:LONGEST_NAME]} is no service known to have an integration of its own, so AWS probably refuses"
            f" this; correct the name, or call the service by its SDK, like arn:aws:states:::{SDK}:s3:listBuckets."
        )
        yield warning("UNKNOWN_INTEGRATION", place, message)
