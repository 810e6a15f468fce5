"""What is typed to give a function a trigger: the fields its type's schema makes, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows import inputs, triggers
from workflows.inputs import Field
from workflows.inputs.composing import Typed, compose
from workflows.inputs.controls import Control, controls
from workflows.inputs.spreading import spread_value
from workflows.triggers import TriggerDefinition

DEFAULT = "http"


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """A trigger of one type being written. `problems` are sentences by JSON pointer; "" is for all of it."""

    type: str
    typed: Typed
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its type."""
        return inputs.fields(triggers.form_schema_of(self.type))

    @property
    def controls(self) -> list[Control]:
        """What the page draws."""
        return controls(self.fields, self.typed, self.problems)

    @property
    def problem(self) -> str:
        """What is wrong with the whole."""
        return self.problems.get("", "")

    @property
    def given(self) -> dict[str, object]:
        """What was typed, as the service takes it. Raises InputProblem."""
        return {"type": self.type, **inputs.read(compose(self.fields, self.typed))}


def blank(type: str) -> TriggerDraft:
    """One with the defaults of its type; of another where there is no such type."""
    known = type if type in triggers.TITLES else DEFAULT
    typed: dict[str, str] = {}
    for one in inputs.fields(triggers.form_schema_of(known)):
        if one.default is not None:
            spread_value(one, f"/{one.key}", one.default, typed)
    return TriggerDraft(known, typed)


def of_definition(definition: TriggerDefinition) -> TriggerDraft:
    """One as it is defined."""
    typed: dict[str, str] = {}
    for one in inputs.fields(triggers.form_schema_of(definition.type)):
        if one.name in definition.settings:
            spread_value(one, f"/{one.key}", definition.settings[one.name], typed)
    return TriggerDraft(definition.type, typed)


def of_post(type: str, post: Mapping[str, str]) -> TriggerDraft:
    """What was sent."""
    known = type if type in triggers.TITLES else DEFAULT
    return TriggerDraft(known, {name: text for name, text in post.items() if name.startswith(("/", "?", "#"))})
