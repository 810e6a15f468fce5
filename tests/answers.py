"""Reading what a view answered."""

import re
from typing import Any

# Notices that stand ready in every page, for its script to show.
READY = re.compile(r"<template.*?</template>", re.DOTALL)


def text(response: Any) -> str:
    """The body as text, as it is shown."""
    return READY.sub("", response.content.decode())
