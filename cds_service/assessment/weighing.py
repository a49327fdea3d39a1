"""One piece of evidence against one statement: does it count, how certain, how strong.

The rules are those of `evidence.toml`; a finding is lowered by one strength once at most, whatever the
reasons (undated, fading). Another entry never lowers it: an older one is only told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from cds_service.assessment.model import HISTORICAL, PRESENT, STALE, SUSPECTED, Finding, State
from cds_service.assessment.timing import (
    days_before,
    is_within,
    least_age,
    newest_first,
    settled,
)
from cds_service.evidence.model import ConditionEntry, ConditionHit, DateSpan
from cds_service.knowledge.members import DEFINITIVE, MODERATE, STRONG, WEAK
from cds_service.knowledge.model import EvidenceRules, Strength

_LOWER = {
    DEFINITIVE: STRONG,
    STRONG: MODERATE,
    MODERATE: WEAK,
    WEAK: None,
}

STRENGTH_ORDER: dict[Strength | None, int] = {
    strength: position for position, strength in enumerate((*Strength, None))
}
"""Strongest first; None, a weak one lowered, is last."""

_STATE_ORDER = {
    state: position for position, state in enumerate((PRESENT, SUSPECTED, HISTORICAL, STALE))
}

LATER_ENCOUNTERS = ("subsequent", "sequela")
"""7th characters of an injury that is not new: only its onset says when it was, the day of recording never does."""


def rank(finding: Finding) -> tuple[int, int, int, str]:
    """Sort key: strongest first, then most certain, then newest; a tie is settled by name, never by position."""
    return (
        STRENGTH_ORDER[finding.strength],
        _STATE_ORDER[finding.state],
        newest_first(finding.when),
        finding.reference,
    )


def lowered(strength: Strength) -> Strength | None:
    """One strength lower; None: a weak one drops out of the level."""
    return _LOWER[strength]


def is_current(hit: ConditionHit) -> bool:
    """Still active, and not what an injury has left behind."""
    return hit.entry.clinical == "current" and hit.seventh != "sequela"


ActiveSince = tuple[tuple[date, ConditionEntry], ...]
"""The two entries of a value set that have been active longest, with the last day on which each can have begun."""


def active_since(hits: Sequence[ConditionHit]) -> ActiveSince:
    """The longest active entries, oldest first: two at most, for each to be weighed against another one."""
    first: tuple[date, ConditionEntry] | None = None
    second: tuple[date, ConditionEntry] | None = None
    for hit in hits:
        entry = hit.entry
        start = entry.onset or entry.recorded
        if (
            start is None
            or entry.verification == "refuted"
            or entry.clinical == "past"
            or hit.seventh in LATER_ENCOUNTERS
        ):
            continue
        if first is None or start.last < first[0]:
            if first is None or first[1] is not entry:
                second = first
            first = (start.last, entry)
        elif entry is not first[1] and (second is None or start.last < second[0]):
            second = (start.last, entry)
    return tuple(item for item in (first, second) if item is not None)


class Scale(Struct, frozen=True, gc=False):
    """What a finding is weighed on: the criterion's strength, the value set's course, the group's ways."""

    strength: Strength
    acute: bool
    """The value set has course acute."""
    fading: bool
    """The group's acute findings fade."""
    event: bool
    """The value set is one of events."""
    emergency_group: bool
    as_of: date
    rules: EvidenceRules


