"""What a site has chosen about the answers; values only, so that the core needs no settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cds_service.assessment.model import Choices
from cds_service.cards.words import CardWords
from cds_service.cds_hooks.model import Card, HookRequest, StrictFinding


@dataclass(frozen=True, slots=True)
class AdviceOptions:
    """Choices of the site and of the client that called."""

    jurisdiction: str
    """`us` or `uk`: which rating rows hold beside the common ones."""
    site_country: str | None
    """ISO 3166 code; None: nothing is said about travelers."""
    is_quiet: bool
    """No card when there is nothing to do."""
    pama: bool
    """Rate orders in the Argonaut PAMA profile."""
    qcdsm_id: str | None
    explain: bool
    """Answer with the machine-readable explanation."""
    card_on_missing_data: bool
    """A card instead of an error when required data is missing."""
    max_orders: int | None = None
    """Spine imaging orders that one call may ask about; None: no limit."""
    strict_findings: tuple[StrictFinding, ...] | None = None
    """What of the call is not valid FHIR; None: the site does not ask. No card depends on it."""
    max_cards: int | None = None
    """The client's own limit for the whole answer; None: no limit."""
    hidden_cards: frozenset[str] = frozenset()
    """Card ids that the client switched off."""
    gives_links: bool = False
    """Cards link to the further sources that they cite; their first source is linked always."""
    tells_facts: bool = False
    """Cards carry what they rest on, so that the history can tell the same card again."""
    is_known: Callable[[Card], bool] | None = None
    """Whether a card was shown before, or dismissed, and tells nothing new; None: every card is shown."""

    @property
    def choices(self) -> Choices:
        """Those that the assessment depends on."""
        return Choices(
            jurisdiction=self.jurisdiction,
            site_country=self.site_country,
            is_quiet=self.is_quiet,
            hidden_cards=self.hidden_cards,
        )


@dataclass(frozen=True, slots=True)
class Answering:
    """What the renderer needs besides the assessment."""

    request: HookRequest
    options: AdviceOptions
    words: CardWords
