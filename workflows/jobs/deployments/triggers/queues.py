"""SQS queues the function reads from."""

from collections.abc import Iterator, Mapping

from workflows.aws import sqs
from workflows.jobs.deployments.parts import owner_tags
from workflows.jobs.deployments.steps import NotYet, Refusal, Sides, Step
from workflows.jobs.deployments.triggers.mappings import PolledSteps
from workflows.triggers import visibility_s


class QueueSteps(PolledSteps):
    """The queue (with a dead-letter queue beside it, where it is ours and one is wanted), and the mapping."""

    noun = "queue"

    def check(self) -> None:
        """Nor does AWS have a queue read whose messages are hidden for less than the function may take."""
        super().check()
        revision, found = self.deployment.function_revision, sqs.get_queue(self.target, self.source_name)
        if found and revision and not self.wanted.makes_source and found.visibility_s < revision.timeout_s:
            raise Refusal(
                "VisibilityTooShort",
                f"{self.source_name} hides a message for {found.visibility_s} s; the function may take "
                f"{revision.timeout_s} s.",
                "Set the queue's visibility timeout to at least that in AWS (six times as much is usual), or lower the "
                "function's timeout.",
            )

    def source_tags(self) -> Mapping[str, str] | None:
        """The queue's."""
        found = sqs.get_queue(self.target, self.source_name)
        return found.tags if found else None

    def make_source(self) -> None:
        """The queue; what it is set to comes next."""
        sqs.create_queue(self.target, self.source_name, owner_tags(self.environment))

    def unmake_source(self) -> bool:
        """Only while neither holds a message."""
        queues = [found for name in (self.source_name, self._dead_name) if (found := sqs.get_queue(self.target, name))]
        if any(queue.messages for queue in queues):
            return False
        for queue in queues:
            if queue.tags == owner_tags(self.environment):
                sqs.delete_queue(self.target, queue.url)
        return True

    def link(self) -> Iterator[Step]:
        """What the queue is set to, if it is ours; then the mapping."""
        if self.wanted.makes_source:
            yield self.step("settings", self._settings_are_so, self._set, self._settings_told)
        yield self.mapping_step(lambda: self.source_arn)

    def unlink(self) -> None:
        """Messages stay where they are."""
        self.unmap(self.source_arn)

    @property
    def _dead_name(self) -> str:
        name = self.source_name
        return f"{name.removesuffix('.fifo')}-dead.fifo" if name.endswith(".fifo") else f"{name}-dead"

    @property
    def _dead_arn(self) -> str:
        wants = self.wanted.settings["dead_letter"]
        return f"{self.source_arn.rpartition(':')[0]}:{self._dead_name}" if wants else ""

    @property
    def _visibility_s(self) -> int:
        revision = self.deployment.function_revision
        return visibility_s(revision.timeout_s if revision else 0)

    def _settings_are_so(self) -> str | None:
        queue = self._queue()
        failures = self.wanted.settings["max_receives"] if self._dead_arn else 0
        wanted = (self._visibility_s, self._dead_arn, failures)
        if (queue.visibility_s, queue.dead_letter_arn, queue.max_receives) != wanted:
            return None
        if self._dead_arn and sqs.get_queue(self.target, self._dead_name) is None:
            return None
        return f"A message taken is hidden for {self._visibility_s} s" + (
            f"; after {failures} attempts it goes to {self._dead_name}" if failures else ""
        )

    def _settings_told(self) -> Sides:
        queue, failures = self._queue(), self.wanted.settings["max_receives"] if self._dead_arn else 0
        has_dead = queue.dead_letter_arn and sqs.get_queue(self.target, queue.dead_letter_arn.rpartition(":")[2])
        return Sides(
            _told(self._visibility_s, self._dead_arn, failures),
            _told(queue.visibility_s, queue.dead_letter_arn if has_dead else "", queue.max_receives),
            {"attempts": ("max_receives", queue.max_receives)} if self._dead_arn else {},
        )

    def _set(self) -> str:
        if self._dead_arn and sqs.get_queue(self.target, self._dead_name) is None:
            sqs.create_queue(self.target, self._dead_name, owner_tags(self.environment))
        sqs.set_queue(
            self.target,
            self._queue(),
            visibility_s=self._visibility_s,
            dead_letter_arn=self._dead_arn,
            max_receives=self.wanted.settings["max_receives"],
        )
        return f"A message taken is hidden for {self._visibility_s} s"

    def _queue(self) -> sqs.Queue:
        found = sqs.get_queue(self.target, self.source_name)
        if found is None:
            raise NotYet("AWS does not show the queue yet.")
        return found


def _told(visibility_s: int, dead_letter_arn: str, max_receives: int) -> dict[str, str]:
    told = {"visibility timeout": f"{visibility_s} s", "dead-letter queue": dead_letter_arn or "none"}
    return told | ({"attempts": str(max_receives)} if dead_letter_arn else {})
