"""EventBridge rules that call the function: by the pattern of an event, or by the clock. They are always ours."""

from collections.abc import Iterator

from workflows import triggers
from workflows.aws import errors, events
from workflows.aws.events import Called, Rule
from workflows.jobs.deployments.parts import check_ours, owner_tags
from workflows.jobs.deployments.steps import GONE, Refusal, Sides, Step
from workflows.jobs.deployments.triggers.bases import TriggerSteps, in_words


class RuleSteps(TriggerSteps):
    """The rule, leave for EventBridge to invoke, and the function as its target."""

    _found: Rule | None = None
    _found_called: Called | None = None

    def check(self) -> None:
        """Somebody else's rule stays as it is; without its event bus there is none."""
        if not events.has_bus(self.target, self._rule.bus):
            raise self._no_bus()
        self._rule_is_ours()

    def steps(self) -> Iterator[Step]:
        """The rule, the permission, the target."""
        yield self.step("rule", self._rule_is_so, self._put_rule, self._rule_told)
        yield self.grant_step(lambda: self._arn)
        yield self.step("target", self._target_is_so, self._put_target, self._target_told)

    def away(self) -> Iterator[Step]:
        """All of it."""
        yield self.away_step(self._remove)

    @property
    def _arn(self) -> str:
        return triggers.source_arn(self.wanted, self.place)

    @property
    def _rule(self) -> Rule:
        given, name = self.wanted.settings, triggers.source_name(self.wanted, self.place)
        if self.wanted.type == "schedule":
            return Rule(name, schedule=given["expression"])
        return Rule(name, given.get("bus", "default"), pattern=given["pattern"])

    def _rule_is_so(self) -> str | None:
        self._found = self._rule_is_ours()
        if self._found is None:
            return None
        self.note(source_arn=self._arn, owns_source=True)
        return self._arn if self._found == self._rule else None

    def _rule_told(self) -> Sides:
        if (live := self._found) is None:
            return GONE
        settings = {"schedule": ("expression", live.schedule), "pattern": ("pattern", live.pattern)}
        return Sides(
            _told(self._rule), _told(live), settings if bool(live.schedule) == bool(self._rule.schedule) else {}
        )

    def _rule_is_ours(self) -> Rule | None:
        found = events.get_rule(self.target, self._rule.name, self._rule.bus)
        if found is None:
            return None
        check_ours(f"The rule {self._rule.name}", found[1], self.environment)
        return found[0]

    def _put_rule(self) -> str:
        try:
            events.put_rule(self.target, self._rule, {} if self._found else owner_tags(self.environment))
        except errors.NotFound as error:
            raise self._no_bus() from error
        return f"Made {self._arn}" if not self._found else f"Changed {self._arn}"

    def _no_bus(self) -> Refusal:
        return Refusal(
            "SourceMissing",
            f"There is no event bus {self._rule.bus} in {self.environment}.",
            "Make the bus in AWS first, or leave “Event bus” empty to use the account's own, and deploy again.",
        )

    def _target_is_so(self) -> str | None:
        self._found_called = events.get_called(self.target, self._rule.name, self._rule.bus)
        return self.alias_arn if self._found_called == self._called else None

    def _target_told(self) -> Sides:
        if (live := self._found_called) is None:
            return GONE
        settings = {"input": ("input", live.input)} if self.wanted.type == "schedule" else {}
        return Sides(_called_told(self._called), _called_told(live), settings)

    def _put_target(self) -> str:
        events.put_called(self.target, self._rule.name, self._rule.bus, self._called)
        return f"It calls {self.alias_arn}"

    @property
    def _called(self) -> Called:
        return Called(self.alias_arn, self.wanted.settings.get("input"))

    def _remove(self) -> str:
        if self._rule_is_ours() is not None:
            events.delete_rule(self.target, self._rule.name, self._rule.bus)
        return f"Took {self._rule.name} away"


def _told(rule: Rule) -> dict[str, str]:
    told = {"schedule": rule.schedule} if rule.schedule else {"pattern": in_words(rule.pattern)}
    return {"state": "ENABLED" if rule.is_on else "DISABLED", **told}


def _called_told(called: Called) -> dict[str, str]:
    return {"function": called.function_arn, "input": in_words(called.input)}
