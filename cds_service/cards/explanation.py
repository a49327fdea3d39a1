"""The machine-readable explanation that goes with every answer."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from cds_service.assessment.model import (
    CallAssessment,
    CriterionResult,
    Finding,
    OrderAssessment,
)
from cds_service.cards.render import RenderedCall
from cds_service.cds_hooks.model import StrictFinding
from cds_service.evidence.model import DateSpan
from cds_service.knowledge.model import Content
from cds_service.knowledge.vocabulary import Vocabulary

_MAX_UNREAD: Final = 20
_MAX_STRICT: Final = 100
"""Findings that are listed; the header has the number of all."""


def explanation_json(
    assessment: CallAssessment,
    rendered: RenderedCall,
    knowledge: tuple[Content, Vocabulary | None],
    as_of: date,
    strict_findings: tuple[StrictFinding, ...] = (),
) -> dict[str, Any]:
    """What was concluded, from what, and what could not be read. Empty lists are left out."""
    shown = {item.order: item.cards for item in rendered.orders}
    of_record = [
        {"source": source, "reference": entry.reference, "text": entry.text}
        for source, entries in (
            ("conditions", assessment.not_understood),
            ("observations", assessment.unread_values),
        )
        for entry in entries
    ]
    explanation: dict[str, Any] = {
        "knowledge": _knowledge_json(*knowledge),
        "asOf": as_of.isoformat(),
        "assessments": [
            _order_json(
                order, [card.topic.code for card in shown[order.order.reference]], of_record
            )
            for order in assessment.orders
        ],
    }
    if rendered.call_cards:
        explanation["callCards"] = [card.topic.code for card in rendered.call_cards]
    gaps = list(dict.fromkeys((gap.source, gap.reason) for gap in assessment.gaps))
    if gaps:
        explanation["gaps"] = [{"source": source, "reason": reason} for source, reason in gaps]
    if strict_findings:
        explanation["strictFindings"] = [
            {
                "source": found.source,
                "reference": found.reference,
                "path": found.path,
                "kind": found.kind,
            }
            for found in strict_findings[:_MAX_STRICT]
        ]
    return explanation


def _knowledge_json(content: Content, vocabulary: Vocabulary | None) -> dict[str, Any]:
    named: dict[str, Any] = {"id": content.id, "version": content.version}
    if vocabulary is not None:
        named["vocabulary"] = vocabulary_origin(vocabulary)
    return named


def vocabulary_origin(vocabulary: Vocabulary) -> dict[str, Any]:
    """The day that a site's vocabulary was made, and from what."""
    origins = [f"{o.kind} {o.name} {o.version}".strip() for o in vocabulary.origins]
    return {"version": vocabulary.version, "origins": origins}


def _order_json(
    order: OrderAssessment, cards: list[str], of_record: list[dict[str, str]]
) -> dict[str, Any]:
    procedure = order.order.procedure
    body: dict[str, Any] = {"order": order.order.reference, "procedure": {}}
    if procedure.modality is not None:
        body["procedure"]["modality"] = procedure.modality
    if procedure.regions:
        body["procedure"]["regions"] = list(procedure.regions)
    body["procedure"]["contrast"] = procedure.contrast
    body["scenario"] = order.scenario
    body["appropriateness"] = order.appropriateness.value
    body["urgency"] = order.urgency.value
    if order.groups:
        body["groups"] = {result.group.id: result.level.value for result in order.groups}
    if order.criteria:
        body["criteria"] = [_criterion_json(result) for result in order.criteria]
    unread = [
        {"source": "order", "reference": order.order.reference, "text": text}
        for text in (*order.order.not_understood, *order.order.unread_notes)
    ] + of_record
    if unread:
        body["notUnderstood"] = unread[:_MAX_UNREAD]
    if len(unread) > _MAX_UNREAD:
        body["notUnderstoodCount"] = len(unread)
    if cards:
        body["cards"] = cards
    return body


def _criterion_json(result: CriterionResult) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": result.criterion.id,
        "group": result.group,
        "strength": result.criterion.strength.value,
        "state": result.state.value,
    }
    if result.strength is not None and result.strength is not result.criterion.strength:
        body["counted"] = result.strength.value
    body["evidence"] = [_evidence_json(finding) for finding in result.findings]
    return body


def _evidence_json(finding: Finding) -> dict[str, Any]:
    body: dict[str, Any] = {"reference": finding.reference, "display": finding.display}
    when = _date_json(finding.when)
    if when:
        body["date"] = when
    if finding.value:
        body["value"] = finding.value
    if finding.from_order_text:
        body["stated"] = True
        body["quote"] = finding.quote or finding.display
    return {key: value for key, value in body.items() if value}


def _date_json(span: DateSpan | None) -> str:
    """A FHIR date of the precision that the record has."""
    if span is None:
        return ""
    if span.is_exact:
        return span.first.isoformat()
    if (span.first.year, span.first.month) == (span.last.year, span.last.month):
        return span.first.isoformat()[:7]
    return str(span.first.year)
