"""PURE: functions and workflows on their way, and the names they are to go by where they arrive."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workflows.packaging import FunctionDefinition, Package, Permission, WorkflowDefinition
from workflows.policies import PLACEHOLDER

KINDS = ("functions", "workflows")
Names = Mapping[str, Mapping[str, str]]


class NotTaken(Exception):
    """A file cannot be taken, and why; each problem is a sentence."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Carried:
    """A function, and its code where that came too."""

    definition: FunctionDefinition
    package: Package | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one file carries; `left_out` says what else was in it, a sentence each."""

    functions: tuple[Carried, ...] = ()
    workflows: tuple[WorkflowDefinition, ...] = ()
    left_out: tuple[str, ...] = ()

    def renamed(self, names: Names) -> "Bundle":
        """The same under other names, old to new for each kind; what names a renamed function names it so."""
        of_functions, of_workflows = (names.get(kind, {}) for kind in KINDS)
        return replace(
            self,
            functions=tuple(Carried(_renamed(one.definition, of_functions), one.package) for one in self.functions),
            workflows=tuple(
                replace(
                    one,
                    name=of_workflows.get(one.name, one.name),
                    title=of_workflows.get(one.name, one.title) if one.title == one.name else one.title,
                    definition=_put(one.definition, of_functions),
                )
                for one in self.workflows
            ),
        )


def _renamed(one: FunctionDefinition, names: Mapping[str, str]) -> FunctionDefinition:
    return replace(
        one,
        name=names.get(one.name, one.name),
        environment={name: _put(value, names) for name, value in one.environment.items()},
        permissions=tuple(
            Permission(given.actions, tuple(_put(text, names) for text in given.resources)) for given in one.permissions
        ),
    )


def _put(text: str, names: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: f"${{{names.get(found[1], found[1])}}}", text)
