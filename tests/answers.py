"""Reading what a view answered."""

from typing import Any


def text(response: Any) -> str:
    """The body as text."""
    return str(response.content.decode())