def weigh_condition(  # noqa: C901, PLR0912, PLR0913 - one branch a rule of the status table, in its order
    hit: ConditionHit,
    scale: Scale,
    *,
    value_set: str,
    days: int,
    min_days: int = 0,
    historical: bool = False,
    while_active: bool = False,
    peers: ActiveSince = (),
) -> Finding | None:
    """The finding that one Condition makes, or None when it does not count.

    A finding with state stale is outside its look-back: to be listed, never to be counted.
    `peers` are of all hits of the value set: an older one still active is told beside this one.
    """
    entry = hit.entry
    if entry.verification == "refuted":
        return None
    rules = scale.rules
    notes: list[str] = []
    is_later = hit.seventh in LATER_ENCOUNTERS
    start = entry.onset if is_later else entry.onset or entry.recorded
    span, is_future = settled(start, scale.as_of, rules.future_days)
    if is_future:
        notes.append("future_date")
    if not entry.status_recorded:
        notes.append("status_not_recorded")
    is_past = entry.clinical == "past" or hit.seventh == "sequela"
    if is_past and not historical:
        return _resolved_finding(hit, scale, value_set, span, days, notes)
    if is_later and span is None and (scale.acute or not historical):
        return None
    is_suspected = entry.verification == "suspected" or hit.via == "text"
    is_lowered = False
    if span is None:
        if scale.acute:
            is_suspected = is_lowered = True
        notes.append("undated")
    elif is_within(span, scale.as_of, days, min_days):
        is_suspected = is_suspected or not span.is_exact
    elif (
        while_active
        and not is_past
        and entry.status_recorded
        and least_age(span, scale.as_of) >= min_days
    ):
        pass  # it lasts: when it began says nothing of whether it still holds
    elif (
        scale.fading
        and scale.acute
        and not is_past
        and days < least_age(span, scale.as_of) <= rules.fading.max_days
    ):
        is_lowered = True
        notes.append("fading")
    elif least_age(span, scale.as_of) < min_days:
        return None  # newer than this criterion asks for: nothing that is outdated
    else:
        return _made(
            hit,
            scale,
            value_set=value_set,
            span=span,
            state=STALE,
            strength=None,
            notes=notes,
        )
    if is_long_standing(hit, peers, days, scale):
        notes.append("long_standing")
    state = SUSPECTED if is_suspected else PRESENT
    if is_past:
        state = HISTORICAL
    strength = lowered(scale.strength) if is_lowered else scale.strength
    return _made(
        hit, scale, value_set=value_set, span=span, state=state, strength=strength, notes=notes
    )


def _resolved_finding(
    hit: ConditionHit,
    scale: Scale,
    value_set: str,
    span: DateSpan | None,
    days: int,
    notes: list[str],
) -> Finding | None:
    """A resolved entry where only current ones count: weak when it resolved inside the window of a fading group.

    A catheter resolves the code, not the cause.
    """
    if not scale.fading or not scale.acute or hit.seventh == "sequela":
        return None
    ended = hit.entry.abated or span
    if ended is None or not is_within(ended, scale.as_of, days):
        return None
    notes.append("resolved_recently")
    return _made(
        hit,
        scale,
        value_set=value_set,
        span=span,
        state=HISTORICAL,
        strength=WEAK,
        notes=notes,
    )


def is_long_standing(hit: ConditionHit | None, peers: ActiveSince, days: int, scale: Scale) -> bool:
    """True when another entry of an acute value set is still active and began before the window.

    It may be the same thing still; it may also be an entry that nobody closed. So it is told and lowers nothing.
    """
    return (
        scale.acute
        and not scale.event
        and any(
            days_before(day, scale.as_of) > days
            for day, entry in peers
            if hit is None or entry is not hit.entry
        )
    )


def _made(  # noqa: PLR0913 - the parts of a finding
    hit: ConditionHit,
    scale: Scale,
    *,
    value_set: str,
    span: DateSpan | None,
    state: State,
    strength: Strength | None,
    notes: Iterable[str],
) -> Finding:
    return Finding(
        reference=hit.entry.reference,
        display=hit.entry.display,
        when=span,
        state=state,
        strength=strength,
        value_set=value_set,
        acute=scale.acute,
        notes=tuple(notes),
    )


