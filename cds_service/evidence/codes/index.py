"""Which value sets a code is in: the guideline's lists compiled once, so that one pass over a chart finds every hit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from cds_service.coding import STATED_PREFIX, WHO_LENGTH, plain_code, system_name
from cds_service.evidence.codes.certainty import Certainty
from cds_service.evidence.codes.kept_readings import KeptReadings
from cds_service.evidence.codes.look_backs import longest_look_backs
from cds_service.evidence.codes.observation_names import ObservationNames
from cds_service.evidence.codes.units import UnitTable, compile_units
from cds_service.evidence.codes.word_dates import WordDates
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.phrases import PhraseReader
from cds_service.evidence.text.reader import TextReader
from cds_service.knowledge.anchors import ValueSets
from cds_service.knowledge.model import CodeEntry, EvidenceRules, Guideline, StatedAnswer, ValueSet
from cds_service.knowledge.vocabulary import Codes, Vocabulary

SITE: Final = "site"
"""System word of a code in a list of the site's own, known by its vocabulary."""
HOSPICE: Final = ValueSets.HOSPICE
"""Value set that says a patient is in hospice or palliative care."""
_SHORT: Final = 4
"""Letters of a word that is compared whole where others are compared by their beginning."""
SPINE_SURGERY: Final = frozenset(
    (
        ValueSets.SPINE_SURGERY_CERVICAL,
        ValueSets.SPINE_SURGERY_THORACIC,
        ValueSets.SPINE_SURGERY_LUMBAR,
        ValueSets.SPINE_SURGERY_UNSPECIFIED,
    )
)
IMPLANTS: Final = (ValueSets.MRI_UNSAFE_DEVICE, ValueSets.MRI_CAUTION_DEVICE)
"""Value sets of what matters for MRI, the worse first."""
CONTRAST_AGENTS: Final = (
    ValueSets.GADOLINIUM_AGENT,
    ValueSets.IODINATED_AGENT,
    ValueSets.CONTRAST_AGENT_UNSPECIFIED,
)
"""Value sets of contrast agents."""
PREGNANCY_STATUS: Final = ValueSets.OBS_PREGNANCY_STATUS
"""Value set of the Observations whose value is the state itself: pregnant, or not."""
PREGNANCY: Final = (ValueSets.PREGNANCY, ValueSets.PREGNANCY_ENDED)
"""Value sets of these states, and of what ends a pregnancy."""

_SNOMED_LEAST_DIGITS: Final = 6
_FULL_LENGTH: Final = 7
_SEVENTH: Final[Mapping[str, Literal["initial", "sequela"]]] = {
    "A": "initial",
    "B": "initial",
    "C": "initial",
    "S": "sequela",
}

_KEPT_CODES: Final = 20_000
_KEPT_CODE: Final = 32
_KEPT_URI: Final = 100
"""Meanings of so many codes, none longer, are kept between calls: codes alone tell nothing of a patient."""

_Ids = tuple[str, ...]
Seventh = Literal["", "initial", "subsequent", "sequela"]


