"""What Lambda reads for the function, queues and streams alike: the mapping from the source to its alias."""

from collections.abc import Callable

from workflows.aws import errors, event_sources
from workflows.aws.event_sources import SourceMapping, Wanted
from workflows.jobs.deployments.parts import owner_tags
from workflows.jobs.deployments.steps import GONE, NotYet, Sides, Step, patience
from workflows.jobs.deployments.triggers.bases import in_words
from workflows.jobs.deployments.triggers.sources import SourceSteps

MOVING = ("Creating", "Enabling", "Disabling", "Updating", "Deleting")


class PolledSteps(SourceSteps):
    """A source that Lambda reads."""

    def mapping_step(self, read_arn: Callable[[], str], start: str = "") -> Step:
        """Have the queue or stream of this ARN read, as the definition says."""
        given = self.wanted.settings
        wanted = Wanted(given["batch_size"], given.get("batch_window", 0), given.get("filter"), start)
        found: SourceMapping | None = None

        def is_so() -> str | None:
            nonlocal found
            found = self._settled(read_arn())
            if found is None or not found.is_enabled or found.wanted != wanted or found.filters > 1:
                return None
            return f"Read {wanted.batch_size} at a time" + (", filtered" if wanted.pattern else "")

        def change() -> str:
            if found is None:
                self._create(read_arn(), wanted)
            elif found.wanted.start != wanted.start:
                # AWS never changes where a mapping begins.
                event_sources.delete_mapping(self.target, found.id)
                raise NotYet("AWS takes the old mapping away before there can be a new one.")
            else:
                event_sources.update_mapping(self.target, found.id, self.alias_arn, wanted)
            return f"Has it read {wanted.batch_size} at a time"

        def sides() -> Sides:
            if found is None:
                return GONE
            live = found.wanted
            settings = {
                "batch size": ("batch_size", live.batch_size),
                "batch window": ("batch_window", live.window_s),
            } | ({"filter": ("filter", live.pattern)} if found.filters <= 1 else {})
            told = _told(live, found.state)
            if found.filters > 1:
                told["filter"] += f" or {found.filters - 1} more"
            return Sides(_told(wanted, "Enabled"), told, settings)

        return self.step("mapping", is_so, change, sides)

    def unmap(self, read_arn: str) -> None:
        """Have it read no more."""
        for one in event_sources.list_mappings(self.target, read_arn, self.alias_arn):
            if one.state != "Deleting":
                event_sources.delete_mapping(self.target, one.id)

    def _create(self, read_arn: str, wanted: Wanted) -> None:
        if theirs := self._of_the_function_itself(read_arn):
            event_sources.tag_mapping(self.target, theirs.arn, owner_tags(self.environment))
            event_sources.update_mapping(self.target, theirs.id, self.alias_arn, wanted)
            self.note(made={"mapping": theirs.id})
            return
        try:
            event_sources.create_mapping(self.target, read_arn, self.alias_arn, wanted, owner_tags(self.environment))
        except errors.Invalid as error:
            if "execution role does not have permissions" in error.message:
                raise NotYet("AWS does not see yet that the role may read it.") from error
            raise

    def _of_the_function_itself(self, read_arn: str) -> SourceMapping | None:
        """What read it for an adopted function before that had an alias: taken over, lest each message come twice."""
        if self.function.name not in self.place.functions:
            return None
        for _ in patience():
            found = event_sources.list_mappings(self.target, read_arn, self.place.function_arn(self.function.name))
            if not any(one.state in MOVING for one in found):
                return found[0] if found else None
        raise NotYet("AWS is still preparing the mapping.")

    def _settled(self, read_arn: str) -> SourceMapping | None:
        """The mapping as it is now, if there is one. Raises NotYet while AWS is still at it."""
        for _ in patience():
            found = event_sources.list_mappings(self.target, read_arn, self.alias_arn)
            if not any(one.state in MOVING for one in found):
                return found[0] if found else None
        raise NotYet("AWS is still preparing the mapping.")


def _told(what: Wanted, state: str) -> dict[str, str]:
    told = {"state": state, "batch size": str(what.batch_size), "batch window": f"{what.window_s} s"}
    return told | {"filter": in_words(what.pattern)} | ({"start": what.start} if what.start else {})
