"""What matters for MRI: implants and fragments, from Device and from Conditions and Procedures that name one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from cds_service.evidence.codes.codeable import Concept, read_concepts
from cds_service.evidence.codes.concepts import ConceptHit, ConceptReader, ConceptReading
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import IMPLANTS, CodeIndex
from cds_service.evidence.loose_json import as_object, as_text, each, texts_of
from cds_service.evidence.model import ConditionHit, DeviceEntry, ImagingOrder, ProcedureHit, Via
from cds_service.evidence.raw import plain
from cds_service.evidence.record.device_names import device_name
from cds_service.evidence.record.intake import Intake, reference
from cds_service.evidence.record.shapes import DeviceShape

Safety = Literal["unsafe", "conditional", "unknown"]

_UNSAFE_SET, _CAUTION_SET = IMPLANTS
_IN_ERROR: Final = "entered-in-error"
_INACTIVE: Final = "inactive"
_NOT: Final = r"(?:non|not|no)[\s-]+"
_MR: Final = r"m(?:r|ri|agnetic[\s-]+resonance)[\s-]+"
_UNSAFE: Final = re.compile(
    rf"\b(?:{_MR}(?:unsafe|incompatible|contraindicated)|{_NOT}{_MR}(?:conditional|safe|compatible)"
    rf"|contraindicat\w+[\s-]+(?:for|to|in|with)[\s-]+mri?|do[\s-]+not[\s-]+scan|no[\s-]+mri)\b",
    re.IGNORECASE,
)
_CONDITIONAL: Final = re.compile(rf"\b{_MR}conditional\b", re.IGNORECASE)
_SAFE: Final = re.compile(rf"\b{_MR}safe\b", re.IGNORECASE)
"""The three labels of ASTM F2503, as they are printed on devices, and as people put them into words."""


def read_devices(intake: Intake, kind: str) -> None:
    """Every Device of our patient that matters for MRI."""
    for _, resources in intake.ours(kind):
        for shape in resources:
            entry = read_device(shape, intake.concepts, intake.index)
            if entry is not None and not intake.is_ahead(read_date(shape.manufacture_date)):
                intake.devices.append(entry)


def read_device(
    shape: DeviceShape, concepts: ConceptReader, index: CodeIndex
) -> DeviceEntry | None:
    """The entry of a Device; None when it is nothing to MRI, was entered in error, or was taken out.

    An inactive device is still in the body until the record says otherwise (an abandoned lead), and then
    its label no longer says that MRI is possible.
    """
    status = as_text(shape.status).lower()
    if status == _IN_ERROR or _is_removed(shape, index):
        return None
    kind = concepts.read(shape.type)
    named = [concepts.read_text(name) for name in _names(shape)]
    sets: dict[str, Via] = {}
    for concept in (*named, kind):
        for hit in (*concept.hits, *_told_by_words(concept, concepts)):
            if hit.via == "code" or hit.value_set not in sets:
                sets[hit.value_set] = hit.via
    label = _labelled(shape, (kind.text, *(name.text for name in named)))
    is_implant = _CAUTION_SET in sets
    if _UNSAFE_SET in sets or label == "unsafe":
        safety: Safety = "unsafe"
    elif label == "conditional" or (label == "safe" and is_implant):
        # why: no pacemaker is safe without conditions, whatever was typed
        safety = "unknown" if status == _INACTIVE else "conditional"
    elif is_implant:
        safety = "unknown"
    else:
        return None
    by_code = "code" in (sets.get(_CAUTION_SET), sets.get(_UNSAFE_SET))
    shown = _shown((kind, *named))
    return DeviceEntry(
        reference=reference("Device", shape.id),
        display=shown,
        name=device_name(shown, index),
        via="code" if by_code else "text",
        safety=safety,
    )


def _told_by_words(concept: ConceptReading, concepts: ConceptReader) -> tuple[ConceptHit, ...]:
    """What the words of a name say that no phrase has: inflected, mistyped, in another language."""
    if concept.value_sets.isdisjoint(IMPLANTS):
        found = concepts.words_of(Concept(concept.display, ())) or ()
        return tuple(hit for hit in found if hit.value_set in IMPLANTS)
    return ()


def implants_elsewhere(
    conditions: Mapping[str, Iterable[ConditionHit]],
    procedures: Mapping[str, Iterable[ProcedureHit]],
    index: CodeIndex,
) -> tuple[DeviceEntry, ...]:
    """Implants and fragments that only a Condition or a Procedure names.

    A Condition that is over still counts as unknown: the complication of a pacemaker heals, the pacemaker stays.
    """
    found: dict[tuple[str, str], DeviceEntry] = {}
    for value_set in IMPLANTS:
        safety: Safety = "unsafe" if value_set == _UNSAFE_SET else "unknown"
        for condition in conditions.get(value_set, ()):
            entry = condition.entry
            if entry.verification == "refuted" or _names_removal(
                condition.via, entry.display, index
            ):
                continue
            found.setdefault(
                (entry.reference, entry.display),
                DeviceEntry(
                    entry.reference,
                    entry.display,
                    device_name(entry.display, index),
                    condition.via,
                    safety,
                    entry.onset or entry.recorded,
                ),
            )
        for done in procedures.get(value_set, ()):
            if not _names_removal(done.via, done.display, index):
                found.setdefault(
                    (done.reference, done.display),
                    DeviceEntry(
                        done.reference,
                        done.display,
                        device_name(done.display, index),
                        done.via,
                        safety,
                        done.when,
                    ),
                )
    return tuple(found.values())


def implants_on_orders(orders: Iterable[ImagingOrder], index: CodeIndex) -> tuple[DeviceEntry, ...]:
    """Implants and fragments that a reason or a note of an order names: they are in the body for every order."""
    found: dict[str, DeviceEntry] = {}
    for order in orders:
        for reason in order.reasons:
            for value_set in IMPLANTS:
                via = reason.value_sets.get(value_set)
                if via is None or _names_removal(via, reason.display, index):
                    continue
                safety: Safety = "unsafe" if value_set == _UNSAFE_SET else "unknown"
                name = device_name(reason.display, index)
                found.setdefault(
                    reason.display,
                    DeviceEntry(order.reference, reason.display, name, via, safety),
                )
    return tuple(found.values())


def _shown(concepts: Sequence[ConceptReading]) -> str:
    """The text that names the implant, else the first text there is."""
    telling = (c.display for c in concepts if any(hit.value_set in IMPLANTS for hit in c.hits))
    return next(telling, "") or next((c.display for c in concepts if c.display), "")


def _names_removal(via: Via, text: str, index: CodeIndex) -> bool:
    """True for a phrase in the name of a removal; a code of the value set says itself what it means."""
    return via == "text" and _says_removed(text, index)


def _says_removed(text: str, index: CodeIndex) -> bool:
    removed = index.compiled.implant_removed
    return removed is not None and removed.search(text) is not None


def _is_removed(shape: DeviceShape, index: CodeIndex) -> bool:
    reasons = read_concepts(plain(shape.status_reason))
    words = [text for r in reasons for text in (r.text, *(c.display for c in r.codings))]
    return any(_says_removed(text, index) for text in words)


def _names(shape: DeviceShape) -> list[str]:
    """Texts that name the device."""
    found: list[str] = []
    for element in (shape.device_name, shape.name, shape.model_number):
        for entry in each(plain(element)):
            name = as_object(entry)
            found.append(as_text(entry) or as_text(name.get("name")) or as_text(name.get("value")))
    return [name for name in found if name]


def _labelled(
    shape: DeviceShape, names: Iterable[str]
) -> Literal["unsafe", "conditional", "safe", ""]:
    """The worst label that stands in its safety, properties, notes or names."""
    words = [*names, *texts_of(plain(shape.note))]
    for concept in read_concepts(plain(shape.safety)):
        words += [concept.text, *(coding.display for coding in concept.codings)]
    for entry in each(plain(shape.property)):
        stated = as_object(entry)
        for name in ("valueCode", "valueCodeableConcept"):
            for concept in read_concepts(stated.get(name)):
                words += [concept.text, *(coding.display for coding in concept.codings)]
    text = "\n".join(words)
    if _UNSAFE.search(text):
        return "unsafe"
    if _CONDITIONAL.search(text):
        return "conditional"
    return "safe" if _SAFE.search(text) else ""