@dataclass(frozen=True, slots=True)
class _Prefixes:
    """One ICD: value sets by prefix, and by prefix those that it takes out again."""

    include: Mapping[str, _Ids]
    exclude: Mapping[str, _Ids]
    lengths: tuple[int, ...]

    def value_sets(self, code: str, limit: int) -> _Ids:
        """Ids by the prefixes of the code that have at most `limit` characters; exclude wins."""
        found: _Ids = ()
        dropped: _Ids = ()
        for length in self.lengths:
            if length > limit or length > len(code):
                break
            prefix = code[:length]
            found += self.include.get(prefix, ())
            dropped += self.exclude.get(prefix, ())
        if len(found) > 1 or dropped:
            return tuple(dict.fromkeys(v for v in found if v not in dropped))
        return found


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """What the guideline knows of one code."""

    system: str | None
    """Our word for the system, None for one that is not ours."""
    code: str
    """In the spelling of the knowledge files."""
    value_sets: _Ids = ()
    seventh: Seventh = ""
    is_family: bool = False


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """Look-ups of the guideline that the readers use. Compiled once, then shared by all calls."""

    phrases: PhraseReader
    observation_names: ObservationNames
    reader: TextReader
    word_dates: WordDates
    everyday: frozenset[str]
    """Value sets of spine symptoms and of what stands beside them: all that many problems are coded as."""
    drug_sets: frozenset[str]
    """Value sets of drugs."""
    complaints: frozenset[str]
    """Value sets of spine symptoms that no criterion rests on."""
    rules: EvidenceRules
    answers: Mapping[str, StatedAnswer]
    """What an orderer can answer on a card, by the code in our own system."""
    units: Mapping[str, UnitTable]
    """By value set id, for the sets that have a quantity."""
    drug_codes: frozenset[tuple[str, str]]
    """(value set id, RxNorm code) of whole drugs: they name their own form, no route is asked for."""
    compiled: CompiledRules
    look_backs: Mapping[str, int]
    """Days of the longest look-back, by prefetch key: `look_backs`."""
    _exact: Mapping[str, Mapping[str, _Ids]]
    _icd: Mapping[str, _Prefixes]
    """By system word."""
    _kept: dict[tuple[str | None, str], CodeMeaning]
    _text_not_coded: Mapping[str, frozenset[str]]
    _site: Mapping[str, Mapping[str, _Ids]]
    """A site's own vocabulary: by system word or URI, and plain code."""
    _acute: frozenset[str]
    """Value sets of course acute."""
    histories: Mapping[str, str]
    """Value set of a past disease by that of the disease: cancer has one, most have none."""
    kept_readings: KeptReadings[Any] | None
    """What was read of earlier charts; None: each call reads anew."""

    def value_sets(self, system: str | None, code: str) -> _Ids:
        """Ids of the value sets that hold this code, each once; empty for a system that is not ours.

        `system` is a word of `coding`. The code is taken in any spelling.
        """
        return self._of_plain(system, plain_code(system, code)) if system is not None else ()

    def is_acute(self, value_set: str) -> bool:
        """True for what begins within days: no relative's history is told of it."""
        return value_set in self._acute

    def is_operated_elsewhere(self, text: str) -> bool:
        """The name of an operation speaks of another part of the body, and not of the spine."""
        plain = folded(text)
        rules = self.compiled
        return rules.operated_elsewhere.search(plain) is not None and (
            rules.operated_on_spine.search(plain) is None
        )

    def is_said_to_be_old(self, text: str) -> bool:
        """A word of the text says that what it names is not new: chronic, previous."""
        old = self.compiled.old_words
        return old is not None and old.search(text) is not None

    def is_text_settled_by_code(self, value_set: str, coded: Iterable[str]) -> bool:
        """True when an entry coded in one of `coded` says too exactly what it is for its text to mean `value_set`."""
        settling = self._text_not_coded.get(value_set)
        return settling is not None and not settling.isdisjoint(coded)

    def meaning(self, uri: str | None, code: str) -> CodeMeaning:
        """Everything that the guideline knows of a code, given as a Coding has it."""
        if len(code) > _KEPT_CODE or (uri is not None and len(uri) > _KEPT_URI):
            return self._meaning(uri, code)
        kept = self._kept
        found = kept.get((uri, code))
        if found is None:
            found = self._meaning(uri, code)
            if len(kept) < _KEPT_CODES:
                kept[(uri, code)] = found
        return found

    def _meaning(self, uri: str | None, code: str) -> CodeMeaning:
        system = system_name(uri)
        code = plain_code(system, code)
        if system is None:
            of_site = self._site.get((uri or "").strip())
            found = of_site.get(code) if of_site is not None else None
            return CodeMeaning(None, code) if found is None else CodeMeaning(SITE, code, found)
        return CodeMeaning(
            system=system,
            code=code,
            value_sets=self._of_plain(system, code),
            seventh=self.seventh(system, code),
            is_family=self.is_family_code(system, code),
        )

    def _of_plain(self, system: str, code: str) -> _Ids:
        found = self._of_guideline(system, code)
        of_site = self._site.get(system)
        more = of_site.get(code) if of_site is not None else None
        return found if more is None else tuple(dict.fromkeys(found + more))

    def _of_guideline(self, system: str, code: str) -> _Ids:
        icd = self._icd.get(system)
        if icd is not None:
            if len(code) >= _SNOMED_LEAST_DIGITS and code.isdecimal():
                # why: no ICD code is so many digits, and real problem lists hold SNOMED codes under ICD
                return self._exact["snomed"].get(code, ())
            return icd.value_sets(code, WHO_LENGTH if system == "icd10" else _FULL_LENGTH)
        codes = self._exact.get(system)
        return codes.get(code, ()) if codes is not None else ()

    def seventh(self, system: str, code: str) -> Seventh:
        """What the 7th character of a plain ICD-10-CM code says, where the code has one that counts."""
        if system != "icd10cm" or len(code) != _FULL_LENGTH or not code[-1].isalpha():
            return ""
        if not code.startswith(self.rules.seventh_character_prefixes):
            return ""
        return _SEVENTH.get(code[-1], "subsequent")

    def is_family_code(self, system: str | None, code: str) -> bool:
        """True for the plain ICD code of a family history."""
        if system == "icd9cm":
            return code.startswith(self.compiled.family_icd9)
        return system in ("icd10cm", "icd10") and code.startswith(self.compiled.family_prefixes)


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """The lists of the evidence rules as sets, and their words as patterns."""

    condition_current: frozenset[str]
    condition_past: frozenset[str]
    verification_dropped: frozenset[str]
    verification_suspected: frozenset[str]
    verification_refuted: frozenset[str]
    certainties: Mapping[str, Certainty]
    """What the letters of the coder's certainty say."""
    observation_counts: frozenset[str]
    medication_counts: frozenset[str]
    dispense_counts: frozenset[str]
    administration_counts: frozenset[str]
    procedure_counts: frozenset[str]
    positive_answers: frozenset[tuple[str, str]]
    negative_answers: frozenset[tuple[str, str]]
    family_prefixes: _Ids
    family_icd9: _Ids
    family_words: re.Pattern[str] | None
    family_marks: _Ids
    """Beginnings of those words: a lower-case text that holds none of them holds none of the words."""
    relative_first: re.Pattern[str] | None
    """A text that begins with a relative who has, or had, what follows."""
    implant_removed: re.Pattern[str] | None
    device_lead_ins: re.Pattern[str] | None
    reaction_words: re.Pattern[str] | None
    implant_words: re.Pattern[str] | None
    old_words: re.Pattern[str] | None
    operated_elsewhere: re.Pattern[str]
    operated_on_spine: re.Pattern[str]
    """Both in folded text."""
    single_dose: re.Pattern[str] | None
    local_use: re.Pattern[str] | None
    """Routes and forms by which a drug does not reach the whole body."""
    positive_words: re.Pattern[str] | None
    negative_words: re.Pattern[str] | None
    guard_words: re.Pattern[str] | None
    conclusion_headings: re.Pattern[str] | None
    request_headings: re.Pattern[str] | None
    """Headings in the text of a report: of what is concluded; of why and how the study was done."""


