"""Cards of one call: one primary card an order, safety and data cards beside it, never more than the limit.

Read `render_cards` first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from msgspec import structs

from cds_service.assessment.assess import AssessedCall
from cds_service.assessment.case import Case
from cds_service.assessment.model import Conflict, OrderAssessment
from cds_service.cards.detail import Detail, citation_text
from cds_service.cards.ids import OVERRIDE_SYSTEM, card_uuid, numbered, topic
from cds_service.cards.names import cut, date_text, value_text
from cds_service.cards.options import Answering
from cds_service.cards.suggestions import made_suggestions
from cds_service.cards.summary import Form, Subject, card_form, filled_summary
from cds_service.cds_hooks.markdown import escaped
from cds_service.cds_hooks.model import Card, Coding, Indicator
from cds_service.evidence.model import Gap
from cds_service.knowledge.anchors import Cards, Citations, Criteria, Groups
from cds_service.knowledge.model import CardText, Guideline, Level

_PARTIAL = Cards.PARTIAL_DATA
_RADIATION = ("CT", "CTM", "XR", "RF", "NM", "PET")
_REQUIRED_KEYS = ("patient", "conditions", "dispatchedOrders")


@dataclass(frozen=True, slots=True)
class OrderCards:
    """The cards about one order, in the order in which they are shown."""

    order: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class RenderedCall:
    """All cards of one call."""

    orders: tuple[OrderCards, ...]
    call_cards: tuple[Card, ...]
    """About the whole call: what could not be read."""

    @property
    def cards(self) -> tuple[Card, ...]:
        """Every card, most serious first, in the order of the orders."""
        every = [card for item in self.orders for card in item.cards]
        every += self.call_cards
        levels = ("critical", "warning", "info")
        return tuple(sorted(every, key=lambda card: levels.index(card.indicator)))


def render_cards(assessed: AssessedCall, answering: Answering) -> RenderedCall:
    """The cards of one call. Nothing over the limit is lost: it becomes a line of the primary card."""
    gaps = assessed.assessment.gaps
    missing = _missing_keys(assessed)
    orders = tuple(
        OrderCards(
            assessment.order.reference,
            _OrderRenderer(case, assessment, answering, gaps, missing).cards(len(assessed.cases)),
        )
        for case, assessment in zip(assessed.cases, assessed.assessment.orders, strict=True)
    )
    call_cards: tuple[Card, ...] = ()
    if missing and assessed.cases:
        renderer = _OrderRenderer(
            assessed.cases[0], assessed.assessment.orders[0], answering, gaps, missing
        )
        call_cards = (renderer.partial_card(),)
    return RenderedCall(_told_apart(orders), call_cards)


def _told_apart(orders: tuple[OrderCards, ...]) -> tuple[OrderCards, ...]:
    """The same, but cards about a second study under the same id get uuids of their own.

    Several items of one order share its id, and so may drafts of a careless client; feedback is kept by uuid.
    """
    seen: Counter[str] = Counter()
    found = []
    for item in orders:
        number = seen[item.order]
        seen[item.order] += 1
        cards = tuple(numbered(card, number) for card in item.cards) if number else item.cards
        found.append(replace(item, cards=cards))
    return tuple(found)


def _missing_keys(assessed: AssessedCall) -> tuple[str, ...]:
    """Required and softening keys that were not fully read, and criteria that failed, in the words of the card."""
    if not assessed.cases:
        return ()
    guideline = assessed.cases[0].rules.guideline
    deciding = (*_REQUIRED_KEYS, *guideline.card_limits.softening_keys)
    gaps = assessed.assessment.gaps
    keys = [
        key
        for key in deciding
        if any(gap.source == key and gap.note not in guideline.wording.detail for gap in gaps)
    ]
    if assessed.assessment.failed_criteria:
        keys.append(guideline.wording.detail["one_criterion"])
    return tuple(keys)


class _OrderRenderer:
    """Renders the cards of one order."""

    def __init__(
        self,
        case: Case,
        assessment: OrderAssessment,
        answering: Answering,
        gaps: Sequence[Gap],
        missing: tuple[str, ...],
    ) -> None:
        self._case = case
        self._assessment = assessment
        self._answering = answering
        self._gaps = gaps
        self._missing = missing
        self._guideline: Guideline = case.rules.guideline
        self._texts = case.rules.card_texts
        self._orders_in_call = 1

    def cards(self, orders_in_call: int) -> tuple[Card, ...]:
        """The cards of the order: chosen, limited, softened, in order of weight."""
        self._orders_in_call = orders_in_call
        subjects = self._limited_by_policy(self._subjects())
        kept, over = self._within_limit(subjects)
        levels = self._guideline.card_limits.order
        cards = [
            self._card(subject, over if position == 0 else ())
            for position, subject in enumerate(kept)
        ]
        return tuple(sorted(cards, key=lambda card: levels.index(card.indicator)))

    def _subjects(self) -> list[Subject]:
        """Primary card first, then the added cards in the order in which they are kept."""
        names: list[tuple[str, Conflict | None]] = []
        primary = self._assessment.primary_card
        if primary is not None:
            names.append((primary, None))
        if primary == Cards.UNMAPPED_ORDER:
            return [self._subject(primary)]
        names += [(name, conflict) for name, conflict in self._added() if name != primary]
        return [self._subject(name, conflict) for name, conflict in names]

    def _subject(self, name: str, conflict: Conflict | None = None) -> Subject:
        form = card_form(self._case, self._texts[name])
        if conflict is not None and form.variant is not None and not conflict.in_emergency_group:
            form = Form(form.card, None)
        return Subject(
            self._case, self._assessment, form, self._orders_in_call, self._missing, conflict
        )

    def _added(self) -> list[tuple[str, Conflict | None]]:
        assessment, case = self._assessment, self._case
        procedure = assessment.order.procedure
        found: dict[str, Conflict | None] = {}
        if case.level(Groups.VASCULAR) is Level.POSSIBLE:
            found[Cards.NON_SPINAL_CAUSE] = None
        if procedure.modality == "MR" and assessment.safety.devices:
            found[Cards.MRI_SAFETY] = None
        if assessment.safety.pregnancy is not None and (
            procedure.modality in _RADIATION
            or (procedure.modality == "MR" and procedure.contrast in ("with", "without-and-with"))
        ):
            found[Cards.PREGNANCY] = None
        if case.contrast_risk is not None:
            found[Cards.CONTRAST_SAFETY] = None
        if assessment.duplicates:
            found[Cards.DUPLICATE_RECENT] = None
        if assessment.pending:
            found[Cards.DUPLICATE_PENDING] = None
        if assessment.conflicts:
            first = min(assessment.conflicts, key=lambda item: not item.in_emergency_group)
            found[Cards.CONFLICTING_DATA] = first
        keep = self._guideline.card_limits.keep_first
        return sorted(found.items(), key=lambda item: keep.index(item[0]))

    def _limited_by_policy(self, subjects: list[Subject]) -> list[Subject]:
        """Without cards that the site, the patient's situation or missing data leave out."""
        limits = self._guideline.card_limits
        options = self._answering.options
        record = self._case.chart.record
        is_dying = record.in_hospice or (record.person is not None and record.person.is_deceased)
        has_no_conditions = (
            any(
                gap.source == "conditions"
                and gap.reason in ("not-provided", "failed", "unreadable")
                for gap in self._gaps
            )
            and "conditions" not in record.read_keys
        )
        kept = []
        for subject in subjects:
            name = subject.form.card.id
            if name in options.hidden_cards and self._indicator(subject) != "critical":
                continue
            if is_dying and name in limits.low_value:
                continue
            if has_no_conditions and name in limits.drop_when_condition_unread:
                continue
            if (
                options.is_quiet
                and name in limits.quiet_mode_drops
                and subject.form.name not in limits.quiet_mode_keeps_forms
            ):
                continue
            kept.append(subject)
        has_warning = any(self._indicator(subject) != "info" for subject in kept)
        if has_warning and limits.drop_appropriate_if_any_warning:
            kept = [subject for subject in kept if subject.form.card.id != Cards.APPROPRIATE]
        return kept

    def _within_limit(self, subjects: list[Subject]) -> tuple[list[Subject], tuple[str, ...]]:
        """The cards that are shown, and the summaries of the others. The card about missing data counts."""
        limits = self._guideline.card_limits
        room = limits.max_per_order
        if not self._missing:
            return subjects[:room], tuple(filled_summary(item) for item in subjects[room:])
        partial_rank = limits.keep_first.index(_PARTIAL)
        before = [
            item
            for position, item in enumerate(subjects)
            if position == 0 or limits.keep_first.index(item.form.card.id) < partial_rank
        ]
        # the card about the whole call is shown in any case; it takes one place
        shown = before[: room - 1]
        rest = [item for item in subjects if item not in shown]
        shown += rest[: max(0, room - 1 - len(shown))]
        over = [item for item in subjects if item not in shown]
        return shown, tuple(filled_summary(item) for item in over)

    def _indicator(self, subject: Subject) -> Indicator:
        limits = self._guideline.card_limits
        name = subject.form.card.id
        softening = ("conditions", *limits.softening_keys)
        softened = any(
            gap.source in softening and gap.note not in self._guideline.wording.detail
            for gap in self._gaps
        )
        worsening = self._case.criterion(Criteria.PAIN_WORSENING) is not None
        if (softened and name in limits.soften_when_partial) or (
            worsening and name in limits.soften_when_worsening
        ):
            return "info"
        return cast("Indicator", subject.form.indicator)

    def _card(self, subject: Subject, over: tuple[str, ...]) -> Card:
        text = subject.form.card
        is_primary = text.id == self._assessment.primary_card
        detail = Detail(subject, self._answering, self._gaps)
        sources = detail.sources() if is_primary else self._added_sources(text)
        body = detail.primary(over) if is_primary else self._added_detail(detail, subject, over)
        return self._made(
            text,
            summary=filled_summary(subject),
            detail=body,
            indicator=self._indicator(subject),
            sources=sources,
            subject=subject,
        )

    def _added_detail(self, detail: Detail, subject: Subject, over: tuple[str, ...]) -> str:
        name = subject.form.card.id
        found = self._added_evidence(detail, subject)
        lines = [self._guideline.wording.detail[key] for key in self._added_sentences(name)]
        sources = self._added_sources(subject.form.card)
        return detail.added(found, sources, [*lines, *(escaped(line) for line in over)])

    def _added_sources(self, text: CardText) -> list[str]:
        """Of the card; the aortic one rests on what was found."""
        sources = list(text.sources)
        if text.id == Cards.NON_SPINAL_CAUSE:
            sources += [
                source
                for result in self._case.criteria_of(Groups.VASCULAR)
                for source in result.criterion.sources
            ]
        return sources or [Citations.POLICY]

    def _added_sentences(self, name: str) -> tuple[str, ...]:
        if name == Cards.CONTRAST_SAFETY and self._assessment.order.procedure.modality == "MR":
            return ("contrast_if_needed",)
        if name == Cards.MRI_SAFETY and self._assessment.alternative is None:
            return ("mri_unsafe_no_study",)
        if name == Cards.CONFLICTING_DATA:
            return ("conflicting_refuted",)
        return ()

    def _added_evidence(self, detail: Detail, subject: Subject) -> list[str]:
        assessment, words = self._assessment, self._guideline.wording.detail
        undated = words["undated"]
        name = subject.form.card.id
        if name == Cards.MRI_SAFETY:
            return [
                detail.line(device.display, date_text(device.when, undated), device.reference)
                for device in assessment.safety.devices
            ]
        if name == Cards.PREGNANCY and assessment.safety.pregnancy is not None:
            basis = assessment.safety.pregnancy
            return [detail.line(basis.display, date_text(basis.when, undated), basis.reference)]
        if name == Cards.CONTRAST_SAFETY and self._case.contrast_risk is not None:
            risk = self._case.contrast_risk
            value = value_text(risk.value, self._guideline.wording.short_names)
            shown = f"{risk.display} {value}" if value else risk.display
            return [detail.line(shown, date_text(risk.when, undated), risk.reference)]
        if name == Cards.DUPLICATE_RECENT:
            return [
                detail.line(study.display, date_text(study.when, undated), study.reference)
                for study in assessment.duplicates[:3]
            ]
        if name == Cards.DUPLICATE_PENDING:
            return [escaped(cut(display, 80)) for display, _ in assessment.pending[:3]]
        if name == Cards.NON_SPINAL_CAUSE:
            return [
                detail.criterion_line(result) for result in self._case.criteria_of(Groups.VASCULAR)
            ]
        if name == Cards.CONFLICTING_DATA and subject.conflict is not None:
            result = self._case.criterion(subject.conflict.criterion.id)
            return [detail.criterion_line(result)] if result is not None else []
        return []

    def partial_card(self) -> Card:
        """The card that says what could not be read."""
        subject = self._subject(_PARTIAL)
        return structs.replace(
            self._made(
                self._texts[_PARTIAL],
                summary=filled_summary(replace(subject, orders_in_call=1)),
                detail=Detail(subject, self._answering, self._gaps).partial(),
                indicator=cast("Indicator", subject.form.indicator),
                sources=[Citations.POLICY],
                subject=subject,
            ),
            uuid=card_uuid(self._answering.request, "", _PARTIAL),
            order=None,
        )

    def _made(
        self,
        text: CardText,
        *,
        summary: str,
        detail: str,
        indicator: Indicator,
        sources: Sequence[str],
        subject: Subject,
    ) -> Card:
        citation = self._guideline.citations[sources[0].partition(" ")[0]]
        reasons = self._guideline.wording.override_reason
        reference = self._assessment.order.reference
        return Card(
            id=text.id,
            uuid=card_uuid(self._answering.request, reference, text.id),
            summary=summary,
            detail=detail,
            indicator=indicator,
            source_label=citation_text(citation)[:1].upper() + citation_text(citation)[1:],
            source_url=citation.url,
            topic=topic(text.id),
            suggestions=made_suggestions(subject, self._answering),
            override_reasons=tuple(
                Coding(OVERRIDE_SYSTEM, name, reasons[name]) for name in text.overrides
            ),
            order=reference,
        )
