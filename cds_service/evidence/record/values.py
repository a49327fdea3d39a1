"""Values of Observations: a number with its unit as written, words, a date, and whether they say yes or no."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from cds_service.evidence.codes.concepts import ConceptReader
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import CodeIndex, CompiledRules
from cds_service.evidence.codes.units import (
    Comparator,
    Converted,
    UnitTable,
    in_canonical_unit,
    read_comparator,
    read_number,
    read_written_number,
)
from cds_service.evidence.loose_json import as_object, as_text, each
from cds_service.evidence.model import DateSpan
from cds_service.evidence.raw import NOTHING, is_there, plain
from cds_service.evidence.record.shapes import (
    ComponentShape,
    ObservationShape,
    QuantityShape,
    read_quantity,
)

_LONGEST_WORD: Final = 60
"""Characters before an answer in which a word that denies it may stand."""
_UNIT_BEHIND: Final = re.compile(r"\d\s*([^\W\d_][^\s()]{0,20}(?: ?/ ?[^\s()]{1,20})?)\s*$")
"""The unit at the end of a range in words: `0 - 5 mg/L`."""

Polarity = Literal["positive", "negative", "unknown"]

_POSITIVE_CODES: Final = frozenset({"pos", "det"})
_NEGATIVE_CODES: Final = frozenset({"neg", "nd"})
"""HL7 v3 ObservationInterpretation: positive, detected; negative, not detected."""


class ObservedValue(Struct, frozen=True):
    """What an Observation or a component says, before any value set asks for it in a unit."""

    text: str = ""
    """As recorded, with its unit."""
    number: float | None = None
    comparator: Comparator = ""
    unit_code: str = ""
    unit: str = ""
    is_grade: bool = False
    polarity: Polarity = "unknown"
    codings: tuple[tuple[str, str], ...] = ()
    date: DateSpan | None = None


NO_VALUE: Final = ObservedValue()


def read_value(
    shape: ObservationShape | ComponentShape, index: CodeIndex, concepts: ConceptReader
) -> ObservedValue:
    """The value in whatever type it was recorded; without one, what its interpretation says.

    A dataAbsentReason is no value at all, and never a negative one.
    """
    if shape.value_quantity is not NOTHING:
        value = _quantity_value(read_quantity(shape.value_quantity))
    else:
        value = _other_value(shape, index.compiled, concepts)
    if value.number is not None and not (value.unit or value.unit_code or value.is_grade):
        value = _with_unit_of_range(value, shape.reference_range)
    if value.polarity == "unknown" and shape.interpretation is not NOTHING:
        polarity = _interpreted(shape.interpretation, index.compiled)
        if polarity != "unknown" and not is_there(shape.data_absent_reason):
            return msgspec.structs.replace(value, polarity=polarity)
    return value


def measured(value: ObservedValue, table: UnitTable) -> Converted:
    """The number of a value in the canonical unit of a table."""
    if value.is_grade:
        if "" in table.conversions:
            return in_canonical_unit(table, value.number, "", "")
        return Converted(None, "unit-unknown")
    return in_canonical_unit(table, value.number, value.unit_code, value.unit)


def is_called_normal(shape: ObservationShape | ComponentShape, value: ObservedValue) -> bool:
    """True when who measured says that the value is normal, by interpretation or by the range beside it."""
    stated = {
        as_text(coding.get("code")).upper()
        for concept in each(plain(shape.interpretation))
        for coding in map(as_object, each(as_object(concept).get("coding")))
    }
    if stated:
        return stated == {"N"}
    if value.number is None or value.comparator in (">", ">="):
        return False
    ranges = [as_object(entry) for entry in each(plain(shape.reference_range))]
    if len(ranges) != 1:
        return False
    ends = [as_object(ranges[0].get(name)) for name in ("low", "high")]
    if any(as_text(end.get("unit")) or as_text(end.get("code")) for end in ends):
        return False
    low, high = (read_number(as_text(end.get("value"))) for end in ends)
    return low is not None and high is not None and low <= value.number <= high


def _with_unit_of_range(value: ObservedValue, raw: Raw) -> ObservedValue:
    """A number without a unit has that of the range of normal values that was sent beside it."""
    if raw is NOTHING:
        return value
    for entry in map(as_object, each(plain(raw))):
        for end in (as_object(entry.get("high")), as_object(entry.get("low"))):
            code, unit = as_text(end.get("code")), as_text(end.get("unit"))
            if code or unit:
                return msgspec.structs.replace(value, unit_code=code, unit=unit)
        behind = _UNIT_BEHIND.search(as_text(entry.get("text")))
        if behind is not None:
            return msgspec.structs.replace(value, unit=behind[1].strip())
    return value


def polarity_of(text: str, rules: CompiledRules) -> Polarity:
    """What a text says by the answer words of the guideline.

    Negative when it begins with a negative word and nothing in it is positive; positive when a positive word
    stands in it that nothing negates. Anything else is unknown: a text that says both says neither.
    """
    negative = rules.negative_words
    positive = rules.positive_words
    if not text or negative is None or positive is None:
        return "unknown"
    begins_negative = negative.match(text) is not None
    remaining = negative.sub(" | ", text)
    is_negative = remaining != text
    is_positive = False
    for found in positive.finditer(remaining):
        before = remaining[max(found.start() - _LONGEST_WORD, 0) : found.start()]
        words = before.rsplit(None, 1)
        if rules.guard_words is not None and words and rules.guard_words.fullmatch(words[-1]):
            is_negative = True
            is_first = found.start() <= _LONGEST_WORD and before.strip() == words[-1]
            begins_negative = begins_negative or is_first
        else:
            is_positive = True
    if is_positive:
        return "unknown" if is_negative else "positive"
    return "negative" if begins_negative else "unknown"


def _quantity_value(quantity: QuantityShape) -> ObservedValue:
    digits, number = _number(quantity.value)
    unit_code = _trimmed(quantity.code)
    unit = _trimmed(quantity.unit)
    written = f"{digits} {unit or unit_code}".rstrip() if digits else ""
    if quantity.comparator is None:
        return ObservedValue(written, number, "", unit_code, unit)
    comparator = read_comparator(quantity.comparator)
    if comparator != "" and digits:
        written = f"{as_text(quantity.comparator)} {written}"
    if comparator is None:
        # why: a comparator that we do not know may turn the meaning of the number around
        return ObservedValue(text=written, unit_code=unit_code, unit=unit)
    return ObservedValue(
        text=written, number=number, comparator=comparator, unit_code=unit_code, unit=unit
    )


def _trimmed(value: object) -> str:
    return value.strip() if isinstance(value, str) else as_text(value)


def _number(raw: Raw) -> tuple[str, float | None]:
    """A number as it is written (`37.50` keeps its zero) and what it is; also one written as text."""
    written = bytes(raw)
    if written[:1].isdigit() or written[:1] == b"-":
        return written.decode("ascii", "replace"), float(written)
    text = as_text(plain(raw))
    return text, read_number(text)


def _other_value(
    shape: ObservationShape | ComponentShape, rules: CompiledRules, concepts: ConceptReader
) -> ObservedValue:
    if shape.value_codeable_concept is not NOTHING:
        return _concept_value(shape.value_codeable_concept, rules, concepts)
    if shape.value_string is not NOTHING:
        return _text_value(as_text(plain(shape.value_string)), rules)
    if shape.value_boolean is not NOTHING:
        return _boolean_value(plain(shape.value_boolean), rules)
    if shape.value_integer is not NOTHING:
        return _text_value(as_text(plain(shape.value_integer)), rules)
    if shape.value_date_time is not NOTHING:
        text = as_text(plain(shape.value_date_time))
        return ObservedValue(text=text, date=read_date(text))
    if shape.value_range is not NOTHING:
        return _range_value(as_object(plain(shape.value_range)))
    if shape.value_ratio is not NOTHING:
        return ObservedValue(text=_joined(shape.value_ratio, ("numerator", "denominator"), " : "))
    if shape.value_period is not NOTHING:
        period = as_object(plain(shape.value_period))
        text = " to ".join(filter(None, (as_text(period.get("start")), as_text(period.get("end")))))
        return ObservedValue(text=text)
    return ObservedValue(text=as_text(plain(shape.value_time)))


def _text_value(text: str, rules: CompiledRules) -> ObservedValue:
    written = read_written_number(text)
    if written is None:
        return ObservedValue(text=text, polarity=polarity_of(text, rules))
    return ObservedValue(
        text=text,
        number=written.number,
        comparator=written.comparator,
        unit=written.unit,
        is_grade=written.is_grade,
    )


def _boolean_value(value: object, rules: CompiledRules) -> ObservedValue:
    if value is True or value is False:
        return ObservedValue(
            text="true" if value else "false", polarity="positive" if value else "negative"
        )
    text = as_text(value)
    if text.lower() in ("true", "false"):
        return _boolean_value(text.lower() == "true", rules)
    return _text_value(text, rules)


def _concept_value(raw: Raw, rules: CompiledRules, concepts: ConceptReader) -> ObservedValue:
    concept = concepts.read(raw)
    is_positive = not rules.positive_answers.isdisjoint(concept.codings)
    is_negative = not rules.negative_answers.isdisjoint(concept.codings)
    if is_positive != is_negative:
        polarity: Polarity = "positive" if is_positive else "negative"
    elif is_positive:
        polarity = "unknown"
    else:
        polarity = polarity_of(concept.text, rules)
    # a bare code is shown in place of words, and is no number
    written = read_written_number(concept.display) if concept.text else None
    return ObservedValue(
        text=concept.display,
        number=written.number if written else None,
        comparator=written.comparator if written else "",
        unit=written.unit if written else "",
        is_grade=written is not None and written.is_grade,
        polarity=polarity,
        codings=concept.codings,
    )


def _range_value(value: object) -> ObservedValue:
    """A range with one end only is a number with a comparator; one with both ends is no number."""
    ends = [as_object(as_object(value).get(name)) for name in ("low", "high")]
    digits = [as_text(end.get("value")) for end in ends]
    units = [as_text(end.get("unit")) or as_text(end.get("code")) for end in ends]
    unit = units[0] or units[1]
    if all(digits):
        return ObservedValue(text=f"{digits[0]} to {digits[1]} {unit}".rstrip())
    for place, comparator in ((0, ">="), (1, "<=")):
        if digits[place]:
            return ObservedValue(
                text=f"{comparator} {digits[place]} {unit}".rstrip(),
                number=read_number(digits[place]),
                comparator=">=" if place == 0 else "<=",
                unit_code=as_text(ends[place].get("code")),
                unit=as_text(ends[place].get("unit")),
            )
    return NO_VALUE


def _joined(raw: Raw, names: tuple[str, ...], mark: str) -> str:
    value = as_object(plain(raw))
    return mark.join(
        text
        for part in (as_object(value.get(name)) for name in names)
        if (text := f"{as_text(part.get('value'))} {as_text(part.get('unit'))}".strip())
    )


def _interpreted(raw: Raw, rules: CompiledRules) -> Polarity:
    """Polarity by interpretation; unknown when it says neither or both."""
    found: set[Polarity] = set()
    for concept in each(plain(raw)):
        for entry in (concept, *each(as_object(concept).get("coding"))):
            if not isinstance(entry, dict):
                found.add(_interpretation(as_text(entry), rules))
                continue
            for name in ("code", "display", "text"):
                found.add(_interpretation(as_text(entry.get(name)), rules))
    found.discard("unknown")
    return found.pop() if len(found) == 1 else "unknown"


def _interpretation(word: str, rules: CompiledRules) -> Polarity:
    if word.lower() in _POSITIVE_CODES:
        return "positive"
    if word.lower() in _NEGATIVE_CODES:
        return "negative"
    return polarity_of(word, rules)
