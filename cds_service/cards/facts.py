"""What a card rests on, as one short text: two cards with the same facts tell a clinician nothing new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from cds_service.assessment.model import CallAssessment, ChosenCard, Finding, OrderAssessment, Risk

_BYTES = 16


def card_facts(assessment: OrderAssessment, chosen: ChosenCard) -> str:
    """A hash of the card, the study that was ordered, and everything that was found for the order.

    The id of the order and the day are left out: the same order comes again at signing, and tomorrow, with nothing new.
    """
    order, safety = assessment.order, assessment.safety
    return _hashed(
        [
            (chosen.card, chosen.form, chosen.indicator, assessment.scenario, assessment.rating),
            (order.procedure.modality, order.procedure.regions, order.procedure.contrast),
            (order.priority, order.texts, order.not_understood, order.unread_notes),
            tuple(answer.code for answer in order.answers),
            tuple(
                (
                    result.criterion.id,
                    result.state,
                    result.strength,
                    *_evidence(assessment, finding),
                )
                for result in assessment.criteria
                for finding in result.findings
            ),
            tuple((device.reference, device.safety) for device in safety.devices),
            tuple((risk.name, risk.value, risk.reference) for risk in _risks(assessment)),
            (safety.pregnancy.reference, safety.pregnancy.basis) if safety.pregnancy else (),
            tuple(study.reference for study in assessment.duplicates),
            tuple(display for display, _ in assessment.pending),
        ]
    )


def call_facts(call: CallAssessment, chosen: ChosenCard) -> str:
    """The same of a card about the whole call: what could not be read."""
    return _hashed([chosen.card, [(gap.source, gap.reason) for gap in call.gaps], call.missing])


def _evidence(assessment: OrderAssessment, finding: Finding) -> Iterator[object]:
    """What the order says is dated by the order: its words count, not its day."""
    is_own = finding.reference == assessment.order.reference
    yield "" if is_own else finding.reference
    yield finding.display
    yield finding.value
    yield (
        None
        if is_own or finding.when is None
        else (
            finding.when.first.isoformat(),
            finding.when.last.isoformat(),
        )
    )


def _risks(assessment: OrderAssessment) -> Iterator[Risk]:
    safety = assessment.safety
    yield from (*safety.gadolinium, *safety.iodine)


def _hashed(parts: object) -> str:
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=_BYTES).hexdigest()
