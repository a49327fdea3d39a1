"""Records that ask most of the service: CPU time of one call as they double, and how often that is the one before.

About two is linear. The last row doubles orders and record, and the answer lists every finding once an order: there
about four is. worst_cases.py [LARGEST]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from bodies import AS_OF, small

from cds_service.advice import AdviceOptions, CompiledGuideline, advise, compile_guideline
from cds_service.cds_hooks.profiles import GENERIC
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.cds_hooks.response import response_json
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.loader import load_guideline

Json = dict[str, Any]
_SMALLEST: Final = 1000
_LARGEST: Final = 8000
_RESOURCES_AN_ORDER: Final = 80
_OPTIONS: Final = AdviceOptions(
    is_quiet=False,
    explain=True,
    pama=True,
    qcdsm_id=None,
    card_on_missing_data=False,
    jurisdiction="us",
    site_country=None,
)


def _condition(number: int, text: str, **changes: Any) -> Json:
    """An entry of the last year in words that no other entry has."""
    day = (AS_OF - timedelta(days=number % 300)).isoformat()
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "code": {"text": f"{text} {number}"},
        "onsetDateTime": day,
        "recordedDate": day,
    } | changes


def _status(code: str) -> Json:
    return {"coding": [{"code": code}]}


def _one_finding(count: int) -> Json:
    return _call([_condition(i, "Foot drop") for i in range(count)])


def _one_symptom(count: int) -> Json:
    return _call([_condition(i, "Low back pain") for i in range(count)])


def _half_refuted(count: int) -> Json:
    status = {"verificationStatus": _status("refuted")}
    return _call([_condition(i, "Foot drop", **(status if i % 2 else {})) for i in range(count)])


def _past_cancers(count: int) -> Json:
    past = {"clinicalStatus": _status("resolved")}
    return _call([_condition(i, "Breast cancer", **past) for i in range(count)])


def _surgery_and_symptoms(count: int) -> Json:
    texts = ("History of lumbar fusion", "Low back pain")
    return _call([_condition(i, texts[i % 2]) for i in range(count)])


def _earlier_studies(count: int) -> Json:
    half = count // 2
    reports = [
        {
            "resourceType": "DiagnosticReport",
            "id": f"r{i}",
            "status": "final",
            "code": {"text": "MRI lumbar spine"},
            "effectiveDateTime": (AS_OF - timedelta(days=i % 300)).isoformat(),
        }
        for i in range(half)
    ]
    return _call([_condition(i, "Low back pain") for i in range(half)], reports=reports)


def _orders_and_record(count: int) -> Json:
    texts = ("Low back pain", "Foot drop", "Osteoporosis", "Hypertension")
    conditions = [_condition(i, texts[i % 4]) for i in range(count)]
    return _call(conditions, orders=count // _RESOURCES_AN_ORDER)


_KINDS: Final[dict[str, Callable[[int], Json]]] = {
    "one finding": _one_finding,
    "one symptom": _one_symptom,
    "one finding, half refuted": _half_refuted,
    "past cancers": _past_cancers,
    "surgery and symptoms": _surgery_and_symptoms,
    "symptoms and earlier studies": _earlier_studies,
    f"an order for every {_RESOURCES_AN_ORDER} entries": _orders_and_record,
}


def _call(conditions: list[Json], *, orders: int = 1, **sources: list[Json]) -> Json:
    call: Json = json.loads(small())
    drafts = call["context"]["draftOrders"]["entry"]
    order = drafts[0]["resource"]
    call["context"]["draftOrders"]["entry"] = [
        {"resource": order | {"id": f"draft-{i}"}} for i in range(orders)
    ]
    call["context"]["selections"] = [f"ServiceRequest/draft-{i}" for i in range(orders)]
    for key, found in ({"conditions": conditions} | sources).items():
        call["prefetch"][key] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": item} for item in found],
        }
    return call


def _seconds(body: bytes, compiled: CompiledGuideline) -> float:
    start = time.process_time()
    request = parse_hook_request("bench", body)
    sources = complete(request, requirements_for(request.hook), None)
    advice = advise(request, sources, compiled, AS_OF, _OPTIONS)
    response_json(advice.cards, advice.system_actions, advice.extension_json, GENERIC)
    return time.process_time() - start


def main(largest: int) -> None:
    """Every kind at every size, the least of three calls."""
    compiled = compile_guideline(load_guideline())
    sizes = [_SMALLEST]
    while sizes[-1] * 2 <= largest:
        sizes.append(sizes[-1] * 2)
    print(f"| entries | {' | '.join(f'{size:,}' for size in sizes)} |")
    print(f"|---|{'---:|' * len(sizes)}")
    for kind, made in _KINDS.items():
        cells, before = [], 0.0
        for size in sizes:
            body = json.dumps(made(size)).encode()
            least = min(_seconds(body, compiled) for _ in range(3))
            cells.append(f"{least:.2f} s" + (f" (× {least / before:.1f})" if before else ""))
            before = least
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _LARGEST)
