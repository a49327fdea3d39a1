"""The clinical scenarios, and what is answered to them; each is answered once in a run of tests."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.advice import Advice, AdviceOptions, CompiledGuideline, advise
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from tests import shipped
from tests.compact import body

_HERE = Path(__file__).parent
PATIENT = {"sex": "female", "birthDate": "1985-02-03"}
ORDERS = [
    {
        "id": "o1",
        "cpt": "72148",
        "text": "MRI lumbar spine without contrast",
        "reason": [{"icd10": "M54.50", "text": "Low back pain"}],
    }
]


@dataclass(frozen=True)
class Case:
    file: str
    as_of: date
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        return f"{self.file}: {self.data['title']}"


def _plain(value: Any) -> Any:
    """TOML dates as FHIR writes them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _files() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_HERE.glob("*.toml"))
    ]


def _cases() -> list[Case]:
    return [
        Case(name, case.get("as_of", content["as_of"]), _plain(case))
        for name, content in _files()
        for case in content["case"]
    ]


CASES = _cases()


def advice_of(case: Case, compiled: CompiledGuideline) -> Advice:
    """What is answered to a case with a guideline."""
    data = {"patient": PATIENT, "orders": ORDERS, **case.data}
    hook = data.get("hook", "order-select")
    request = parse_hook_request(f"spine-imaging-{hook}", body(data))
    sources = complete(request, requirements_for(request.hook), None)
    options = AdviceOptions(
        jurisdiction=data.get("jurisdiction", "us"),
        site_country=data.get("site_country"),
        is_quiet=data.get("quiet", False),
        pama=True,
        qcdsm_id=None,
        explain=True,
        card_on_missing_data=False,
        gives_links=data.get("links", False),
    )
    return advise(request, sources, compiled, case.as_of, options)


_ANSWERED: dict[str, Advice] = {}


def answered(case: Case) -> Advice:
    """What the shipped guideline answers to a case.

    Raises PatientDataUnavailable as `advise` does.
    """
    if case.id not in _ANSWERED:
        _ANSWERED[case.id] = advice_of(case, shipped.compiled())
    return _ANSWERED[case.id]


def is_answered(case: Case) -> bool:
    """False when what is expected is an error."""
    return "missing" not in case.data["expect"]


def all_answered() -> Iterator[tuple[Case, Advice]]:
    """Every case that has an answer, with it."""
    return ((case, answered(case)) for case in CASES if is_answered(case))
