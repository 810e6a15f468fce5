"""Answers API Gateway: GET ?transactionId=&type=&amount="""

import json
from typing import Any

REQUIRED = ("transactionId", "type", "amount")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take an API Gateway proxy event; give 200 with the parameters, or 400 naming those that are missing."""
    given = event.get("queryStringParameters") or {}
    missing = [name for name in REQUIRED if not given.get(name)]
    if missing:
        return _answer(400, {"message": f"Missing query parameters: {', '.join(missing)}."})
    return _answer(200, {name: given[name] for name in REQUIRED} | {"message": "The transaction was received."})


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
