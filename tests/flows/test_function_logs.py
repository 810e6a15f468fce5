"""A function's log on its page and by REST: read by a worker, searched by text and request id, and followed."""

import json

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import UserFactory
from tests.fixtures_aws import EmbeddedAws
from tests.flows.waiting import until
from workflows import log_lines, packaging
from workflows.jobs import deployments as jobs
from workflows.jobs import function_logs as reading
from workflows.models import Deployment, Environment, Function, LogSearch
from workflows.packaging import FunctionDefinition
from workflows.services import access, definitions, deployments, function_logs
from workflows.services.function_logs import Search

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

HANDLER = b"""def handler(event, context):
    print("SAID " + event["word"])
    print("<b>token</b> AAAAKgAAAA" + "B" * 300)
    return event
"""


class Talker:
    """A deployed function that says a word, and somebody who reads its log."""

    def __init__(self, environment: Environment, aws: EmbeddedAws) -> None:
        self.environment, self.aws = environment, aws
        definition = FunctionDefinition("Talker", "python3.12", "handler.handler", 128, 10)
        package = packaging.zip_of([("handler.py", HANDLER, False)])
        revision = definitions.save_function(definition, package, by=None).revision
        self.function: Function = revision.function
        deployments.request(revision, environment, by=None)
        until(lambda: not jobs.drain() and not Deployment.objects.filter(finished_at=None).exists())

    def say(self, word: str) -> str:
        """Invoke it; give the request id."""
        name = f"{self.environment.name_prefix}Talker:live"
        answer = self.aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"word": word}))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return str(answer["ResponseMetadata"]["RequestId"])

    def read(self, search: Search) -> LogSearch:
        """Look, and let a worker read."""
        function_logs.ask(self.environment, self.function, search)
        reading.drain()
        return function_logs.find(self.environment, self.function, search)

    def await_lines(self, search: Search, holding: str) -> list[str]:
        """Look until a line holds this; give the texts."""
        found: list[str] = []

        def is_there() -> bool:
            LogSearch.objects.update(next_read_at=None)
            LogSearch.objects.filter(read_at__isnull=False).update(next_read_at="2026-01-01T00:00:00Z")
            row = self.read(search)
            assert row.problem == ""
            found[:] = [line["text"] for line in row.lines]
            return any(holding in line for line in found)

        until(is_there)
        return found


@pytest.fixture
def talker(environment: Environment, embedded_aws: EmbeddedAws) -> Talker:
    return Talker(environment, embedded_aws)


def test_lines_are_found_by_time_text_and_request_id(talker: Talker, client: Client) -> None:
    assert talker.read(Search()).lines == []
    talker.say("apples")
    talker.say("pears")
    every = talker.await_lines(Search(), "SAID pears")
    assert "SAID apples" in every
    assert not any("AAAAKgAAAA" in line for line in every)  # a task token is shown nowhere

    assert talker.await_lines(Search(text="SAID pe"), "SAID pears") == ["SAID pears"]
    assert talker.read(Search(text="said pears")).lines == []
    row = function_logs.find(talker.environment, talker.function, Search())
    of_pears = {one.request_id for one in log_lines.read(row.lines) if one.text == "SAID pears"}
    [request_id] = of_pears
    of_request = talker.await_lines(Search(request_id=request_id), "SAID pears")
    assert of_request[0].startswith(f"START RequestId: {request_id}")
    assert "SAID apples" not in of_request
    assert any(line.startswith("REPORT") for line in of_request)

    # Following: what is said later comes to what was read before, and nothing twice.
    talker.say("plums")
    after = talker.await_lines(Search(), "SAID plums")
    assert [line for line in after if line.startswith("SAID")] == ["SAID apples", "SAID pears", "SAID plums"]

    viewer = UserFactory.create(role="viewer")
    client.force_login(viewer)
    page = text(client.get("/functions/Talker/log"))
    assert "SAID plums" in page
    assert "<b>token" not in page
    live = client.get("/functions/Talker/log?follow=on", headers={"HX-Request": "true"})
    assert 'data-live-every="2"' in text(live)
    _, token = access.issue_token(viewer, "ci", by=viewer)
    headers = {"Authorization": f"Bearer {token}"}
    told = client.get("/api/v1/functions/Talker/logs", {"text": "SAID pe"}, headers=headers).json()
    assert [(one["text"], one["request_id"]) for one in told["lines"]] == [("SAID pears", request_id)]


def test_what_was_never_deployed_says_so_and_asks_nobody(environment: Environment, client: Client) -> None:
    definition = FunctionDefinition("Silent", "python3.12", "handler.handler", 128, 10)
    package = packaging.zip_of([("handler.py", HANDLER, False)])
    definitions.save_function(definition, package, by=None)
    client.force_login(UserFactory.create(role="viewer"))
    assert "never deployed" in text(client.get("/functions/Silent/log"))
    assert not LogSearch.objects.exclude(next_read_at=None).exists()


def test_a_page_that_has_the_newest_is_not_sent_again(talker: Talker, client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    assert "A worker is reading CloudWatch" in text(client.get("/functions/Talker/log"))
    reading.drain()
    row = LogSearch.objects.get()
    headers = {"HX-Request": "true"}
    assert client.get(f"/functions/Talker/log?version={row.version}", headers=headers).status_code == 204
    assert "Nothing was logged" in text(client.get("/functions/Talker/log?version=older", headers=headers))
