"""S3 buckets whose objects call the function."""

from collections.abc import Iterator, Mapping

from workflows import triggers
from workflows.aws import errors, s3
from workflows.jobs.deployments.parts import owner_tags
from workflows.jobs.deployments.steps import GONE, NotYet, Sides, Step
from workflows.jobs.deployments.triggers.sources import SourceSteps
from workflows.models import Trigger
from workflows.triggers import TriggerDefinition


class BucketSteps(SourceSteps):
    """The bucket, leave for S3 to invoke, and the notification."""

    noun = "bucket"

    def source_tags(self) -> Mapping[str, str] | None:
        """The bucket's."""
        return s3.bucket_tags(self.target, self.source_name)

    def make_source(self) -> None:
        """A bucket of this environment's region."""
        s3.create_bucket(self.target, self.source_name, owner_tags(self.environment))

    def unmake_source(self) -> bool:
        """Only while it holds no object."""
        return s3.delete_bucket(self.target, self.source_name)

    def link(self) -> Iterator[Step]:
        """S3 asks for the permission before it takes the notification."""
        yield self.grant_step(lambda: self.source_arn)
        yield self.step("notification", self._notification_is_so, self._put_notification, self._notification_told)

    def unlink(self) -> None:
        """Others' notifications of the bucket stay."""
        s3.delete_notification(self.target, self.source_name, self.grant_id)

    @property
    def _notification(self) -> s3.Notification:
        given = self.wanted.settings
        events = tuple(sorted(given["events"]))
        return s3.Notification(self.grant_id, self.alias_arn, events, given.get("prefix", ""), given.get("suffix", ""))

    _found: s3.Notification | None = None

    def _notification_is_so(self) -> str | None:
        found = s3.list_notifications(self.target, self.source_name)
        self._found = next((one for one in found if one.id == self.grant_id), None)
        return ", ".join(self._notification.events) if self._found == self._notification else None

    def _notification_told(self) -> Sides:
        if (live := self._found) is None:
            return GONE
        settings = {
            "events": ("events", list(live.events)),
            "prefix": ("prefix", live.prefix or None),
            "suffix": ("suffix", live.suffix or None),
        }
        return Sides(_told(self._notification), _told(live), settings)

    def _put_notification(self) -> str:
        try:
            s3.put_notifications(self.target, self.source_name, self._wanted_of_bucket(), in_place_of=self._leaving())
        except errors.Invalid as error:
            if "validate the following destination" in error.message:
                raise NotYet("S3 does not see yet that it may invoke the function.") from error
            raise
        return f"{', '.join(self._notification.events)} call it"

    def _wanted_of_bucket(self) -> list[s3.Notification]:
        """All of the function's: together, lest one that takes another's place leave a gap for the next."""
        return [BucketSteps(self.deployment, self.target, one)._notification for one in self._wanted_here()]

    def _leaving(self) -> list[str]:
        """The ids of those that the function has in this bucket and that its revision says no longer."""
        rows = Trigger.objects.filter(environment=self.environment, function=self.function, source_arn=self.source_arn)
        leaving = rows.exclude(key__in=[one.key for one in self._wanted_here()])
        return [triggers.grant_id(triggers.read(row.definition)) for row in leaving]

    def _wanted_here(self) -> list[TriggerDefinition]:
        revision = self.deployment.function_revision
        own = triggers.read_all(revision.triggers) if revision else ()
        return [one for one in own if one.type == "s3" and triggers.source_arn(one, self.place) == self.source_arn]


def _told(what: s3.Notification) -> dict[str, str]:
    told = {"function": what.function_arn, "events": ", ".join(what.events)}
    return told | {"prefix": what.prefix or "none", "suffix": what.suffix or "none"}
