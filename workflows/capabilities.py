"""PURE: what can be done in one environment but not in every one, as data that pages and services ask.

Tells what AWS or the embedded AWS is able to do; what this installation may do there, AWS says when it is asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields

from workflows.arns import account_of


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that can be done there, unless there is a `refusal`: a sentence on why not and what to do instead."""

    refusal: str = ""

    @property
    def is_available(self) -> bool:
        """Whether it can be done there."""
        return not self.refusal

    def __bool__(self) -> bool:
        return self.is_available


@dataclass(frozen=True, slots=True)
class Capabilities:
    """All of one environment. A runtime is found by its longest known beginning in `runtimes`.

    `interpreters`: what runs every runtime of a beginning there, whatever version it names.
    """

    redrive: Capability
    express: Capability
    versions: Capability
    weighted_aliases: Capability
    reserved_concurrency: Capability
    foreign_layers: Capability
    metric_math: Capability
    insights: Capability
    alarms: Capability
    runtimes: dict[str, Capability]
    interpreters: dict[str, str] = field(default_factory=dict)

    def run_by(self, runtime: str) -> str:
        """What to know of what runs functions of this runtime there, a sentence; empty where it is that itself."""
        found = next((one for beginning, one in self.interpreters.items() if runtime.startswith(beginning)), "")
        return f"{runtime} is run by {found} here." if found and found.replace(" ", "").lower() != runtime else ""

    def runtime(self, name: str) -> Capability:
        """Whether functions of this runtime, such as `python3.12`, can run there."""
        beginnings = [beginning for beginning in self.runtimes if name.startswith(beginning)]
        return self.runtimes[max(beginnings, key=len)]

    def layers(self, arns: Iterable[str], account: str) -> Capability:
        """Whether functions with these layers can run there, in an `account`; where that is not known, yes."""
        foreign = bool(account) and any(account_of(arn) != account for arn in arns)
        return self.foreign_layers if foreign else CAN

    def named(self) -> Iterator[tuple[str, Capability]]:
        """Each with its name as people read it, runtimes by their beginnings."""
        for one in fields(self):
            if one.name not in ("runtimes", "interpreters"):
                yield one.name.replace("_", " "), getattr(self, one.name)
        for beginning, capability in self.runtimes.items():
            yield f"runtime {beginning}*" if beginning else "other runtimes", capability

    @property
    def refused(self) -> list[tuple[str, str]]:
        """What cannot be done there, as people read it, each with the sentence on why not."""
        return [(name, one.refusal) for name, one in self.named() if one.refusal]


STOPPED = "EmbeddedAws.Stopped"  # the error of what ran on an embedded AWS that was stopped or killed
CAN = Capability()
NO_NODE = "There is no node on the PATH of Signalbox, so the embedded AWS cannot run functions written for it."
ELSEWHERE = "Deploy the function to an environment in a real AWS account."
AWS = Capabilities(
    redrive=CAN,
    express=CAN,
    versions=CAN,
    weighted_aliases=CAN,
    reserved_concurrency=CAN,
    foreign_layers=CAN,
    metric_math=CAN,
    insights=CAN,
    alarms=CAN,
    runtimes={"": CAN},
)


def of_embedded_aws(*, is_mended: bool, has_node: bool, python: str = "") -> Capabilities:
    """Those of the embedded AWS: mended or not, on a machine with Node.js or without, run by a `python` (3.12)."""
    return Capabilities(
        redrive=CAN if is_mended else _cannot("Redrive is", "Run the transaction again instead."),
        express=CAN,
        versions=CAN if is_mended else _cannot("Running an earlier version is", "What is newest in AWS runs."),
        weighted_aliases=_cannot("A weighted alias is", "The alias leads to one version; move it at once."),
        reserved_concurrency=CAN
        if is_mended
        else _cannot("A limit on a version's concurrency is", "Only what is unpublished keeps to what is reserved."),
        foreign_layers=_cannot("A layer of another account is", "Publish it in this account, or pack its code."),
        metric_math=_cannot("Metric math is", "Ask for the plain metrics and compute with them."),
        insights=_cannot("Logs Insights is", "Filter the log's lines by time and text."),
        alarms=_cannot("An alarm is", "Look at the charts, or set the alarm in a real account."),
        runtimes={
            "python3.": CAN,
            "nodejs": CAN if has_node else Capability(f"{NO_NODE} {ELSEWHERE}"),
            "provided.": CAN,
            "": Capability(f"The embedded AWS cannot run functions of this runtime. {ELSEWHERE}"),
        },
        interpreters={"python3.": f"Python {python}".strip(), "nodejs": "the Node.js on Signalbox's PATH"},
    )


def _cannot(what: str, instead: str) -> Capability:
    return Capability(f"{what} not available in this environment. {instead}")
