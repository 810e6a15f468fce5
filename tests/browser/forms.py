"""The form that its tests fill in: fields that come and go, rows, a choice."""

import json

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.factories import DeploymentFactory, UserFactory
from transactions.models import Transaction

TEXT = {"type": "string"}
ADDRESS = "/transactions/new?workflow=transaction-processor"
SCHEMA = json.dumps(
    {
        "$defs": {
            "card": {
                "title": "Card",
                "properties": {"method": {"const": "card"}, "number": {**TEXT, "title": "Card number"}},
                "required": ["method", "number"],
            }
        },
        "type": "object",
        "required": ["payment"],
        "properties": {
            "TransactionType": {**TEXT, "title": "Transaction type"},
            "country": {"enum": ["DE", "US"], "title": "Country"},
            "day": {"type": "string", "format": "date", "title": "Day"},
            "at": {"type": "string", "format": "date-time", "title": "Moment"},
            "size": {"enum": ["1", "2", "3", "4", "5"], "title": "Size"},
            "tags": {"type": "array", "items": {**TEXT, "default": "new"}, "title": "Tags", "maxItems": 3},
            "payment": {
                "title": "Payment",
                "oneOf": [
                    {"$ref": "#/$defs/card"},
                    {"title": "Cash", "properties": {"method": {"const": "cash"}}, "required": ["method"]},
                ],
            },
            "rest": {"title": "Rest"},
        },
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"properties": {"state": {**TEXT, "title": "State"}}, "required": ["state"]},
    }
)


def opened(visitor: Visitor) -> Visitor:
    DeploymentFactory.create(workflow_revision__input_schema=SCHEMA)
    visitor.sign_in(UserFactory.create(username="olga"))
    visitor.go(ADDRESS)
    return visitor


def submitted() -> object:
    return json.loads(Transaction.objects.get().input)


def fill_tags(page: Page) -> None:
    """Three, of which the second is taken away again."""
    for row, text in enumerate("abc"):
        page.get_by_role("button", name="Add to Tags").press("Enter")
        page.get_by_label(f"Tags {row + 1}").fill(text)
    page.get_by_role("button", name="Remove Tags 2").click()
    expect(page.get_by_label("Tags 3")).to_have_count(0)
    expect(page.get_by_label("Tags 2")).to_have_value("c")
