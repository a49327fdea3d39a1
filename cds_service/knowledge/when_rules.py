"""What every `when` keeps to: exactly one key, nothing empty, and names that exist."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.knowledge.mistakes import unknown_names
from cds_service.knowledge.model import When
from cds_service.knowledge.parts import Names, Parts, every_when, statements

_KEYS = tuple(When.model_fields)


def when_mistakes(parts: Parts, names: Names) -> Iterator[str]:
    """One line a mistake in any statement of the files."""
    for where, outermost in every_when(parts):
        for when in statements(outermost):
            keys = tuple(key for key in _KEYS if getattr(when, key) is not None)
            if len(keys) != 1:
                yield _not_one(where, keys)
            for key in keys:
                if getattr(when, key) == ():
                    yield (
                        f"{where}: '{key}' is an empty list. It would always be true or always be "
                        "false. Name something in it, or remove the statement."
                    )
            yield from _group_tests(where, when, names)


def _not_one(where: str, keys: tuple[str, ...]) -> str:
    if not keys:
        return (
            f"{where}: a `when` has no key. It holds exactly one statement. "
            'Add one, such as fact = "always".'
        )
    return (
        f"{where}: a `when` has the keys {', '.join(keys)}. It holds exactly one statement, so that "
        "nobody has to guess how they combine. Put each into its own table inside all_of or any_of."
    )


def _group_tests(where: str, when: When, names: Names) -> Iterator[str]:
    if when.group is not None and (when.group.at_least is None) == (when.group.exactly is None):
        yield (
            f"{where}: the test of group '{when.group.id}' needs one of at_least and exactly. "
            'Without a level, or with two, it says nothing. Write: at_least = "active".'
        )
    if when.group_finding is not None and when.group_finding.id in names.groups:
        kind = f"domain of '{when.group_finding.id}'"
        known = names.domains[when.group_finding.id]
        yield from unknown_names(where, kind, when.group_finding.domains, known)
