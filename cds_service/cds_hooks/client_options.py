"""What a Da Vinci CRD client may choose for itself: how many cards, and which kinds (CRD, "Configuration options").

Never required: without the extension everything is shown, and what is not understood is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

CONFIGURATION: Final = "davinci-crd.configuration"
_OPTIONS: Final = "davinci-crd.configuration-options"
_VERSIONS: Final = "davinci-crd.version"
_MAX_CARDS: Final = "max-cards"
_UNDERSTOOD: Final = ("2.2",)
"""Version of CRD whose options these are."""
_NO_LIMIT: Final = 100
"""More cards than one answer ever has: an option needs a default that is a number."""


@dataclass(frozen=True, slots=True)
class CardKind:
    """One kind of card that can be switched off."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """The choices of one call. Critical cards are shown whatever is chosen here."""

    max_cards: int | None = None
    """None: no limit."""
    hidden_cards: frozenset[str] = frozenset()


def read_client_options(extension: Mapping[str, Any], card_ids: frozenset[str]) -> ClientOptions:
    """The choices in a request's extension. Never raises."""
    chosen = extension.get(CONFIGURATION)
    if not isinstance(chosen, dict):
        return ClientOptions()
    limit = chosen.get(_MAX_CARDS)
    return ClientOptions(
        # Not isinstance: a boolean is an int in Python.
        max_cards=limit if type(limit) is int and limit >= 0 else None,
        hidden_cards=frozenset(
            code for code, is_shown in chosen.items() if is_shown is False and code in card_ids
        ),
    )


def options_extension(kinds: Iterable[CardKind]) -> dict[str, object]:
    """The extension of a service in the discovery document, for CRD clients."""
    options: list[dict[str, object]] = [
        {
            "code": kind.id,
            "type": "boolean",
            "name": f"Card: {kind.name}",
            "description": f"Show cards of the kind “{kind.name}”. Critical ones are always shown.",
            "default": True,
        }
        for kind in kinds
    ]
    options.append(
        {
            "code": _MAX_CARDS,
            "type": "integer",
            "name": "Most cards in one answer",
            "description": "The most serious come first, and critical ones are always shown.",
            "default": _NO_LIMIT,
        }
    )
    return {_VERSIONS: list(_UNDERSTOOD), _OPTIONS: options}
