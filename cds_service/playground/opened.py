"""A case as the screen opens it: a hook call whose dates are those of the service's day."""

from __future__ import annotations

import secrets
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from cds_service.errors import HookRequestError
from cds_service.evidence.loose_json import as_object, each
from cds_service.playground.stories import Story
from cds_service.replay.cases import day_written, is_hook_call, with_record
from cds_service.replay.moved import moved_body

_EXPECTED: Final = (
    "Expected a FHIR Bundle of one patient, the body of a hook call ('hook' and 'context'), or a case "
    '{"as_of": day, "request": {…}}.'
)
_NEVER_SENT: Final = ("fhirServer", "fhirAuthorization")
"""What is pasted is all that there is: no server is asked, and no token is kept or shown."""
_FEWEST_WEEKS, _MOST_WEEKS = 26, 130


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """One hook call as it is made on `today`."""

    request: Mapping[str, Any]
    as_of: date
    """The day that the case is of."""
    today: date
    left_out: int = 0
    """Entries of a Bundle that hold no resource."""

    @property
    def moved_days(self) -> int:
        """By how many days all its dates were moved."""
        return (self.today - self.as_of).days


def opened_story(story: Story, call: str, today: date) -> OpenedCase:
    """A call of a story. Raises KeyError for a call that it does not have."""
    return _opened(with_record(story.calls[call], story.record), story.as_of, today)


def opened_paste(body: bytes, as_of: date | None, today: date) -> OpenedCase:
    """What somebody pasted or uploaded. `as_of` is the day that they say it is of.

    Without one it is the day of the case, else the day its order was written, else today. Raises HookRequestError.
    """
    found = _object(body)
    if is_hook_call(found):
        return _opened(found, as_of or day_written(found) or today, today)
    request = as_object(found.get("request"))
    if is_hook_call(request):
        return _opened(request, as_of or _day(found), today)
    if found.get("resourceType") != "Bundle":
        raise HookRequestError(_EXPECTED, code="structure")
    resources = [as_object(as_object(entry).get("resource")) for entry in each(found.get("entry"))]
    whole = [one for one in resources if isinstance(one.get("resourceType"), str)]
    record = {"entry": [{"resource": resource} for resource in whole]}
    request = with_record(_blank_call(_only_patient(whole)), record)
    return _opened(request, as_of or today, today, len(resources) - len(whole))


def kept_case(request: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The call as a file `{"as_of", "request"}`, all dates moved back by a number of weeks that nobody can guess."""
    weeks = _FEWEST_WEEKS + secrets.randbelow(_MOST_WEEKS - _FEWEST_WEEKS)
    moved = moved_body(msgspec.json.encode(_without_access(request)), -7 * weeks)
    return {
        "as_of": (today - timedelta(weeks=weeks)).isoformat(),
        "request": msgspec.json.decode(moved),
    }


def read_request(body: bytes) -> dict[str, Any]:
    """The hook call in a body. Raises HookRequestError."""
    found = _object(body)
    if not is_hook_call(found):
        raise HookRequestError("Expected the body of a hook call.", code="structure")
    return found


def _opened(request: Mapping[str, Any], as_of: date, today: date, left_out: int = 0) -> OpenedCase:
    plain = msgspec.json.encode(_without_access(request))
    moved = msgspec.json.decode(moved_body(plain, (today - as_of).days))
    return OpenedCase(moved, as_of, today, left_out)


def _without_access(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in _NEVER_SENT}


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body.removeprefix(BOM_UTF8))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise HookRequestError(f"This is not JSON. {_EXPECTED}", code="structure") from None
    if not isinstance(found, dict):
        raise HookRequestError(_EXPECTED, code="structure")
    return found


def _day(case: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(case["as_of"])
    except (KeyError, TypeError, ValueError):
        raise HookRequestError(
            "The case has no 'as_of' that is a day, such as 2026-06-15. Add it, or name the day beside it.",
            expression="as_of",
        ) from None


def _only_patient(resources: list[Mapping[str, Any]]) -> str:
    patients = [one for one in resources if one.get("resourceType") == "Patient"]
    if len(patients) != 1:
        raise HookRequestError(
            f"The Bundle holds {len(patients)} patients. Expected one Patient and the resources about it.",
            expression="Bundle.entry",
        )
    patient_id = patients[0].get("id")
    if not isinstance(patient_id, str) or not patient_id:
        raise HookRequestError(
            "The Patient in the Bundle has no id.", expression="Bundle.entry.resource.id"
        )
    return patient_id


def _blank_call(patient_id: str) -> dict[str, Any]:
    """A call about a patient for whom nothing is ordered yet."""
    return {
        "hook": "order-select",
        "context": {
            "userId": "Practitioner/playground",
            "patientId": patient_id,
            "selections": [],
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": []},
        },
    }
