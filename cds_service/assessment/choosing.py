"""Which cards an order gets, in which form, and which find no room. Read `choose_cards` first."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cds_service.assessment.case import Case
from cds_service.assessment.modalities import ENHANCED, IONIZING
from cds_service.assessment.model import AGE, ChosenCard, Conflict, CriterionResult, GroupResult
from cds_service.assessment.naming import named_finding, named_group
from cds_service.assessment.offers import made_offers
from cds_service.assessment.rules import CardForm, Rules
from cds_service.cds_hooks.model import Indicator
from cds_service.evidence.model import EarlierStudy, Gap, StudyProcedure
from cds_service.evidence.record.types import REQUIRED_KEYS
from cds_service.knowledge.anchors import NOTED_FORMS, Cards, Criteria, Groups
from cds_service.knowledge.members import POSSIBLE

PARTIAL = Cards.PARTIAL_DATA
_DISPATCHED = "dispatchedOrders"
_PATIENT = "patient"
_UNMAPPED = Cards.UNMAPPED_ORDER
_DEATH, _END_OF_LIFE = "death", "end-of-life"
"""`by` of the exceptions."""


class Unread(Struct, frozen=True, gc=False):
    """What was not read, as far as it changes the cards of every order of the call."""

    missing: tuple[str, ...]
    """Prefetch keys that decide and were not fully read."""
    is_partial: bool
    """There is a card about what is missing: it takes one place of every order."""
    softens: bool
    """A source is missing that negative advice rests on."""
    without_conditions: bool
    """Nothing of the problem list came."""


def unread(
    gaps: Sequence[Gap], read_keys: frozenset[str], rules: Rules, *, has_failed: bool
) -> Unread:
    """What the gaps of a call mean for its cards. One that the wording has a sentence for is no missing key."""
    softening = rules.guideline.card_limits.softening_keys
    open_sources = {
        gap.source for gap in gaps if gap.note not in rules.gap_notes or gap.source == _PATIENT
    }
    missing = tuple(key for key in (*REQUIRED_KEYS, _DISPATCHED, *softening) if key in open_sources)
    return Unread(
        missing=missing,
        is_partial=bool(missing) or has_failed,
        softens=not open_sources.isdisjoint(("conditions", *softening)),
        without_conditions="conditions" not in read_keys
        and any(gap.source == "conditions" and gap.reason != "partial" for gap in gaps),
    )


class CardReasons(Struct, frozen=True, gc=False):
    """What cards beside the primary one come of, apart from the case itself."""

    duplicates: tuple[EarlierStudy, ...]
    pending: tuple[tuple[str, StudyProcedure], ...]


class _Candidate(Struct, frozen=True, gc=False):
    """A card before it is known whether it is shown."""

    form: CardForm
    indicator: Indicator
    conflict: Conflict | None = None


def choose_cards(
    case: Case, reasons: CardReasons, lacking: Unread
) -> tuple[tuple[ChosenCard, ...], tuple[ChosenCard, ...]]:
    """The cards of an order, most important first, and those over the limit: nothing of them is lost."""
    candidates = [
        _candidate(case, name, conflict, lacking)
        for name, conflict in _wanted(case, reasons).items()
    ]
    shown, left_out = _within_limit(_limited_by_policy(case, candidates, lacking), case, lacking)
    return (
        tuple(_chosen(case, item, with_offers=True) for item in shown),
        tuple(_chosen(case, item, with_offers=False) for item in left_out),
    )


def partial_card(case: Case) -> ChosenCard:
    """The card about what could not be read, as the first order of the call has it."""
    form = _form(case, PARTIAL)
    return _chosen(case, _Candidate(form, form.indicator), with_offers=True)


def _wanted(case: Case, reasons: CardReasons) -> dict[str, Conflict | None]:
    """The primary card first, then the added ones in the order in which they are kept."""
    primary = case.primary_card
    wanted: dict[str, Conflict | None] = {primary: None} if primary is not None else {}
    if primary == _UNMAPPED:
        return wanted
    rank = case.rules.keep_rank
    for name, conflict in sorted(_added(case, reasons).items(), key=lambda item: rank[item[0]]):
        wanted.setdefault(name, conflict)
    return wanted


def _added(case: Case, reasons: CardReasons) -> dict[str, Conflict | None]:
    procedure, safety = case.order.procedure, case.call.safety
    added: dict[str, Conflict | None] = {}
    if case.levels[Groups.VASCULAR] is POSSIBLE:
        added[Cards.NON_SPINAL_CAUSE] = None
    person = case.chart.record.person
    if person is not None and person.is_deceased:
        added[Cards.PATIENT_DECEASED] = None
    if procedure.modality == "MR" and safety.devices:
        added[Cards.MRI_SAFETY] = None
    if safety.pregnancy is not None and (
        procedure.modality in IONIZING
        or (procedure.modality == "MR" and procedure.contrast in ENHANCED)
    ):
        added[Cards.PREGNANCY] = None
    if case.contrast_risk is not None:
        added[Cards.CONTRAST_SAFETY] = None
    # one ask, one card: an order that is still open is later than every study of the kind
    if reasons.pending:
        added[Cards.DUPLICATE_PENDING] = None
    elif reasons.duplicates and not case.is_planned_check:
        added[Cards.DUPLICATE_RECENT] = None
    if case.found.conflicts:
        added[Cards.CONFLICTING_DATA] = min(
            case.found.conflicts, key=lambda item: not item.in_emergency_group
        )
    return added


def _form(case: Case, card: str) -> CardForm:
    """The first form of the card that holds; the plain one always does."""
    return next(
        form for form in case.rules.card_forms[card] if form.when is None or form.when(case)
    )


def _candidate(case: Case, card: str, conflict: Conflict | None, lacking: Unread) -> _Candidate:
    form = _form(case, card)
    if conflict is not None and not conflict.in_emergency_group:
        form = case.rules.card_forms[card][-1]
    limits = case.rules.guideline.card_limits
    is_softened = (lacking.softens and card in limits.soften_when_partial) or (
        card in limits.soften_when_worsening and Criteria.PAIN_WORSENING in case.by_id
    )
    return _Candidate(form, "info" if is_softened else form.indicator, conflict)


def _limited_by_policy(
    case: Case, candidates: list[_Candidate], lacking: Unread
) -> list[_Candidate]:
    """Without cards that the site, the patient's situation or missing data leave out."""
    limits = case.rules.guideline.card_limits
    choices, record = case.call.choices, case.chart.record
    allowed = case.rules.exceptions
    is_dying = (_END_OF_LIFE in allowed and record.in_hospice) or (
        _DEATH in allowed and record.person is not None and record.person.is_deceased
    )

    def is_left_out(candidate: _Candidate) -> bool:
        card = candidate.form.card
        return (
            (card in choices.hidden_cards and candidate.indicator != "critical")
            or (is_dying and card in limits.low_value)
            or (lacking.without_conditions and card in limits.drop_when_condition_unread)
            or (choices.is_quiet and _is_dropped_in_quiet(case, candidate))
        )

    kept = [candidate for candidate in candidates if not is_left_out(candidate)]
    if limits.drop_appropriate_if_any_warning and any(item.indicator != "info" for item in kept):
        kept = [item for item in kept if item.form.card != Cards.APPROPRIATE]
    return kept


