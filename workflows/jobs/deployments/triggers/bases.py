"""What the steps of all types of trigger have in common: the row, the grant in the function's policy, reading back."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workflows import triggers
from workflows.aws import resource_policies
from workflows.aws.clients import Target
from workflows.aws.resource_policies import Grant
from workflows.jobs.deployments.steps import NotYet, Sides, Step
from workflows.models import Deployment, Trigger
from workflows.places import place_of
from workflows.policies import ALIAS
from workflows.services import sole_triggers
from workflows.triggers import TriggerDefinition

AWAY = ": away"  # how the names of steps end that take a trigger away


class TriggerSteps(ABC):
    """The steps for one trigger of the function that is being deployed."""

    def __init__(self, deployment: Deployment, target: Target, wanted: TriggerDefinition) -> None:
        assert deployment.function is not None  # noqa: S101 - by the caller's choice of steps
        self.deployment, self.target, self.wanted = deployment, target, wanted
        self.environment, self.function = deployment.environment, deployment.function
        self.place = place_of(self.environment)
        self.name = self.place.function_name(self.function.name)
        self.alias_arn = self.place.alias_arn(self.function.name)
        self.title = wanted.title

    @abstractmethod
    def check(self) -> None:
        """Look before anything is changed whether it can be set up. Raises Refusal."""

    def sources(self) -> Iterator[Step]:
        """What makes its source; done before the alias leads to the new code."""
        return iter(())

    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """What sets it up on its source, or brings it to what it should be."""

    @abstractmethod
    def away(self) -> Iterator[Step]:
        """What takes it away, and its row with it."""

    def left(self) -> str:
        """What was made here for it, stays, and serves nothing else here; to be asked once it is away."""
        return ""

    # ---- the row

    @property
    def row(self) -> Trigger | None:
        """What is known of it in AWS."""
        return Trigger.objects.filter(environment=self.environment, function=self.function, key=self.wanted.key).first()

    def note(self, **known: Any) -> None:
        """Keep what is known of it now; one that was not live so far is being set up."""
        definition = self.wanted.as_dict()
        row, is_new = Trigger.objects.get_or_create(
            environment=self.environment,
            function=self.function,
            key=self.wanted.key,
            defaults={"definition": definition, **known},
        )
        if is_new:
            return
        if row.definition != definition or row.status != "live":
            known |= {"definition": definition, "status": "pending"}
        Trigger.objects.filter(pk=row.pk).update(**known)

    def forget(self) -> None:
        """It is gone from AWS."""
        Trigger.objects.filter(environment=self.environment, function=self.function, key=self.wanted.key).delete()

    # ---- steps

    def step(
        self, name: str, is_so: Callable[[], str | None], change: Callable[[], str], sides: Callable[[], Sides]
    ) -> Step:
        """A step of this trigger whose change is read back. It raises NotYet while AWS does not show it."""

        def change_and_look() -> str:
            done = change()
            if is_so() is None:
                raise NotYet("AWS does not show this yet.")
            return done

        return Step(f"{self.title}: {name}"[:80], is_so, change_and_look, sides)

    @property
    def grant_id(self) -> str:
        """The statement's id in the function's policy."""
        return triggers.grant_id(self.wanted)

    def grant_step(self, source_arn: Callable[[], str]) -> Step:
        """Let the source's service invoke the function in the name of this source and no other."""
        service = triggers.SERVICES[self.wanted.type]

        def wanted() -> Grant:
            # An API's ARN holds the account; the ARN of a bucket does not, and its name may become somebody else's.
            return Grant(self.grant_id, service, source_arn(), self.environment.account_id)

        def is_so() -> str | None:
            self._grants = [
                one for one in resource_policies.list_grants(self.target, self.name, ALIAS) if one.id == self.grant_id
            ]
            return f"{service} as {source_arn()}" if self._grants == [wanted()] else None

        def change() -> str:
            for one in self._grants:
                resource_policies.remove_grant(self.target, self.name, ALIAS, one.id)
            resource_policies.add_grant(self.target, self.name, ALIAS, wanted())
            return f"{service} may invoke it as {source_arn()}"

        def sides() -> Sides:
            return Sides(_told(wanted()), _told(self._grants[0]) if self._grants else None)

        return self.step("permission", is_so, change, sides)

    def away_step(self, remove: Callable[[], str]) -> Step:
        """The step that takes the trigger away: its grant, what `remove` removes, and its row."""

        def change() -> str:
            resource_policies.remove_grant(self.target, self.name, ALIAS, self.grant_id)
            taken = sole_triggers.taken(self.wanted, self.function.name, self.environment)
            done = f"It stays: {taken}" if taken else remove()
            self.forget()
            return done

        return Step(f"{self.title[: 80 - len(AWAY)]}{AWAY}", lambda: None, change)


def _told(grant: Grant) -> dict[str, str]:
    return {"service": grant.service, "source": grant.source_arn, "account": grant.account_id}


def in_words(value: Mapping[str, Any] | None) -> str:
    """A filter, a pattern or an input, to be compared at a glance."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if value else "none"
