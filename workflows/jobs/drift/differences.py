"""What can differ between AWS and a deployment, in the words a person reads. Asks nobody anything."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

NONE = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was deployed. `is_acceptable`: what is live can become a revision."""

    field: str
    deployed: str
    live: str
    is_secret: bool = False
    is_acceptable: bool = True

    def as_dict(self, since: str) -> dict[str, Any]:
        """As stored."""
        return {**asdict(self), "since": since}


def compared(deployed: Mapping[str, str], live: Mapping[str, str], **marks: bool) -> Iterator[Difference]:
    """What differs between two lists of settings, field by field."""
    for field in dict.fromkeys([*deployed, *live]):
        was, is_now = deployed.get(field, NONE), live.get(field, NONE)
        if was != is_now:
            yield Difference(field, was, is_now, **marks)


def document(value: Mapping[str, Any] | None) -> str:
    """A policy, to be read and compared line by line."""
    return NONE if not value else json.dumps(value, indent=2, sort_keys=True)


def fingerprint(differences: Iterable[Difference]) -> str:
    """The same for the same differences; empty for none."""
    listed = [asdict(one) for one in differences]
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest() if listed else ""