def _is_dropped_in_quiet(case: Case, candidate: _Candidate) -> bool:
    """Nothing would be done for it that changes the order; or it rests on the age of the patient alone."""
    limits, form = case.rules.guideline.card_limits, candidate.form
    if f"{form.card} {form.form}" in limits.quiet_mode_drops:
        return True
    if form.card in limits.quiet_mode_drops and form.form not in limits.quiet_mode_keeps_forms:
        return True
    return (
        form.card == case.primary_card
        and candidate.indicator != "critical"
        and _rests_on_age(case.group_result(case.scenario_subject))
    )


def _rests_on_age(group: GroupResult | None) -> bool:
    """The group of the card was found by nothing but the age."""
    return group is not None and all(
        finding.value_set == AGE for result in group.criteria for finding in result.findings
    )


def _within_limit(
    candidates: list[_Candidate], case: Case, lacking: Unread
) -> tuple[list[_Candidate], list[_Candidate]]:
    """The cards that are shown, and the others. The card about missing data is always shown: it takes one place."""
    room = case.rules.guideline.card_limits.max_per_order
    if not lacking.is_partial:
        return candidates[:room], candidates[room:]
    rank = case.rules.keep_rank
    before = [
        position == 0 or rank[item.form.card] < rank[PARTIAL]
        for position, item in enumerate(candidates)
    ]
    by_weight = sorted(range(len(candidates)), key=lambda position: not before[position])
    shown = by_weight[: room - 1]
    return (
        [candidates[position] for position in shown],
        [item for position, item in enumerate(candidates) if position not in shown],
    )


def _chosen(case: Case, candidate: _Candidate, *, with_offers: bool) -> ChosenCard:
    form = candidate.form
    is_named = form.names_finding or form.form in NOTED_FORMS
    finding = named_finding(case, form) if is_named else None
    return ChosenCard(
        card=form.card,
        form=form.form,
        indicator=candidate.indicator,
        is_softened=candidate.indicator != form.indicator,
        group=named_group(case, form),
        finding=finding,
        rests_on=_rests_on(case, candidate),
        conflict=candidate.conflict,
        offers=made_offers(case, form, finding) if with_offers else (),
    )


def _rests_on(case: Case, candidate: _Candidate) -> tuple[CriterionResult, ...]:
    """The criteria that a card beside the primary one lists."""
    if candidate.form.card == Cards.NON_SPINAL_CAUSE:
        return case.criteria_of(Groups.VASCULAR)
    if candidate.conflict is not None:
        result = case.criterion(candidate.conflict.criterion.id)
        return (result,) if result is not None else ()
    return ()
