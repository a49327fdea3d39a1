"""The floor: what any Flask service pays for the same bodies on the same server.

It decodes the fields that a rule could read, looks up the codes of the conditions and answers a card for each known
one. It knows no guideline, no dates and no words, so nobody can use it; what the service costs above it is the advice.
"""

from __future__ import annotations

import os
from typing import Any, Final

import msgspec
from flask import Flask, Response, request

from cds_service.settings import load_settings
from cds_service.web.receiving import Receiver
from cds_service.web.server import received, run_server

_SNOMED: Final = "http://snomed.info/sct"
_ICD: Final = "http://hl7.org/fhir/sid/icd-10-cm"
_KNOWN: Final = {
    (_SNOMED, "363346000"): "Cancer",
    (_ICD, "C50.911"): "Cancer",
    (_SNOMED, "64859006"): "Osteoporosis",
    (_ICD, "M81.0"): "Osteoporosis",
} | {(_ICD, f"ZZ{group}.{code}"): f"Group {group}" for group in range(12) for code in range(60)}


class _Coding(msgspec.Struct):
    code: str | None = None
    system: str | None = None


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []
    text: str | None = None


class _Quantity(msgspec.Struct):
    value: float | None = None
    unit: str | None = None
    code: str | None = None


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str | None = None
    code: _Concept | None = None
    clinical_status: _Concept | None = None
    verification_status: _Concept | None = None
    status: str | None = None
    onset_date_time: str | None = None
    effective_date_time: str | None = None
    value_quantity: _Quantity | None = None
    birth_date: str | None = None


class _Entry(msgspec.Struct):
    resource: _Resource | None = None


class _Bundle(msgspec.Struct):
    entry: list[_Entry] = []


class _Prefetch(msgspec.Struct):
    patient: _Resource
    conditions: _Bundle
    observations: _Bundle


class _Call(msgspec.Struct, rename="camel"):
    hook: str
    hook_instance: str
    context: dict[str, Any]
    prefetch: _Prefetch


_call: Final = msgspec.json.Decoder(_Call)


def floor_answer(body: bytes) -> bytes:
    """The answer to one call."""
    found: dict[str, str | None] = {}
    for entry in _call.decode(body).prefetch.conditions.entry:
        resource = entry.resource
        for coding in resource.code.coding if resource and resource.code else ():
            name = _KNOWN.get((coding.system or "", coding.code or ""))
            if name and resource:
                found[name] = resource.id
    cards = [
        {
            "summary": f"Red flag: {name}",
            "indicator": "warning",
            "detail": f"Condition/{id_}",
            "source": {"label": "floor"},
        }
        for name, id_ in found.items()
    ]
    return msgspec.json.encode({"cards": cards})


def worker() -> Receiver:
    """The floor as a worker process serves it."""
    return received(floor(), load_settings(os.environ))


def floor() -> Flask:
    """The app."""
    app = Flask(__name__, static_folder=None)

    @app.get("/health/ready")
    def ready() -> Response:
        return Response(b"{}", mimetype="application/json")

    @app.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        del service_id
        return Response(floor_answer(request.get_data(cache=False)), mimetype="application/json")

    return app


if __name__ == "__main__":
    run_server("floor_app:worker", load_settings(os.environ))
