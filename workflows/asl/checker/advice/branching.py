"""Choice states with rules that never match, or with inputs that match none."""

from collections.abc import Iterator

from workflows.asl.checker.advice.implication import Comparer
from workflows.asl.checker.values import warning
from workflows.asl.model import Choice, ChoiceRule
from workflows.asl.problems import Problem

MOST_RULES = 200  # of one state; each is compared with all before it


def advise_choice(state: Choice, comparer: Comparer) -> Iterator[Problem]:
    """What the rules of a Choice leave out or say twice."""
    rules, was_used_up = state.rules[:MOST_RULES], comparer.is_used_up
    for index, rule in enumerate(rules):
        yield from _compare(rule, rules[:index], comparer)
    if len(state.rules) > MOST_RULES:
        message = f"Only the first {MOST_RULES} rules were compared with each other; later ones may never match."
        yield warning("CHECK_INCOMPLETE", (state.place, "Choices"), message)
    elif comparer.is_used_up and not was_used_up:
        message = "There are too many rules to compare them all; from here on some may never match without a word."
        yield warning("CHECK_INCOMPLETE", (state.place, "Choices"), message)
    tests = [rule.test for rule in state.rules]
    if state.default is None and state.rules and not comparer.cover_everything(tests):
        message = "An input that matches no rule ends in States.NoChoiceMatched, which nothing catches; add a Default."
        yield warning("CHOICE_WITHOUT_DEFAULT", state.place, message)


def _compare(rule: ChoiceRule, earlier: tuple[ChoiceRule, ...], comparer: Comparer) -> Iterator[Problem]:
    for number, before in enumerate(earlier, 1):
        if not comparer.implies(rule.test, before.test):
            continue
        named = f"rule {number} (Choices/{number - 1})"
        if comparer.implies(before.test, rule.test):
            message = f"This rule tests the same as {named}, which comes first and wins; remove or change one."
            yield warning("RULES_ALIKE", rule.place, message)
        else:
            message = f"Whatever matches this rule matches {named} first; move this one up, or remove it."
            yield warning("RULE_NEVER_MATCHES", rule.place, message)
        return
    if earlier and comparer.cover_everything([before.test for before in earlier]):
        message = "The rules above leave no input over, so this one never matches; remove it, or move it up."
        yield warning("RULE_NEVER_MATCHES", rule.place, message)
