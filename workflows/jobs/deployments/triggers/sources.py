"""Triggers with a source: a queue, topic, bucket or table that exists, or is made here and goes when it is empty."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping

from workflows import triggers
from workflows.jobs.deployments.parts import check_ours
from workflows.jobs.deployments.steps import GONE, Refusal, Step
from workflows.jobs.deployments.triggers.bases import TriggerSteps
from workflows.models import Trigger
from workflows.policies import OWNER_TAG


class SourceSteps(TriggerSteps):
    """The source first, then what links it to the function. What is not ours is read, and never changed or deleted."""

    noun: str
    _is_unmade = False  # AWS may show it a while longer

    def check(self) -> None:
        """A source that is missing and not to be made here, and one of somebody else, end it."""
        self._check(self.source_tags())

    def sources(self) -> Iterator[Step]:
        """The source."""
        yield self.step(self.noun, self._source_is_so, self._make_source, lambda: GONE)

    def steps(self) -> Iterator[Step]:
        """The link."""
        yield from self.link()

    def away(self) -> Iterator[Step]:
        """The link; then the source, if it was made here, nothing else here uses it, and it is empty."""
        yield self.away_step(self._remove)

    def left(self) -> str:
        """Its source, where something is in that."""
        if self._is_unmade or not self.wanted.makes_source:
            return ""
        if Trigger.objects.filter(environment=self.environment, source_arn=self.source_arn).exists():
            return ""
        is_ours = (self.source_tags() or {}).get(OWNER_TAG) == str(self.environment.install)
        return f"the {self.noun} {self.source_name}" if is_ours else ""

    @property
    def source_name(self) -> str:
        """What the source is called in AWS."""
        return triggers.source_name(self.wanted, self.place)

    @property
    def source_arn(self) -> str:
        """Its ARN."""
        return triggers.source_arn(self.wanted, self.place)

    # ---- what each type says

    @abstractmethod
    def source_tags(self) -> Mapping[str, str] | None:
        """The tags of the source; None when there is none."""

    @abstractmethod
    def make_source(self) -> None:
        """Make it, with our tag."""

    @abstractmethod
    def unmake_source(self) -> bool:
        """Do away with it; False where something is in it, or listens to it."""

    @abstractmethod
    def link(self) -> Iterator[Step]:
        """The steps that make it call the function."""

    @abstractmethod
    def unlink(self) -> None:
        """Let it call the function no more."""

    # ---- the steps

    def _source_is_so(self) -> str | None:
        tags = self.source_tags()
        self._check(tags)
        if tags is None:
            return None
        self.note(source_arn=self.source_arn, owns_source=self.wanted.makes_source)
        return self.source_arn

    def _check(self, tags: Mapping[str, str] | None) -> None:
        if tags is None and not self.wanted.makes_source:
            raise Refusal(
                "SourceMissing",
                f"There is no {self.noun} {self.source_name} in {self.environment}.",
                "Make it in AWS first, or choose “Make it here” where the trigger is written, and deploy again.",
            )
        if tags is not None and self.wanted.makes_source:
            check_ours(f"The {self.noun} {self.source_name}", dict(tags), self.environment)

    def _make_source(self) -> str:
        self.make_source()
        return f"Made {self.source_arn}"

    def _remove(self) -> str:
        self.unlink()
        row = self.row
        stays = f"{self.source_name} calls it no more, and stays"
        if row is None or not row.owns_source:
            return f"{stays}: it was not made here"
        rows = Trigger.objects.filter(environment=self.environment, source_arn=self.source_arn)
        if rows.exclude(pk=row.pk).exists():
            return f"{stays}: another trigger uses it"
        tags = self.source_tags()
        if tags is not None:
            check_ours(f"The {self.noun} {self.source_name}", dict(tags), self.environment)
        if not self.unmake_source():
            return f"{stays}: something is in it. Delete it in AWS when that is not needed"
        self._is_unmade = True
        return f"Took {self.source_name} away: it was made here, and empty"
