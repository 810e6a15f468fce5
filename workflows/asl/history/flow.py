"""What a definition says about the order of its states, by name; nothing of a state that it does not name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows.asl.model import Choice, Fail, Parallel, State, StateMachine


@dataclass(frozen=True, slots=True)
class Flow:
    """The states of a machine and of all machines inside it, by name."""

    states: Mapping[str, State] = field(default_factory=dict)
    nexts: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, machine: StateMachine | None) -> "Flow":
        """Index a machine; AWS wants names to be unique throughout, so the first of two wins."""
        found: dict[str, State] = {}
        for state in machine.every_state() if machine else ():
            found.setdefault(state.name, state)
        return cls(found, {name: _nexts(state) for name, state in found.items()})

    def branch_of(self, parallel: str, state: str) -> int | None:
        """The number of the branch of a Parallel that a state starts."""
        around = self.states.get(parallel)
        branches = around.branches if isinstance(around, Parallel) else ()
        return next((number for number, branch in enumerate(branches) if branch.start_at == state), None)

    def leads_to(self, name: str) -> frozenset[str]:
        """The states that may be entered next; for a Map or Parallel also those that start inside."""
        return self.nexts.get(name, frozenset())

    def failure_of(self, fail: str) -> tuple[str | None, str | None]:
        """Error and cause a Fail state spells out; None where they are made at run time."""
        state = self.states.get(fail)
        if not isinstance(state, Fail):
            return None, None
        return _plain(state.error), _plain(state.cause)


def _nexts(state: State) -> frozenset[str]:
    nexts: list[str | None] = [state.next, *(catcher.next for catcher in state.catch)]
    nexts += [machine.start_at for machine in state.inner]
    if isinstance(state, Choice):
        nexts += [state.default, *(rule.next for rule in state.rules)]
    return frozenset(target for target in nexts if target)


def _plain(text: object) -> str | None:
    return text if isinstance(text, str) and not text.startswith("{%") else None
