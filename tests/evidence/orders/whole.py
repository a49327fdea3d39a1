"""An imaging order in words: everything that was read of a draft, and nothing that was not."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw

from cds_service.evidence.model import DateSpan, ImagingOrder, Reason


def _raw(raw: Raw | None) -> str:
    return "-" if raw is None else bytes(raw).decode()


def _day(span: DateSpan | None) -> str:
    return "-" if span is None else f"{span.first}..{span.last}"


def _reason(reason: Reason) -> str:
    sets = " ".join(f"{name}={via}" for name, via in reason.value_sets.items()) or "-"
    codes = " ".join(f"{system}={code}" for system, code in reason.codings) or "-"
    said = " ".join(f"{found.concept}={found.state}" for found in reason.statements) or "-"
    marks = "".join(
        f", {mark}"
        for mark, holds in (
            (f"at {reason.reference}", reason.reference),
            (
                f"later encounter of {' '.join(sorted(reason.later_encounter))}",
                reason.later_encounter,
            ),
            ("suspected", reason.is_suspected),
            ("only pointed at", reason.is_only_pointed_at),
        )
        if holds
    )
    return (
        f"reason by {reason.kind}: {reason.display}{marks}; sets {sets}; codes {codes}; says {said}"
    )


def lines_of(order: ImagingOrder) -> Iterator[str]:
    """What it is, what it asks for and why, and what was not understood."""
    study = order.procedure
    regions = " ".join(study.regions) or "-"
    yield f"{order.reference} {order.kind}: {study.modality} {regions} {study.contrast}, by {order.read_from}"
    yield f"named {order.display}; codes {' '.join(order.coding_systems) or '-'}"
    stated = "stated" if order.priority_stated else "not stated"
    yield f"{order.status or 'no status'}, {order.priority} {stated}, written {_day(order.authored)}"
    yield from map(_reason, order.reasons)
    yield f"texts {' | '.join(order.texts) or '-'}"
    if order.duration is not None:
        yield f"lasts {order.duration.least}-{order.duration.most}: {order.duration.quote}"
    if order.care is not None:
        yield f"care {' '.join(order.care.kinds)} {order.care.days} {order.care.has_failed}: {order.care.quote}"
    yield from (f"answer {a.code}: {a.quote} {a.lasts} {a.after_care}" for a in order.answers)
    yield from (f"not understood: {text}" for text in order.not_understood)
    yield from (f"unread note: {text}" for text in order.unread_notes)
    kept = (
        ("encounter", order.encounter),
        ("requester", order.requester),
        ("subject", order.subject),
    )
    yield from (f"{name} {_raw(raw)}" for name, raw in kept if raw is not None)
    for name in ("has_reason", "mentions_travel", "mentions_imaging_elsewhere", "has_laterality"):
        if getattr(order, name):
            yield name.replace("_", " ")
    if order.continues:
        yield f"continues {' '.join(order.continues)}"