class Settled(Struct, frozen=True, gc=False):
    """Hits of a value set after confirmed and refuted entries were weighed against each other."""

    hits: tuple[ConditionHit, ...]
    disputed: frozenset[int]
    """Ids (`id()`) of entries that are both active and refuted with neither clearly newer."""
    active_since: ActiveSince


NOTHING_SETTLED = Settled((), frozenset(), ())


def settle_conflicts(hits: Sequence[ConditionHit]) -> Settled:
    """Weigh refuted entries against the others of the same value set.

    The newer recorded date wins; a tie, or a date missing on either side, is a conflict. Entries coded in
    one system with different three-character categories (or different SNOMED CT concepts) speak of different
    things: refuting a lung cancer does not touch a prostate cancer. Where it is unclear whether both speak
    of the same thing, a refutation never wins, it only disputes (own policy, the safer reading).
    """
    refuted = [hit for hit in hits if hit.entry.verification == "refuted"]
    if not refuted:
        return Settled(tuple(hits), frozenset(), active_since(hits))
    refutations = _by_concept(refuted)
    kept: list[ConditionHit] = []
    disputed: set[int] = set()
    for hit in hits:
        if hit.entry.verification == "refuted":
            continue
        verdicts = {_verdict(hit, refutation) for refutation in refutations}
        if "refuted" in verdicts:
            continue
        if "disputed" in verdicts:
            disputed.add(id(hit.entry))
        kept.append(hit)
    return Settled(tuple(kept), frozenset(disputed), active_since(kept))


def with_conflict(finding: Finding, hit: ConditionHit, entries: Settled, scale: Scale) -> Finding:
    """The finding at full strength, and said to be in conflict, when its entry is both active and refuted."""
    if id(hit.entry) not in entries.disputed or finding.state is STALE:
        return finding
    return replace(
        finding,
        state=PRESENT if scale.emergency_group else SUSPECTED,
        strength=scale.strength,
        conflict=True,
        notes=(*finding.notes, "conflict"),
    )


_CATEGORY_LENGTH = 3  # an ICD category
_ICD = ("icd10cm", "icd10", "icd9cm")


class _Recorded(Struct, gc=False):
    """When refuted entries were recorded."""

    newest: date | None = None
    has_undated: bool = False

    def add(self, day: date | None) -> None:
        """One more entry, recorded on this day."""
        if day is None:
            self.has_undated = True
        elif self.newest is None or day > self.newest:
            self.newest = day


class _Refutations(Struct, frozen=True, gc=False):
    """The refuted entries whose code was matched in one way."""

    via: str
    system: str
    of_category: dict[str, _Recorded]
    of_any: _Recorded


def _category(hit: ConditionHit) -> str:
    return hit.code[:_CATEGORY_LENGTH] if hit.system in _ICD else hit.code


def _by_concept(refuted: Iterable[ConditionHit]) -> list[_Refutations]:
    """One item for every way of matching: there are a handful, however many entries were refuted."""
    found: dict[tuple[str, str], _Refutations] = {}
    for hit in refuted:
        way = (hit.via, hit.system)
        refutations = found.setdefault(way, _Refutations(*way, {}, _Recorded()))
        day = hit.entry.recorded.last if hit.entry.recorded is not None else None
        refutations.of_any.add(day)
        refutations.of_category.setdefault(_category(hit), _Recorded()).add(day)
    return list(found.values())


def _verdict(hit: ConditionHit, refuting: _Refutations) -> str:
    """standing, disputed, or refuted: what the refuting entries do to this one."""
    is_unclear = hit.via != refuting.via or hit.system != refuting.system
    theirs = refuting.of_any if is_unclear else refuting.of_category.get(_category(hit))
    if theirs is None:
        return "standing"
    mine = hit.entry.recorded
    if mine is None:
        return "disputed"
    newest = theirs.newest
    if newest is not None and newest > mine.last:
        return "disputed" if is_unclear else "refuted"
    return "disputed" if theirs.has_undated or newest == mine.last else "standing"
