"""One piece of evidence against one statement: does it count, how certain, how strong.

The rules are those of `evidence.toml`; a finding is lowered by one strength once at most, whatever the
reasons (undated, long-standing, fading).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cds_service.assessment.model import Finding, State
from cds_service.assessment.timing import is_within, least_age, settled
from cds_service.evidence.model import ConditionHit, DateSpan
from cds_service.knowledge.model import EvidenceRules, Strength

_LOWER = {
    Strength.DEFINITIVE: Strength.STRONG,
    Strength.STRONG: Strength.MODERATE,
    Strength.MODERATE: Strength.WEAK,
    Strength.WEAK: None,
}


LATER_ENCOUNTERS = ("subsequent", "sequela")
"""7th characters of an injury that is not new: only its onset says when it was, the day of recording never does."""


def lowered(strength: Strength) -> Strength | None:
    """One strength lower; None: a weak one drops out of the level."""
    return _LOWER[strength]


@dataclass(frozen=True, slots=True)
class Scale:
    """What a finding is weighed on: the criterion's strength, the value set's course, the group's ways."""

    strength: Strength
    acute: bool
    """The value set has course acute."""
    fading: bool
    """The group's acute findings fade."""
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
    peers: Sequence[ConditionHit] = (),
) -> Finding | None:
    """The finding that one Condition makes, or None when it does not count.

    A finding with state stale is outside its look-back: to be listed, never to be counted.
    `peers` are all hits of the value set: an older one still active makes this one long-standing.
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
            state=State.STALE,
            strength=None,
            notes=notes,
        )
    if scale.acute and _is_long_standing(hit, peers, days, scale):
        is_lowered = True
        notes.append("long_standing")
    state = State.SUSPECTED if is_suspected else State.PRESENT
    if is_past:
        state = State.HISTORICAL
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
        state=State.HISTORICAL,
        strength=Strength.WEAK,
        notes=notes,
    )


def _is_long_standing(
    hit: ConditionHit, peers: Sequence[ConditionHit], days: int, scale: Scale
) -> bool:
    """True when another entry of the same value set is still active and began before the window."""
    for peer in peers:
        other = peer.entry
        if (
            other is hit.entry
            or other.verification == "refuted"
            or other.clinical == "past"
            or peer.seventh in LATER_ENCOUNTERS
        ):
            continue
        start = other.onset or other.recorded
        if start is not None and least_age(start, scale.as_of) > days:
            return True
    return False


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


@dataclass(frozen=True, slots=True)
class Settled:
    """Hits of a value set after confirmed and refuted entries were weighed against each other."""

    hits: tuple[ConditionHit, ...]
    disputed: frozenset[int]
    """Ids (`id()`) of entries that are both active and refuted with neither clearly newer."""


def settle_conflicts(hits: Sequence[ConditionHit]) -> Settled:
    """Weigh refuted entries against the others of the same value set.

    The newer recorded date wins; a tie, or a date missing on either side, is a conflict. Entries coded in
    one system with different three-character categories (or different SNOMED CT concepts) speak of different
    things: refuting a lung cancer does not touch a prostate cancer. Where it is unclear whether both speak
    of the same thing, a refutation never wins, it only disputes (own policy, the safer reading).
    """
    refuted = [hit for hit in hits if hit.entry.verification == "refuted"]
    if not refuted:
        return Settled(tuple(hits), frozenset())
    kept: list[ConditionHit] = []
    disputed: set[int] = set()
    for hit in hits:
        if hit.entry.verification == "refuted":
            continue
        verdicts = {_verdict(hit, other) for other in refuted}
        if "refuted" in verdicts:
            continue
        if "disputed" in verdicts:
            disputed.add(id(hit.entry))
        kept.append(hit)
    return Settled(tuple(kept), frozenset(disputed))


def with_conflict(finding: Finding, hit: ConditionHit, entries: Settled, scale: Scale) -> Finding:
    """The finding at full strength, and said to be in conflict, when its entry is both active and refuted."""
    if id(hit.entry) not in entries.disputed or finding.state is State.STALE:
        return finding
    return replace(
        finding,
        state=State.PRESENT if scale.emergency_group else State.SUSPECTED,
        strength=scale.strength,
        conflict=True,
        notes=(*finding.notes, "conflict"),
    )


_CATEGORY_LENGTH = 3  # an ICD category


def _verdict(hit: ConditionHit, refuting: ConditionHit) -> str:
    """standing, disputed, or refuted: what the refuting entry does to this one."""
    is_unclear = hit.via != refuting.via or hit.system != refuting.system
    if not is_unclear:
        length = _CATEGORY_LENGTH if hit.system in ("icd10cm", "icd10", "icd9cm") else None
        if hit.code[:length] != refuting.code[:length]:
            return "standing"
    mine, theirs = hit.entry.recorded, refuting.entry.recorded
    if mine is None or theirs is None or mine.last == theirs.last:
        return "disputed"
    if mine.last > theirs.last:
        return "standing"
    return "disputed" if is_unclear else "refuted"
