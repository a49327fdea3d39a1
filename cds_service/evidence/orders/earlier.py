"""Earlier imaging of the spine, and orders for it that are still open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.evidence.codes.codeable import Concept, read_concept, read_concepts
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.loose_json import as_object, as_text, each, shortened
from cds_service.evidence.model import DateSpan, EarlierStudy, OpenOrder
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.orders.orders import (
    ORDER_TYPES,
    authored_on,
    is_order_any_more,
    read_order_studies,
    read_ordered,
)
from cds_service.evidence.orders.reasons import DISPLAY_LENGTH
from cds_service.evidence.orders.studies import StudySource, read_study
from cds_service.knowledge.model import Modality

_DONE: Final[Mapping[str, frozenset[str]]] = {
    # A preliminary report is no final word, and yet the study was done.
    "DiagnosticReport": frozenset(
        ("final", "amended", "corrected", "appended", "modified", "preliminary")
    ),
    "ImagingStudy": frozenset(("available",)),
    "Procedure": frozenset(("completed",)),
}
_STORED: Final = frozenset(("online", "offline", "nearline"))
"""STU3 and DSTU2: `availability` of an ImagingStudy, which then has no status."""
_OPEN: Final = frozenset(
    (
        *("active", "draft", "on-hold", "suspended"),
        *("proposed", "planned", "requested", "received", "accepted", "in-progress"),
    )
)


def read_earlier_study(
    resource_type: str, body: Mapping[str, object], catalog: Catalog
) -> EarlierStudy | None:
    """The spine study that a DiagnosticReport, an ImagingStudy or a Procedure is of, if it was done.

    None for anything else: another part of the body, not done, cancelled, entered in error, or a study
    whose modality is not known.
    """
    if not is_done(resource_type, body):
        return None
    for source in _sources(resource_type, body, catalog):
        study = read_study(source, catalog)
        if study is not None and study.kind == "known":
            return EarlierStudy(
                reference=f"{resource_type}/{as_text(body.get('id'))}",
                display=shortened(study.display, DISPLAY_LENGTH),
                procedure=study.procedure,
                when=study_date(body),
            )
    return None


def read_open_order(body: Mapping[str, object], catalog: Catalog) -> OpenOrder | None:
    """The spine study that an order on record asks for, while it is open; None for any other order."""
    resource_type = as_text(body.get("resourceType"))
    if resource_type not in ORDER_TYPES or not is_order_any_more(body):
        return None
    if as_text(body.get("status")).lower() not in _OPEN:
        return None
    known = (s for s in read_order_studies(body, read_ordered(body), catalog) if s.kind == "known")
    study = next(known, None)
    if study is None:
        return None
    return OpenOrder(
        reference=f"{resource_type}/{as_text(body.get('id'))}",
        display=shortened(study.display, DISPLAY_LENGTH),
        procedure=study.procedure,
        authored=authored_on(body),
    )


def is_done(resource_type: str, body: Mapping[str, object]) -> bool:
    """True when the resource says that its study was done; False for one that is no study."""
    done = _DONE.get(resource_type)
    if done is None:
        return False
    status = as_text(body.get("status")).lower()
    if status:
        return status in done
    return as_text(body.get("availability")).lower() in _STORED


def _sources(
    resource_type: str, body: Mapping[str, object], catalog: Catalog
) -> Iterator[StudySource]:
    """What says which study it was, the best first."""
    sites = read_concepts(body.get("bodySite"))
    if resource_type != "ImagingStudy":
        yield StudySource(
            read_concept(body.get("code")), sites, read_concepts(body.get("category"))
        )
        return
    series = tuple(as_object(entry) for entry in each(body.get("series")))
    sites = tuple(dict.fromkeys(s for one in series for s in read_concepts(one.get("bodySite"))))
    modality = _dicom_modality(body, series, catalog)
    code = read_concept([*each(body.get("procedureCode")), *each(body.get("procedure"))])
    description = as_text(body.get("description"))
    yield StudySource(
        Concept(code.text or description, code.codings),
        sites,
        contrast_texts=(description,) if description else (),
        modality=modality,
    )
    names = dict.fromkeys(as_text(one.get("description")) for one in series)
    if any(names):
        yield StudySource(Concept("; ".join(filter(None, names)), ()), sites, modality=modality)


def _dicom_modality(
    body: Mapping[str, object], series: tuple[Mapping[str, object], ...], catalog: Catalog
) -> Modality | None:
    stated = {
        coding.code.upper()
        for value in (
            *each(body.get("modality")),
            *each(body.get("modalityList")),
            *(one.get("modality") for one in series),
        )
        for concept in read_concepts(value)
        for coding in concept.codings
    }
    return next((ours for code, ours in catalog.dicom_modality.items() if code in stated), None)


def study_date(body: Mapping[str, object]) -> DateSpan | None:
    """When the study was done: effective, performed, occurred or started, else issued."""
    for name in ("effective", "performed", "occurrence"):
        period = as_object(body.get(f"{name}Period"))
        for value in (body.get(f"{name}DateTime"), period.get("end"), period.get("start")):
            found = read_date(as_text(value))
            if found is not None:
                return found
    for name in ("started", "issued"):
        found = read_date(as_text(body.get(name)))
        if found is not None:
            return found
    return None
