"""Why required data could not be read, as a client is told it: a word, its meaning, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

READ_FAILURES: Final = "https://spine-imaging-cds.github.io/fhir/CodeSystem/read-failure"
"""The code system of the words."""

_BOTH_WAYS: Final = (
    "Send it by prefetch, or give fhirServer and fhirAuthorization of a server that was agreed on."
)

READ_FAILURE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "not-provided": ("Not among the prefetch, and no FHIR server was named", _BOTH_WAYS),
        "misspelled-key": (
            "Prefetch has a key that looks like it",
            "Spell the keys of prefetch as the discovery document does, in small letters.",
        ),
        "outcome": (
            "An OperationOutcome in its place",
            "Whoever was to read it was refused or failed: look at the scopes and the log of the EHR.",
        ),
        "list": (
            "A JSON list in its place",
            "Send a Bundle or one resource; a list of resources is neither.",
        ),
        "not-fhir": (
            "Not a FHIR resource of the type asked for",
            "Send a Bundle or a resource in FHIR JSON, of the type in the prefetch template.",
        ),
        "not-allowed": (
            "The FHIR server is not one that may be called",
            "Ask whoever runs this service to add it to SPINE_CDS_FHIR_SERVERS, or send the data by prefetch.",
        ),
        "refused": (
            "The FHIR server could not be reached",
            "Its name, port or network may be wrong, or it is down: try it from the machine of this service.",
        ),
        "401": (
            "The FHIR server did not accept the access token",
            "Send a token that is valid for this server for as long as the call lasts.",
        ),
        "403": (
            "The FHIR server does not allow the token to read it",
            "Give the app the scopes for every resource type in the prefetch templates.",
        ),
        "not-found": (
            "The FHIR server does not have it",
            "The patient of the context has to exist on the server that the call names.",
        ),
        "throttled": ("The FHIR server had too many requests", _BOTH_WAYS),
        "server-error": (
            "The FHIR server failed",
            "Look at its log; data sent by prefetch needs no second server.",
        ),
        "redirect": (
            "The FHIR server redirects, which is not followed",
            "Name the server's final address in fhirServer, and have that one allowed.",
        ),
        "timeout": (
            "The FHIR server did not answer in time",
            "Send the data by prefetch, or have SPINE_CDS_FHIR_DEADLINE raised.",
        ),
        "tls": (
            "The certificate of the FHIR server was not accepted",
            "It has to be for the name in fhirServer, and its issuer known here (SSL_CERT_FILE).",
        ),
        "too-large": (
            "The answer of the FHIR server is too large",
            "Let it answer in pages of fewer resources.",
        ),
        "failed": ("It could not be read", _BOTH_WAYS),
    }
)