def compile_index(guideline: Guideline, vocabulary: Vocabulary | None = None) -> CodeIndex:
    """The guideline's codes, phrases and units as look-ups."""
    sets = tuple(guideline.value_sets.values())
    units = {name: compile_units(quantity) for name, quantity in guideline.units.items()}
    return CodeIndex(
        phrases=PhraseReader(guideline.value_sets, guideline.evidence.text),
        observation_names=ObservationNames(guideline.observations, guideline.evidence),
        reader=TextReader(guideline.language),
        everyday=_spine_symptoms(guideline).union(guideline.combination.symptoms.context_only),
        drug_sets=frozenset(s.id for s in sets if s.rxnorm_ingredient or s.rxnorm_drug),
        complaints=_complaints(guideline),
        word_dates=WordDates(
            {folded(n): m for t in guideline.language.tongues.values() for n, m in t.months.items()}
        ),
        rules=guideline.evidence,
        answers={
            suggestion.id.removeprefix(STATED_PREFIX): suggestion.states
            for suggestion in guideline.wording.suggestion
            if suggestion.states is not None
        },
        units={s.id: units[s.quantity] for s in sets if s.quantity in units},
        drug_codes=frozenset((s.id, entry.code.strip()) for s in sets for entry in s.rxnorm_drug),
        compiled=_compile_rules(guideline.evidence, guideline.value_sets),
        look_backs=longest_look_backs(guideline),
        _exact=_exact_codes(sets),
        _icd=_icd_prefixes(guideline.value_sets),
        _kept={},
        _site=_site_codes(vocabulary.codes if vocabulary is not None else {}),
        _acute=frozenset(s.id for s in sets if s.course == "acute"),
        histories=_histories(guideline),
        kept_readings=None,
        _text_not_coded={s.id: frozenset(s.text_not_coded) for s in sets if s.text_not_coded},
    )


def _histories(guideline: Guideline) -> Mapping[str, str]:
    concepts = guideline.language.concepts
    return {
        value_set: past
        for concept in concepts.values()
        if concept.as_history is not None
        for value_set in concept.value_sets
        for past in concepts[concept.as_history].value_sets
    }


