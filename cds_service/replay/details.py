"""The counts of a run that no row can hold: plain dicts of numbers, made in any part of it and added up.

Keys, all optional, all values counts unless said otherwise (a key that counts nothing is left out):

* `run`: not counted but told: `knowledge` (id and version), `engine`, `digest`, `rows`, `what_if`, `with_ids`, `paths`.
* `sources`: `files`, `resources`, `hook_calls`, `repeated` (the same resource twice, or an older version),
  `of_other_types` (never read by the service, or nobody's device).
* `resources`: by resource type.
* `unread`: pieces that could not be read, by why. `unread_places`: the first 1,000 as `{"file", "line", "why"}`.
* `charts`: `{"all": n, "with_orders": n}`, one a patient and data set. `calls`, of saved hook calls: `{"all",
  "different", "without_cards", "errors": {status: n}, "cards": {card id: n}}`.
* `different`: `{"all": n}`, orders and calls that came out otherwise than a case expects or a running service answered;
  `different_places`: the first 1,000 as `{"case", "differences"}`.
* `orders`: `{"all": n, "advised": n}`; `problems`: orders without advice, by `source reason`.
* `modes`: of `SPINE_CDS_SHOW` (`all`, `actionable`) → `{"orders": n, "with_card": n, "cards": {card: n}}`, orders with
  advice; a run that was quiet itself has `actionable` alone.
* `made_from`: orders by what they were made from (`ServiceRequest`, `Procedure`, `ImagingStudy`, `what-if`, `call` …).
* `orders_by`: dimension → value → orders. `cards_by`: dimension → value → card (topic code) → cards.
  `criteria_by`: dimension → value → criterion → orders. Dimensions: `month` (`2026-06`), `modality`, `region` (an
  order of two regions counts in both), `clinician`, `clinic`, `dataset`. What the data do not name is `not named`.
* `clinician_days`: `clinician|day` → `{"orders": n, "cards": {card: n}}`.
* `evidence_age`: criterion → orders by age of the newest evidence on the day of the order: `0-7`, `8-30`, `31-90`,
  `91-365`, `366-1825`, `older`, `undated` (days).
* `readiness`, each chart counted once, whatever the dates of its resources:
  `types`: resource type → `{"charts", "resources", "coded", "dated"}`;
  `value_sets`: value set → `{"charts", "dated", "valued", "unit-missing", "unit-unknown", "no-value", "implausible"}`
  (charts with at least one such entry), and `by_text` (charts that hold it by its words alone, never by a code);
  `unread_codes`: resource type → `system|code|display` → charts, codes and local names in no value set;
  `words`: source (prefetch key or `order`) → text → charts or orders, words that were not understood.
  The two open-ended lists keep their most frequent entries only; `cut` tells how many were dropped.

Small counts are not suppressed here: this is a file beside the rows, as confidential as they are. A report does it.
"""

from __future__ import annotations

from typing import Any, Final

MOST_PLACES: Final = 1000
"""Unread pieces that are named; all of them are counted."""

Details = dict[str, Any]


def merge_details(into: Details, other: Details) -> None:
    """Add the counts of another part of the run. Lists are joined, up to the places that are named."""
    for key, value in other.items():
        if isinstance(value, dict):
            merge_details(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            into[key] = (into.get(key, []) + value)[:MOST_PLACES]
        elif isinstance(value, int):
            into[key] = into.get(key, 0) + value
        else:
            into[key] = value


def count(into: Details, *keys: str, by: int = 1) -> None:
    """Count at a place of nested dicts."""
    for key in keys[:-1]:
        into = into.setdefault(key, {})
    into[keys[-1]] = into.get(keys[-1], 0) + by
