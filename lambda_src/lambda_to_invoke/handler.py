"""Is invoked by another function, and says so."""

from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Give back what came, and which function this is."""
    return {"message": "Hello from the invoked function.", "function": context.function_name, "received": event}
