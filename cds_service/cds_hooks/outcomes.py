"""What an OperationOutcome from a client or a FHIR server says, in words that hold no patient data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

_REFUSALS: Final = frozenset(
    {"security", "login", "unknown", "expired", "forbidden", "suppressed", "not-supported"}
)
_PASSING: Final = frozenset({"transient", "lock-error", "throttled", "timeout", "no-store"})
_INCOMPLETE: Final = _PASSING | {
    "incomplete",
    "exception",
    "too-costly",
    "security",
    "login",
    "expired",
    "forbidden",
}
"""Even as a warning these say that something was not read. `suppressed` is not among them: a large EHR
puts it into every answer, to say that the user may not see everything."""
_OTHERS: Final = frozenset(
    {
        "invalid", "structure", "required", "value", "invariant", "processing", "duplicate", "multiple-matches",
        "not-found", "deleted", "too-long", "code-invalid", "extension", "business-rule", "conflict",
        "limited-filter", "informational", "success",
    }
)  # fmt: skip
_CODES: Final = _REFUSALS | _INCOMPLETE | _OTHERS
"""FHIR issue types; any other text might be anything, so it is not repeated."""


@dataclass(frozen=True, slots=True)
class OutcomeSummary:
    """The issues of one OperationOutcome, taken together."""

    is_error: bool
    """An issue is an error or fatal, or has no severity that FHIR knows, or there is no issue at all."""
    is_incomplete: bool
    """An issue of any severity says that data were not reached."""
    is_refusal: bool
    is_passing: bool
    """The trouble may be over at the next try."""
    words: str
    """Severity and code of each issue, never its text."""


class _Issue(msgspec.Struct, gc=False):
    severity: str = ""
    code: str = ""


class _Outcome(msgspec.Struct, gc=False):
    issue: list[_Issue] = msgspec.field(default_factory=list)


_decoder: Final = msgspec.json.Decoder(_Outcome)


def read_outcome(value: msgspec.Raw) -> OutcomeSummary:
    """Read an OperationOutcome, or what stands in its place. Never raises; what is odd counts as an error."""
    try:
        issues = _decoder.decode(value).issue
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        issues = []
    codes = {issue.code for issue in issues}
    words = (f"{_known(i.severity, _SEVERITIES)} {_known(i.code, _CODES)}" for i in issues)
    return OutcomeSummary(
        is_error=not issues or any(issue.severity not in _HARMLESS for issue in issues),
        is_incomplete=not codes.isdisjoint(_INCOMPLETE),
        is_refusal=not codes.isdisjoint(_REFUSALS),
        is_passing=not codes.isdisjoint(_PASSING),
        words="outcome: " + (", ".join(dict.fromkeys(words)) or "no issue"),
    )


_HARMLESS: Final = frozenset({"warning", "information", "success"})
_SEVERITIES: Final = _HARMLESS | {"error", "fatal"}


def _known(word: str, known: frozenset[str]) -> str:
    return word if word in known else "unnamed"
