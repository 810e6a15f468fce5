"""What the steps of functions and of state machines have in common: the place, the owner's tag, the role."""

from dataclasses import dataclass
from typing import Any

from workflows import policies
from workflows.aws import iam
from workflows.aws.clients import Target
from workflows.jobs.deployments.steps import NotYet, Refusal, Step
from workflows.models import Deployment, Environment
from workflows.owners import owner_of
from workflows.policies import OWNER_TAG, POLICY_NAME, ROLE_PATH


def owner_tags(environment: Environment) -> dict[str, str]:
    """What marks a resource as made by this installation."""
    return {OWNER_TAG: str(environment.install)}


def check_ours(what: str, tags: dict[str, str], environment: Environment) -> None:
    """Refuse to touch what this installation has not made. Raises Refusal."""
    if tags.get(OWNER_TAG) == str(environment.install):
        return
    if owner := owner_of(tags):
        raise Refusal(
            "OwnedElsewhere",
            f"{what} exists in AWS and is managed by {owner}: it is read-only here.",
            "Change it there, or save this under another name.",
        )
    raise Refusal(
        "NotOurs",
        f"{what} exists in AWS and was not made by this installation.",
        _advice(what, f"{OWNER_TAG}={environment.install}"),
    )


def _advice(what: str, tag: str) -> str:
    """What to do about something that is there and not ours; only functions and state machines can be imported."""
    if what.startswith("The function "):
        return (
            "Save this under another name; or delete it here, then adopt what is in AWS (Import lists it); or tag that "
            f"{tag} in AWS: deployments from here change it then."
        )
    if what.startswith(("The state machine ", "The role ")):
        return f"Save this under another name; or tag it {tag} in AWS: deployments from here change it then."
    if what.startswith("The rule "):
        return f"Give this rule another name; or tag that one {tag} in AWS: deployments from here change it then."
    return (
        "Take “Make it here” off the trigger: what exists is listened to then, and neither changed nor deleted. "
        f"Or give it another name; or tag it {tag} in AWS: it is taken for one that was made here then."
    )


@dataclass(frozen=True, slots=True)
class RoleWanted:
    """The role something runs as."""

    name: str
    service: str
    policy: dict[str, Any]


class RoleGiven:
    """The one step that takes a role as it is: it was made elsewhere, so nothing of it is read or changed."""

    def __init__(self, deployment: Deployment, arn: str) -> None:
        self._deployment, self._arn = deployment, arn

    def steps(self) -> list[Step]:
        """It is always as wanted."""
        return [Step("Execution role", self._take, lambda: "")]

    def read_back(self) -> None:
        """There is nothing that was put."""

    def _take(self) -> str:
        self._deployment.role_arn, self._deployment.policy = self._arn, None
        return f"{self._arn}, made elsewhere: it is not changed"


class RoleSteps:
    """The steps that make a role what it should be, and read it back."""

    def __init__(self, deployment: Deployment, target: Target, wanted: RoleWanted) -> None:
        self._deployment, self._target, self._wanted = deployment, target, wanted
        self._environment = deployment.environment
        self._trust = policies.trust(wanted.service)
        self._found: iam.Role | None = None

    def steps(self) -> list[Step]:
        """Role first, then what it may do."""
        return [
            Step("Execution role", self._role_is_so, self._make_role),
            Step("Permissions of the role", self._policy_is_so, self._put_policy),
        ]

    def read_back(self) -> None:
        """Keep the policy AWS has now. Raises NotYet while it is not the one that was put."""
        self._deployment.policy = self._wanted.policy
        if self._policy_is_so() is None:
            raise NotYet("AWS does not show the new permissions yet.")

    def _role_is_so(self) -> str | None:
        self._found = iam.get_role(self._target, self._wanted.name)
        if self._found is None:
            return None
        check_ours(f"The role {self._wanted.name}", self._found.tags, self._environment)
        self._deployment.role_arn = self._found.arn
        return self._found.arn if policies.same(self._found.trust, self._trust) else None

    def _make_role(self) -> str:
        if self._found is not None:
            iam.update_trust(self._target, self._wanted.name, self._trust)
            return f"{self._found.arn} may be assumed by {self._wanted.service} again"
        self._deployment.role_arn = iam.create_role(
            self._target,
            name=self._wanted.name,
            path=ROLE_PATH,
            trust=self._trust,
            tags=owner_tags(self._environment),
            boundary_arn=self._environment.permissions_boundary,
        )
        return f"Made {self._deployment.role_arn}"

    def _policy_is_so(self) -> str | None:
        if not self._wanted.policy["Statement"]:
            return "It needs no permissions"
        found = self._deployment.policy = iam.get_policy(self._target, self._wanted.name, POLICY_NAME)
        return "As wanted" if policies.same(found, self._wanted.policy) else None

    def _put_policy(self) -> str:
        iam.put_policy(self._target, self._wanted.name, POLICY_NAME, self._wanted.policy)
        count = len(self._wanted.policy["Statement"])
        return f"{count} {'statement' if count == 1 else 'statements'} put"


def role_steps(deployment: Deployment, target: Target, wanted: RoleWanted, given_arn: str) -> "RoleGiven | RoleSteps":
    """The steps for the role given by its ARN, else for one that is made here."""
    return RoleGiven(deployment, given_arn) if given_arn else RoleSteps(deployment, target, wanted)
