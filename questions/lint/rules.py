"""Rules that are registered by their names. Pure: no Django."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from questions.content import Question, QuestionContent
from questions.lint.findings import Places
from questions.lint.surroundings import Surroundings

Rule = Callable[[Question, Surroundings], Places]
# A rule that looks at what is written and at nothing around it.
ContentRule = Callable[[QuestionContent], Places]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules by their names, in the order in which they were written."""

    errors: dict[str, Rule] = field(default_factory=dict)
    warnings: dict[str, Rule] = field(default_factory=dict)

    @classmethod
    def union(cls, parts: Iterable["RuleSet"]) -> "RuleSet":
        """All rules of ``parts``. Raises ValueError when two have one name."""
        errors: dict[str, Rule] = {}
        warnings: dict[str, Rule] = {}
        for part in parts:
            if taken := (errors.keys() | warnings.keys()) & part.names:
                raise ValueError(f"two rules are named {sorted(taken)[0]}")
            errors.update(part.errors)
            warnings.update(part.warnings)
        return cls(errors, warnings)

    @property
    def names(self) -> set[str]:
        return self.errors.keys() | self.warnings.keys()

    def error(self, name: str) -> Callable[[ContentRule], ContentRule]:
        return _registering(self.errors, name)

    def warning(self, name: str) -> Callable[[ContentRule], ContentRule]:
        return _registering(self.warnings, name)

    def error_around(self, name: str) -> Callable[[Rule], Rule]:
        """As ``error``, for a rule that looks at the surroundings too."""
        return _registering_around(self.errors, name)

    def warning_around(self, name: str) -> Callable[[Rule], Rule]:
        """As ``warning``, for a rule that looks at the surroundings too."""
        return _registering_around(self.warnings, name)


def _registering(rules: dict[str, Rule], name: str) -> Callable[[ContentRule], ContentRule]:
    def register(rule: ContentRule) -> ContentRule:
        rules[name] = lambda question, _surroundings: rule(question.content)
        return rule

    return register


def _registering_around(rules: dict[str, Rule], name: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        rules[name] = rule
        return rule

    return register
