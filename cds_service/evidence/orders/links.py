"""Which orders of a record are over, by what was done for them and by the orders that took their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cds_service.evidence.codes.references import local_reference
from cds_service.evidence.loose_json import as_object, as_text, each

_OVER = frozenset(("completed", "replaced"))
_NEVER_MEANT = frozenset(
    ("entered-in-error", "revoked", "cancelled", "rejected", "failed", "aborted")
)


def references_of(*values: object) -> Iterator[str]:
    """`Type/id` of every reference in elements like `basedOn`, alone or in a list."""
    for value in values:
        for entry in each(value):
            reference = entry if isinstance(entry, str) else as_object(entry).get("reference")
            found = local_reference(as_text(reference))
            if found:
                yield found


def continued_orders(body: Mapping[str, object]) -> tuple[str, ...]:
    """References of the orders that an order carries out or takes the place of."""
    return tuple(references_of(body.get("basedOn"), body.get("replaces")))


class OrderLinks:
    """What the orders of a record say of each other, and what was done for them."""

    __slots__ = ("_continued", "_over")

    def __init__(self) -> None:
        self._over: set[str] = set()
        self._continued: dict[str, tuple[str, ...]] = {}

    def add_done(self, references: Iterable[str]) -> None:
        """A report, a series of images or a procedure was made for these orders."""
        self._over.update(references)

    def add_order(self, reference: str, body: Mapping[str, object]) -> None:
        """One order, whatever its status."""
        status = as_text(body.get("status")).lower()
        if status in _NEVER_MEANT:
            return
        if status in _OVER:
            self._over.add(reference)
        continued = continued_orders(body)
        if continued:
            self._continued[reference] = continued

    def over(self) -> frozenset[str]:
        """Orders that are no longer open.

        Those for which something was done; those that another order carries out or takes the place of, for that one
        is open in their stead; and what stands behind an order that is over, link by link.
        """
        found = set(self._over)
        for continued in self._continued.values():
            found.update(continued)
        return frozenset(found)