def _spine_symptoms(guideline: Guideline) -> frozenset[str]:
    symptoms = guideline.combination.symptoms
    return frozenset(
        (
            *symptoms.cervical,
            *symptoms.thoracic,
            *symptoms.lumbar,
            *symptoms.sacrum,
            *symptoms.sacroiliac,
            *symptoms.whole,
        )
    )


def _complaints(guideline: Guideline) -> frozenset[str]:
    used = {
        name
        for group in guideline.groups
        for criterion in group.criterion
        for evidence in criterion.evidence
        for name in _sets_of(evidence)
    }
    return _spine_symptoms(guideline) - used


def _sets_of(evidence: object) -> tuple[str, ...]:
    named = getattr(evidence, "vs", ())
    return (named,) if isinstance(named, str) else tuple(named)


def _site_codes(codes: Codes) -> Mapping[str, Mapping[str, _Ids]]:
    found: dict[str, dict[str, _Ids]] = {}
    for system, sets in codes.items():
        of_system = found.setdefault(system, {})
        for value_set, listed in sets.items():
            alone = (value_set,)
            for code in listed:
                before = of_system.get(code)
                of_system[code] = alone if before is None else before + alone
    return found


def _exact_codes(sets: Iterable[ValueSet]) -> Mapping[str, Mapping[str, _Ids]]:
    found: dict[str, dict[str, dict[str, None]]] = {
        system: {} for system in ("snomed", "loinc", "rxnorm", "cpt")
    }
    for value_set in sets:
        lists: tuple[tuple[str, tuple[CodeEntry, ...]], ...] = (
            ("snomed", value_set.snomed),
            ("loinc", value_set.loinc),
            ("rxnorm", value_set.rxnorm_ingredient),
            ("rxnorm", value_set.rxnorm_drug),
            ("cpt", value_set.cpt),
        )
        for system, entries in lists:
            for entry in entries:
                found[system].setdefault(plain_code(system, entry.code), {})[value_set.id] = None
    return {
        system: {code: tuple(ids) for code, ids in codes.items()} for system, codes in found.items()
    }


_Lists = tuple[str, tuple[CodeEntry, ...], tuple[CodeEntry, ...]]
"""(value set id, its codes, the codes that it leaves out)"""


def _icd_lists(value_sets: Mapping[str, ValueSet]) -> Iterator[tuple[str, _Lists]]:
    """(system word, lists) of every value set.

    WHO's edition is read by the stems of ICD-10-CM that mean the same there, and by what only WHO has.
    """
    for name, value_set in value_sets.items():
        excluded = value_set.icd10cm_exclude
        other = value_sets.get(value_set.icd10cm_exclude_set or "")
        if other is not None:
            excluded += other.icd10cm
        yield "icd10cm", (name, value_set.icd10cm, excluded)
        yield (
            "icd10",
            (name, value_set.icd10cm + value_set.icd10, excluded + value_set.icd10_exclude),
        )
        yield "icd9cm", (name, value_set.icd9cm, value_set.icd9cm_exclude)


def _icd_prefixes(value_sets: Mapping[str, ValueSet]) -> Mapping[str, _Prefixes]:
    lists: dict[str, list[_Lists]] = {}
    for system, found in _icd_lists(value_sets):
        lists.setdefault(system, []).append(found)
    return {system: _compiled(found) for system, found in lists.items()}


def _compiled(lists: Iterable[_Lists]) -> _Prefixes:
    include: dict[str, dict[str, None]] = {}
    exclude: dict[str, dict[str, None]] = {}
    for value_set, included, excluded in lists:
        for entries, table in ((included, include), (excluded, exclude)):
            for entry in entries:
                # the spelling is that of every ICD: upper case, no dot
                table.setdefault(plain_code("icd10", entry.code), {})[value_set] = None
    return _Prefixes(
        include={prefix: tuple(ids) for prefix, ids in include.items()},
        exclude={prefix: tuple(ids) for prefix, ids in exclude.items()},
        lengths=tuple(sorted({len(prefix) for prefix in (*include, *exclude) if prefix})),
    )


