"""The tester of an inbound hook: what is pasted is shown as it is understood, and what is not understood is told."""

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import InboundHookFactory, UserFactory
from transactions.models import InboundHook, Transaction

pytestmark = pytest.mark.django_db
MAPPINGS = {
    "paths": "CustomerId = $.name\nTransactionType = PURCHASE\nAmount = 1",
    "jsonata": '{"CustomerId": $body.name, "TransactionType": "PURCHASE", "Amount": 1}',
}


@pytest.fixture
def page(client: Client) -> Client:
    InboundHookFactory.create(slug="shop", scheme="bearer", secret="s3cret")
    client.force_login(UserFactory.create(role="viewer"))
    return client


@pytest.mark.parametrize("language", MAPPINGS)
def test_the_input_that_is_made_has_its_characters_as_they_are(page: Client, language: str) -> None:
    InboundHook.objects.update(language=language, mapping=MAPPINGS[language])
    typed = {"headers": "Authorization: Bearer s3cret", "body": '{"name": "Müller 😀"}'}
    shown = text(page.post("/hooks/inbound/shop/test", typed)).partition("<table")[2].partition("</table")[0]
    assert "Müller 😀" in shown and "\\u" not in shown
    sent = page.post("/hooks/in/shop", typed["body"], "application/json", headers={"Authorization": "Bearer s3cret"})
    assert sent.status_code == 202
    assert "Müller 😀" in Transaction.objects.get().input


def test_half_a_character_that_an_expression_made_is_no_input(page: Client) -> None:
    InboundHook.objects.update(language="jsonata", mapping=r'{"CustomerId": "\ud83d"}')
    answer = page.post("/hooks/inbound/shop/test", {"headers": "", "body": "{}"})
    assert answer.status_code == 200
    assert "Half of a surrogate pair" in answer.context["stages"][-1].sentence


@pytest.mark.parametrize(
    ("headers", "line"),
    [("Authorization: Bearer s3cret\n\nno header", 3), ("POST /hook HTTP/1.1\nHost: here", 1), (": v", 1)],
)
def test_a_line_that_is_no_header_is_named_and_nothing_is_judged_without_it(
    page: Client, headers: str, line: int
) -> None:
    answer = page.post("/hooks/inbound/shop/test", {"headers": headers, "body": "{}"})
    assert answer.status_code == 422
    assert f"Line {line} is no header: write it as Name: value." in text(answer)
    assert "<td" not in text(answer)
    assert headers in text(answer)  # what was typed stays
