"""DynamoDB tables whose stream the function reads."""

from collections.abc import Iterator, Mapping

from workflows.aws import dynamodb
from workflows.jobs.deployments.parts import owner_tags
from workflows.jobs.deployments.steps import NotYet, Refusal, Step, patience
from workflows.jobs.deployments.triggers.mappings import PolledSteps


class TableSteps(PolledSteps):
    """The table with its stream, and the mapping."""

    noun = "table"

    def check(self) -> None:
        """Nor can a table be read that has no stream."""
        super().check()
        found = dynamodb.get_table(self.target, self.source_name)
        if found and found.is_active and not found.stream_arn:
            raise self._no_stream()

    def source_tags(self) -> Mapping[str, str] | None:
        """The table's."""
        found = dynamodb.get_table(self.target, self.source_name)
        return found.tags if found else None

    def make_source(self) -> None:
        """A table with the key “id” and a stream of new and old images; AWS takes a moment."""
        dynamodb.create_table(self.target, self.source_name, owner_tags(self.environment))

    def unmake_source(self) -> bool:
        """Only while it holds no item."""
        return dynamodb.delete_table(self.target, self.source_name)

    def link(self) -> Iterator[Step]:
        """Its stream is read from where the definition says."""
        yield self.mapping_step(self._stream_arn, self.wanted.settings["start"])

    def unlink(self) -> None:
        """Items stay where they are."""
        found = dynamodb.get_table(self.target, self.source_name)
        if found and found.stream_arn:
            self.unmap(found.stream_arn)

    def _stream_arn(self) -> str:
        for _ in patience():
            found = dynamodb.get_table(self.target, self.source_name)
            if found and found.is_active:
                if not found.stream_arn:
                    raise self._no_stream()
                return found.stream_arn
        raise NotYet("AWS is still making the table.")

    def _no_stream(self) -> Refusal:
        return Refusal(
            "NoStream",
            f"The table {self.source_name} has no stream.",
            "Switch its stream on in AWS (new and old images), then deploy again.",
        )