def _compile_rules(rules: EvidenceRules, value_sets: Mapping[str, ValueSet]) -> CompiledRules:
    return CompiledRules(
        condition_current=frozenset(rules.condition_count),
        condition_past=frozenset(rules.condition_past),
        verification_dropped=frozenset(
            (*rules.condition_drop_verification, *rules.condition_refuted_verification)
        ),
        verification_suspected=frozenset(rules.condition_suspected_verification),
        verification_refuted=frozenset(rules.condition_refuted_verification),
        certainties=_certainties(rules),
        observation_counts=frozenset(rules.observation_count),
        medication_counts=frozenset(rules.medication_count),
        dispense_counts=frozenset(rules.dispense_count),
        administration_counts=frozenset(rules.administration_count),
        procedure_counts=frozenset(rules.procedure_count),
        positive_answers=_answers(rules.positive_snomed, rules.positive_loinc),
        negative_answers=_answers(rules.negative_snomed, rules.negative_loinc),
        family_prefixes=tuple(plain_code("icd10cm", p) for p in rules.family_history_prefixes),
        family_icd9=tuple(plain_code("icd9cm", p) for p in rules.family_history_icd9),
        family_words=_words(rules.family_history_words),
        family_marks=_beginnings(rules.family_history_words),
        relative_first=_relative_first(rules.relatives, rules.relative_has),
        reaction_words=_words(rules.reaction_words),
        implant_removed=_words(rules.implant_removed),
        device_lead_ins=_words(rules.device_lead_ins),
        implant_words=_words(
            phrase
            for name in IMPLANTS
            if (value_set := value_sets.get(name)) is not None
            for phrase in value_set.text
        ),
        old_words=_words(rules.text.guard_acute),
        operated_elsewhere=_beginning_with(rules.operated_elsewhere),
        operated_on_spine=_beginning_with(rules.operated_on_spine, or_level=True),
        single_dose=_words(rules.single_dose_text, not_before=rules.repeated_text),
        local_use=_words((*rules.route_exclude, *rules.form_words_exclude)),
        positive_words=_words(rules.positive_text),
        negative_words=_words(rules.negative_text),
        guard_words=_words((*rules.text.guard, *rules.text.guard_after)),
        conclusion_headings=_words(rules.conclusion_headings),
        request_headings=_words(rules.request_headings),
    )


def _certainties(rules: EvidenceRules) -> Mapping[str, Certainty]:
    listed: tuple[tuple[Certainty, _Ids], ...] = (
        ("confirmed", rules.certainty_confirmed),
        ("suspected", rules.certainty_suspected),
        ("past", rules.certainty_past),
        ("refuted", rules.certainty_refuted),
    )
    return {letter: said for said, letters in listed for letter in letters}


def _answers(snomed: _Ids, loinc: _Ids) -> frozenset[tuple[str, str]]:
    return frozenset(
        [
            *(("snomed", code.strip()) for code in snomed),
            *(("loinc", code.strip()) for code in loinc),
        ]
    )


def _beginnings(phrases: Iterable[str]) -> _Ids:
    """The first words of the phrases, lower case, without those that begin with another one."""
    first = {phrase.split()[0].lower() for phrase in phrases if phrase.split()}
    return tuple(
        sorted(w for w in first if not any(w != other and w.startswith(other) for other in first))
    )


def _relative_first(relatives: _Ids, has: _Ids) -> re.Pattern[str] | None:
    if not relatives or not has:
        return None
    who, what = ("|".join(map(re.escape, words)) for words in (relatives, has))
    return re.compile(rf"\s*(?:the\s+|her\s+|his\s+)?(?:{who})\s*(?:{what})(?!\w)", re.IGNORECASE)


def _beginning_with(words: Iterable[str], *, or_level: bool = False) -> re.Pattern[str]:
    """A pattern that finds a word with one of these beginnings in a folded text, or a spinal level.

    Of a short one the whole word: `hip` begins too much.
    """
    plain = {folded(word) for word in words}
    any_of = "|".join(
        re.escape(word) + (r"s?(?!\w)" if len(word) <= _SHORT else "") for word in sorted(plain)
    )
    level = r"|(?<!\w)[clts]\s?\d{1,2}(?!\w)" if or_level else ""
    return re.compile(rf"(?<!\w)(?:{any_of}){level}")


def _words(words: Iterable[str], *, not_before: Iterable[str] = ()) -> re.Pattern[str] | None:
    """A pattern that finds any of the words or phrases, whole, case ignored; None when there are none.

    `not_before`: words that may not follow.
    """
    # The longest first, so that "not detected" is found before "detected" and "no".
    phrases = sorted(
        {word.strip().lower() for word in words if word.strip()}, key=len, reverse=True
    )
    if not phrases:
        return None
    any_of = "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases)
    after = "|".join(map(re.escape, not_before))
    barred = rf"(?!\s+(?:{after})(?!\w))" if after else ""
    return re.compile(rf"(?<!\w)(?:{any_of})(?!\w){barred}", re.IGNORECASE)
