"""PURE: environment variables for those who may not see their values, and what such people type put together again."""

from collections.abc import Mapping

MASK = "••••••"


def shown(values: Mapping[str, str], *, may_reveal: bool) -> dict[str, str]:
    """As one may see them."""
    return dict(values) if may_reveal else dict.fromkeys(values, MASK)


def typed(values: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """What was typed, where a mask that stayed is the value it stands for."""
    return {name: known.get(name, value) if value == MASK else value for name, value in values.items()}


def compared(
    before: Mapping[str, str], after: Mapping[str, str], *, may_reveal: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Both sides of a comparison; masked values tell whether they differ, and no more."""
    was, is_now = shown(before, may_reveal=may_reveal), shown(after, may_reveal=may_reveal)
    if not may_reveal:
        differing = [name for name in after if name in before and before[name] != after[name]]
        is_now |= dict.fromkeys(differing, f"{MASK} (another value)")
    return was, is_now


def difference(before: str, after: str, is_hidden: bool) -> tuple[str, str]:
    """Both sides of one difference: hidden ones tell whether there is a value, and that it is another."""
    if not is_hidden:
        return before, after
    was, is_now = (side if side == "none" else MASK for side in (before, after))
    return was, f"{MASK} (another value)" if was == is_now else is_now
