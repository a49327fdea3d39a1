"""The forms of a card, and the templates of their summaries."""

from __future__ import annotations

import re

from msgspec import Struct

from cds_service.knowledge.model import CardText, Variant

MAX_SUMMARY = 139
"""CDS Hooks: a summary has fewer than 140 characters."""
DEVICE_LENGTH = 26
VALUE_LENGTH = 24
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Form(Struct, frozen=True, gc=False):
    """One card in one of its forms."""

    card: CardText
    variant: Variant | None

    @property
    def summary(self) -> str:
        """Of the form, else of the card."""
        if self.variant is not None and self.variant.summary is not None:
            return self.variant.summary
        return self.card.summary

    @property
    def name(self) -> str:
        """Id of the variant; empty for the plain form."""
        return self.variant.id if self.variant is not None else ""


def template_parts(sentence: str) -> tuple[str, ...]:
    """The sentence taken apart: words, placeholder, words, and so on; every second part is a placeholder."""
    return tuple(PLACEHOLDER.split(sentence))
