"""The bit of every word class: what a word may mean is one whole number, and every question about it one `&`."""

from __future__ import annotations

from cds_service.knowledge.language import BUILT_IN, Flag, Language, Role


class ClassBits:
    """The bit of every word class."""

    __slots__ = ("_language", "bits")

    def __init__(self, language: Language) -> None:
        cues = [name for name, entry in language.classes.items() if entry.role == "cue"]
        names = dict.fromkeys((*cues, *BUILT_IN, *language.classes))
        self.bits = {name: 1 << number for number, name in enumerate(names)}
        self._language = language

    def mask(self, *names: str) -> int:
        """The bits of these classes."""
        found = 0
        for name in names:
            found |= self.bits[name]
        return found

    def of_role(self, *roles: Role) -> int:
        """The bits of all classes of these roles."""
        return self.mask(*(n for n, entry in self._language.classes.items() if entry.role in roles))

    def with_flag(self, flag: Flag) -> int:
        """The bits of all classes with a flag."""
        return self.mask(*(n for n, entry in self._language.classes.items() if flag in entry.flags))
