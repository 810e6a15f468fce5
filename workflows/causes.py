"""PURE: which actions make something call a function, and whether two patterns of ARNs have an ARN in common."""

from collections.abc import Iterable, Mapping

# By what is set off: of a function itself, of a state machine, of the source of a trigger.
CAUSES: Mapping[str, tuple[str, ...]] = {
    "lambda": ("lambda:InvokeFunction", "lambda:InvokeAsync"),
    "stepfunctions": ("states:StartExecution", "states:StartSyncExecution"),
    "sqs": ("sqs:SendMessage",),
    "sns": ("sns:Publish",),
    "s3": (
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:PutObjectTagging",
        "s3:DeleteObject",
        "s3:DeleteObjectTagging",
        "s3:DeleteObjectVersion",
        "s3:RestoreObject",
        "s3:ReplicateObject",
    ),
    "dynamodb": (
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PartiQLDelete",
    ),
    "eventbridge": ("events:PutEvents",),
}


def causing(kind: str, actions: Iterable[str]) -> list[str]:
    """Those of the actions, as they were declared, that set something of this kind off."""
    known = [one.lower() for one in CAUSES.get(kind, ())]
    return [action for action in actions if any(meet(action.lower(), one) for one in known)]


def meet(one: str, other: str) -> bool:
    """Whether some text fits both; `*` stands for anything, `?` for one letter, as IAM has it."""
    if one == other:
        return True
    if not any(letter in one + other for letter in "*?"):
        return False
    reached, seen = [(0, 0)], set[tuple[int, int]]()
    while reached:
        at = left, right = reached.pop()
        if at in seen:
            continue
        seen.add(at)
        mine, theirs = one[left : left + 1], other[right : right + 1]
        if not mine and not theirs:
            return True
        if mine == "*":
            reached.append((left + 1, right))
        if theirs == "*":
            reached.append((left, right + 1))
        if mine and theirs and _fit(mine, theirs):
            # A star takes the other's letter and goes on; two letters are behind both.
            reached.append((left + (mine != "*"), right + (theirs != "*")))
    return False


def _fit(mine: str, theirs: str) -> bool:
    if mine == "*" and theirs == "*":
        return False  # nothing would be behind them
    return mine == theirs or mine in "*?" or theirs in "*?"
