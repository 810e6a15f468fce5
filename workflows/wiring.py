"""What the map is made of: spots, and wires between them. Asks nobody anything."""

from dataclasses import dataclass, field

from workflows.statuses import Status


@dataclass(frozen=True, slots=True)
class Spot:
    """One thing on the map; `arn` is empty where only AWS knows it. `within` tells it from others of its name."""

    kind: str
    name: str
    arn: str = ""
    href: str = field(default="", compare=False)
    within: str = ""
    trouble: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """What it is said to be; no two spots have the same."""
        return f"{self.kind} {self.name}" + (f" of {self.within}" if self.within else "")


@dataclass(frozen=True, slots=True)
class Wire:
    """One may call the other; `is_live`: in AWS now, whatever becomes of it with the next deployment.

    `is_wide`: by a permission with wildcards; `sets_off`: the other calls functions then.
    """

    source: Spot
    target: Spot
    status: Status
    how: str = ""
    is_live: bool = False
    is_wide: bool = False
    sets_off: bool = True


@dataclass(frozen=True, slots=True)
class Maybe:
    """One perhaps sets the other off: `why` says by what, for no wire shows it."""

    source: Spot
    target: Spot
    why: str
