"""SNS topics that call the function."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.aws import sns
from workflows.aws.errors import NotFound
from workflows.jobs.deployments.parts import owner_tags
from workflows.jobs.deployments.steps import GONE, Sides, Step
from workflows.jobs.deployments.triggers.bases import in_words
from workflows.jobs.deployments.triggers.sources import SourceSteps

FILTER = "filter policy"


class TopicSteps(SourceSteps):
    """The topic, leave for SNS to invoke, and the subscription."""

    noun = "topic"

    def source_tags(self) -> Mapping[str, str] | None:
        """The topic's."""
        return sns.topic_tags(self.target, self.source_arn)

    def make_source(self) -> None:
        """A topic without other listeners."""
        sns.create_topic(self.target, self.source_name, owner_tags(self.environment))

    def unmake_source(self) -> bool:
        """Only while nothing else listens."""
        return sns.delete_topic(self.target, self.source_arn)

    def link(self) -> Iterator[Step]:
        """The permission first: a message may come at once."""
        yield self.grant_step(lambda: self.source_arn)
        yield self.step("subscription", self._subscription_is_so, self._subscribe, self._subscription_told)

    def unlink(self) -> None:
        """Others' subscriptions stay."""
        try:
            found = sns.get_subscription(self.target, self.source_arn, self.alias_arn)
        except NotFound:
            return
        if found:
            sns.unsubscribe(self.target, found.arn)

    _found: sns.Subscription | None = None

    def _subscription_is_so(self) -> str | None:
        self._found = found = sns.get_subscription(self.target, self.source_arn, self.alias_arn)
        if found is None or found.filter_policy != (self.wanted.settings.get("filter_policy") or None):
            return None
        return "Messages that fit its filter policy call it" if found.filter_policy else "Every message calls it"

    def _subscription_told(self) -> Sides:
        if self._found is None:
            return GONE
        live = self._found.filter_policy
        return Sides(_told(self.wanted.settings.get("filter_policy")), _told(live), {FILTER: ("filter_policy", live)})

    def _subscribe(self) -> str:
        arn = sns.subscribe(self.target, self.source_arn, self.alias_arn)
        sns.put_filter(self.target, arn, self.wanted.settings.get("filter_policy"))
        return f"Subscribed as {arn}"


def _told(policy: Mapping[str, Any] | None) -> dict[str, str]:
    return {FILTER: in_words(policy)}
