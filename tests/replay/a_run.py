"""Rows and counts of a made-up run, small enough to be added up by hand."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from cds_service.replay.rows import Evidence, FoundCriterion, FoundGap, FoundWords, Row

RETENTION = FoundCriterion(
    "ces-urinary-retention",
    "cauda-equina",
    "strong",
    "present",
    evidence=(Evidence("Condition/c3", "Retention of urine", "2026-06-14"),),
)
EMERGENCY = Row(
    case="clinic/p1",
    order="ServiceRequest/o1",
    as_of="2026-06-15",
    study="mr-lumbar-without",
    scenario="S-CES",
    appropriateness="appropriate",
    urgency="emergency",
    cards=("EmergencyEscalate",),
    groups={"cauda-equina": "active", "malignancy": "noted"},
    criteria=(
        RETENTION,
        FoundCriterion(
            "age-over-50", "malignancy", "weak", "present", evidence=(Evidence("Patient/p1"),)
        ),
    ),
    gaps=(FoundGap("observations", "not-provided"),),
    not_understood=(FoundWords("order", "ServiceRequest/o1", "rukking tolls"),),
)
PLAIN = replace(
    EMERGENCY,
    case="clinic/p2",
    order="ServiceRequest/o2",
    as_of="2026-05-02",
    study="xr-cervical+thoracic",
    scenario="S-LBP",
    appropriateness="not-appropriate",
    urgency="routine",
    cards=("NotYetIndicated",),
    groups={},
    criteria=(),
    gaps=(),
    not_understood=(),
)
AGAIN = replace(PLAIN, order="ServiceRequest/o3")
REFUSED = replace(
    PLAIN,
    case="clinic/p3",
    order="ServiceRequest/o4",
    study="",
    scenario=None,
    appropriateness=None,
    urgency=None,
    cards=(),
    gaps=(FoundGap("conditions", "not-provided"),),
)
ROWS = (EMERGENCY, PLAIN, AGAIN, REFUSED)
DETAILS: dict[str, Any] = {
    "run": {"knowledge": "spine-imaging 2026.1", "with_ids": False, "digest": "4:abc"},
    "charts": {"all": 12, "with_orders": 3},
    "made_from": {"ServiceRequest": 4},
    "unread": {"is not JSON": 2},
    "unread_places": [{"file": "Condition.ndjson", "line": 7, "why": "is not JSON"}],
    "orders_by": {
        "clinician": {"Practitioner/large": 7, "Practitioner/small": 2, "not named": 1},
        "clinic": {"<b>North</b> & Co": 9},
    },
    "cards_by": {
        "clinician": {
            "Practitioner/large": {"NotYetIndicated": 7},
            "Practitioner/small": {"EmergencyEscalate": 1},
        },
        "clinic": {"<b>North</b> & Co": {"NotYetIndicated": 8, "EmergencyEscalate": 1}},
    },
    "clinician_days": {
        "Practitioner/large|2026-06-15": {"orders": 6, "cards": {"NotYetIndicated": 6}},
        "Practitioner/large|2026-06-16": {"orders": 1, "cards": {"Appropriate": 1}},
        "Practitioner/small|2026-06-15": {"orders": 2, "cards": {"EmergencyEscalate": 1}},
    },
    "evidence_age": {"ces-urinary-retention": {"0-7": 1}, "age-over-50": {"undated": 1}},
    "modes": {
        "all": {"with_card": 3, "cards": {"EmergencyEscalate": 1, "NotYetIndicated": 2}},
        "actionable": {"with_card": 1, "cards": {"EmergencyEscalate": 1}},
    },
    "readiness": {
        "types": {"Condition": {"charts": 11, "resources": 40, "coded": 38, "dated": 40}},
        "value_sets": {
            "obs-temperature": {
                "charts": 9,
                "dated": 9,
                "valued": 6,
                "unit-missing": 3,
                "by_text": 2,
            },
        },
        "unread_codes": {
            "Condition": {
                "https://ehr.example.org/problems|RETN|Retention of urine, acute": 6,
                "snomed|1234567890|Blighted ovum": 8,
                "||Mary Miller's own words": 1,
            }
        },
        "words": {"order": {"rukking tolls": 5, "call Mary Miller 555-1234": 1}},
    },
}
