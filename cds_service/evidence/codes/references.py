"""FHIR references in the forms that clients write: relative, absolute, versioned, `urn:uuid:`, bare."""

from __future__ import annotations

import re
from typing import Final

MAX_REFERENCE: Final = 2000
"""Characters of a reference that we take apart; a longer one is no reference of ours."""

_TYPED: Final = re.compile(
    r"(?:^|/)([A-Z][A-Za-z]{2,40})/([^/?#\s]{1,255})(?:/_history/[^/?#\s]*)?$"
)


def local_reference(reference: str) -> str:
    """`Type/id` of a relative, absolute or versioned reference; any other text as it is, trimmed."""
    reference = reference.strip()
    if len(reference) > MAX_REFERENCE:
        return reference
    found = _TYPED.search(reference)
    return f"{found[1]}/{found[2]}" if found else reference


def split_reference(reference: str) -> tuple[str, str]:
    """(type, id): the type is empty for a bare id, the id for text that names no single resource.

    `urn:uuid:` and `urn:oid:` references give no type, and the bare identifier as the id.
    """
    if reference.isalnum():  # most ids, and no reference with a type
        return "", reference
    local = local_reference(reference)
    found = _TYPED.search(local)
    if found:
        return found[1], found[2]
    for scheme in ("urn:uuid:", "urn:oid:"):
        if local.lower().startswith(scheme):
            return "", local[len(scheme) :]
    if not local or any(mark in local for mark in "/?#: \t\n"):
        return "", ""
    return "", local
