"""The error tree of the service.

SpineCdsError
├── KnowledgeError            the guideline files are wrong           start-up only, exit 1
├── SettingsError             the configuration is wrong              start-up only, exit 2
├── CaseError                 a saved case cannot be read               replay and explain only, exit 2
├── HookRequestError          the client sent what CDS Hooks forbids  400 (404, 405, 413, 415, 422)
│   └── OrdersNotRead         orders that may be for the spine are lost   400 (413), or a card that says so
├── ClientNotTrusted          the JWT is missing, expired, not ours   401 (403: known, not allowed here)
├── TooManyRequests           the client's own limit is used up       429
├── HistoryUnavailable        the history's tables are not for us     never stops advice; commands exit 1
├── PatientDataUnavailable    required data could be had neither way  412
└── ServiceUnavailable        switched off, overloaded or stopping    503

Messages say what, where, what was expected and what to do. They never carry patient data.
"""

from __future__ import annotations

from typing import Literal


class SpineCdsError(Exception):
    """Everything that this package raises on purpose."""


class KnowledgeError(SpineCdsError):
    """The guideline files are wrong. `mistakes` holds every mistake found, one line each."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class SettingsError(SpineCdsError):
    """The configuration is wrong. `mistakes` holds every mistake found, one line each."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class CaseError(SpineCdsError):
    """A file of a saved case is missing or is not what it has to be."""


class HookRequestError(SpineCdsError):
    """The client sent something that the CDS Hooks specification forbids.

    `expression` is the place in the request as a FHIRPath-like path (`context.draftOrders`), empty
    when the whole body is meant. `code` is a FHIR issue-type code. The message echoes no input.
    """

    def __init__(
        self, message: str, *, expression: str = "", status: int = 400, code: str = "invalid"
    ) -> None:
        super().__init__(message)
        self.expression = expression
        self.status = status
        self.code = code


OrderLoss = Literal[
    "order_unreadable", "selections_unmatched", "too_many_orders", "orders_too_long"
]
"""Why orders of a call were not evaluated; also the key of the sentence that a card says about it."""


class OrdersNotRead(HookRequestError):
    """Orders that may ask for imaging of the spine could not be evaluated: an answer without cards would be false.

    A site whose client shows every error as "all clear" gets a card instead (SPINE_CDS_ON_MISSING_DATA=card).
    """

    def __init__(
        self,
        message: str,
        loss: OrderLoss,
        *,
        expression: str,
        status: int = 400,
        code: str = "structure",
    ) -> None:
        super().__init__(message, expression=expression, status=status, code=code)
        self.loss = loss


class ClientNotTrusted(SpineCdsError):
    """The caller is not who it has to be (401), or is known and not allowed here (403).

    The message is for our log only: a 401 body never says why. `reason` is one word of a closed list
    (`web/trust.py`), for the metrics.
    """

    def __init__(self, message: str, *, status: int = 401, reason: str = "other") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class TooManyRequests(SpineCdsError):
    """A trusted client used up its own limit. `retry_after` is in whole seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class HistoryUnavailable(SpineCdsError):
    """The database of the history answers, and holds nothing that this version may write to."""


class PatientDataUnavailable(SpineCdsError):
    """Required data came neither by prefetch nor from an allowed FHIR server.

    `keys` are the prefetch keys that are missing, in the order of the discovery document; `causes` says in one word why
    each could not be read, in the same order.
    """

    def __init__(self, keys: tuple[str, ...], causes: tuple[str, ...]) -> None:
        told = ", ".join(f"{key} ({cause})" for key, cause in zip(keys, causes, strict=True))
        super().__init__(f"required data could not be read: {told}")
        self.keys = keys
        self.causes = causes


class ServiceUnavailable(SpineCdsError):
    """The service is switched off, overloaded or stopping."""
