"""How the one answer is worded for clients that read CDS Hooks in their own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """What one kind of client can read. Only the wire format differs, never the advice."""

    name: str
    selection_behavior: Literal["at-most-one", "any"] = "at-most-one"
    one_action_a_suggestion: bool = False
    """Epic takes exactly one: a suggestion of two actions becomes two suggestions."""
    is_before_2_0: bool = False
    """CDS Hooks 1.0 knows no card uuid, topic, override reasons or system actions, and deletes by `resource`;
    validators of that time refuse unknown fields, so no extension is sent either."""
    has_system_actions_always: bool = False
    """CRD's test kit asks for the key even when there is nothing in it."""
    names_order_on_card: bool = False
    """CRD 2.2: which order a card is about (`davinci-crd.associated-resource`)."""
    has_coded_override_reasons: bool = False
    """Beside each override reason its code in CDS Hooks 3.0, as an extension."""
    offers_client_options: bool = False
    """Discovery tells CRD clients which cards they can switch off. Whoever chooses so is obeyed in any profile."""


GENERIC: Final = ClientProfile("generic")
PROFILES: Final = {
    profile.name: profile
    for profile in (
        GENERIC,
        ClientProfile("epic", selection_behavior="any", one_action_a_suggestion=True),
        ClientProfile("legacy-1.0", is_before_2_0=True),
        ClientProfile(
            "crd",
            has_system_actions_always=True,
            names_order_on_card=True,
            has_coded_override_reasons=True,
            offers_client_options=True,
        ),
    )
}
"""By the names that SPINE_CDS_PROFILE and a trusted client's `profile` take."""
