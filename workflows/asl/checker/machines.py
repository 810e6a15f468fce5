"""A machine and the machines inside it: their fields, their states, and names that are given twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.asl.checker.fields import BRANCH, MACHINE, PROCESSOR, Shape
from workflows.asl.checker.integrations import MachineType
from workflows.asl.checker.maps import is_distributed, type_inside
from workflows.asl.checker.objects import check_object
from workflows.asl.checker.references import check_references
from workflows.asl.checker.states import check_state
from workflows.asl.checker.values import error, has_placeholder
from workflows.asl.checker.variables import Scopes, check_variables, names_in
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import TOP, Place, Problem, below, pointer_of


def check_machine(raw: Mapping[str, Any], machine_type: MachineType) -> Iterator[Problem]:
    """What AWS refuses a definition for, from the outside in."""
    language: QueryLanguage = "JSONata" if raw.get("QueryLanguage") == "JSONata" else "JSONPath"
    yield from _Walk(language).check(raw, TOP, MACHINE, machine_type, ())


@dataclass(frozen=True, slots=True)
class _Walk:
    """`language` is that of the whole definition: AWS does not hand a Map's or Parallel's own on to what is inside.

    `states` and `labels` are the names so far, each with its place.
    """

    language: QueryLanguage
    states: dict[str, Place] = field(default_factory=dict)
    labels: dict[str, Place] = field(default_factory=dict)

    def check(
        self, raw: Mapping[str, Any], path: Place, shape: Shape, machine_type: MachineType, around: Scopes
    ) -> Iterator[Problem]:
        """One machine and those inside it; `around` are the variables of the machines it lies in."""
        yield from check_object(raw, path, shape, self.language)
        yield from check_references(raw, path)
        yield from check_variables(raw, path, around)
        states = raw.get("States")
        if not isinstance(states, dict):
            return
        if not states:
            yield error("INVALID_VALUE", (path, "States"), "States is empty; add at least one state.")
        scopes = (*around, names_in(raw))
        for name, state in states.items():
            place = ((path, "States"), name)
            yield from self._check_names(name, state, place)
            yield from check_state(name, state, place, self.language, machine_type)
            if isinstance(state, dict) and state.get("Type") in ("Parallel", "Map"):
                yield from self._check_inside(state, place, machine_type, scopes)

    def _check_names(self, name: str, state: Any, path: Place) -> Iterator[Problem]:
        if name in self.states:
            before = pointer_of(self.states[name])
            message = f'There is another state "{name}" at {before}; names are unique in the whole definition.'
            yield error("DUPLICATE_STATE_NAME", path, message)
        self.states.setdefault(name, path)
        label = state.get("Label") if isinstance(state, dict) and state.get("Type") == "Map" else None
        if not isinstance(label, str) or has_placeholder(label):
            return
        if label in self.labels:
            before = pointer_of(self.labels[label])
            message = f'Another Map has the Label "{label}", at {before}; labels are unique as well.'
            yield error("DUPLICATE_LABEL_NAME", (path, "Label"), message)
        self.labels.setdefault(label, path)

    def _check_inside(
        self, state: Mapping[str, Any], path: Place, machine_type: MachineType, scopes: Scopes
    ) -> Iterator[Problem]:
        if state.get("Type") == "Parallel":
            branches = state.get("Branches")
            for index, branch in enumerate(branches if isinstance(branches, list) else ()):
                if isinstance(branch, dict):
                    place = below(path, "Branches", index)
                    yield from self.check(branch, place, BRANCH, machine_type, scopes)
        if state.get("Type") == "Map":
            # The items of a distributed Map run on their own: they see none of the variables out here.
            scopes = () if is_distributed(state) else scopes
            for name in ("ItemProcessor", "Iterator"):
                if isinstance(processor := state.get(name), dict):
                    place, inside = (path, name), type_inside(state, machine_type)
                    yield from self.check(processor, place, PROCESSOR, inside, scopes)
