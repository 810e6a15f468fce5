"""Which facts a hook is for: events, workflow, environment and branch choose, conditions judge. No queries here."""

from dataclasses import dataclass
from typing import Any

from transactions import conditions
from transactions.conditions import MISSING, Condition
from transactions.models import Branch, Hook
from transactions.payloads import Message

# What a condition may name besides business keys.
FIELDS = ("status", "reference", "error", "workflow", "environment")
WAS_OFF = "Not sent, because the hook was off then."
NOT_VERIFIED = "Not sent, because its address was not verified yet."


@dataclass(frozen=True, slots=True)
class Subscription:
    """A hook with its choices read once, for as many messages as there are."""

    hook: Hook
    branch: Branch | None
    conditions: tuple[Condition, ...]

    def wants(self, message: Message) -> bool:
        """Whether a message is for this hook, live or not; of what happened before it was made it hears nothing."""
        hook, data = self.hook, message.data
        return (
            message.kind in hook.events
            and hook.created_at <= message.at
            and data.get("id") != str(hook.pk)  # its own end
            and (hook.workflow is None or hook.workflow.name == data.get("workflow"))
            and (hook.environment is None or hook.environment.slug == data.get("environment"))
            and (self.branch is None or any(_fits(self.branch, one) for one in data.get("choices", ())))
        )

    def absence(self, message: Message) -> str:
        """Why the hook was not there to be told; empty for one that was live."""
        if self.hook.status == "off":
            return WAS_OFF
        is_live = self.hook.live_since is not None and self.hook.live_since <= message.at
        return "" if self.hook.status == "live" and is_live else NOT_VERIFIED

    def refusal(self, message: Message) -> str:
        """Why the conditions keep a message back; empty when all of them hold."""
        verdicts = conditions.judge_all(self.conditions, lambda name: _look(message, name))
        failed = [verdict.sentence for verdict in verdicts if not verdict.holds]
        return f"Not sent, because {' and '.join(failed)}." if failed else ""


def read(hook: Hook) -> Subscription:
    """The subscription of a hook."""
    return Subscription(hook, Branch.read(hook.branch) if hook.branch else None, conditions.parse_all(hook.conditions))


def _fits(branch: Branch, choice: dict[str, Any]) -> bool:
    return branch.state in ("", choice["state"]) and branch.next in ("", choice["next"])


def _look(message: Message, name: str) -> Any:
    if name in message.keys:
        return message.keys[name]
    return message.data.get(name, MISSING) if name in FIELDS else MISSING
