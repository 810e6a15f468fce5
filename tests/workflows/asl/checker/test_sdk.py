"""The names of the SDK's services are those that the installed SDK has, as Step Functions writes them."""

import re

import pytest
from botocore.session import Session

from workflows.asl.checker.sdk import ON_THE_COMMAND_LINE, SERVICES


def on_the_command_line() -> list[str]:
    return Session().get_available_services()  # type: ignore[no-any-return]


def test_every_service_of_the_installed_sdk_is_known_and_no_other() -> None:
    names = on_the_command_line()
    assert ON_THE_COMMAND_LINE.keys() <= set(names)
    assert {ON_THE_COMMAND_LINE.get(name, name.replace("-", "")) for name in names} == SERVICES


@pytest.mark.long  # every model of the SDK is read for its id
def test_a_task_calls_a_service_by_its_id() -> None:
    loader = Session().get_component("data_loader")
    for name in on_the_command_line():
        own = loader.load_service_model(name, "service-2")["metadata"]["serviceId"]
        written = re.sub(r"[^a-z0-9]", "", own.lower()).removesuffix("service")
        assert ON_THE_COMMAND_LINE.get(name, name.replace("-", "")) == written
