"""The detail of a card, a line each: on record, said, this order, what was not read, check. Markdown without HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cds_service.assessment.model import AGE, SUSPECTED, CallAssessment, CriterionResult, Finding
from cds_service.cards.evidence_lines import (
    DISPLAY_LENGTH,
    MAX_SHOWN,
    criterion_lines,
    finding_text,
    shown_line,
)
from cds_service.cards.names import cut, date_text, first_of, spoken_days, value_text
from cds_service.cards.summary import Subject
from cds_service.cards.words import CardWords, capitalized
from cds_service.cds_hooks.markdown import escaped
from cds_service.knowledge.anchors import (
    NOTED_FORMS,
    SERIOUS_FORMS,
    AdviceLines,
    Cards,
    Citations,
    Forms,
)
from cds_service.knowledge.members import (
    ACTIVE,
    APPROPRIATE,
    EMERGENCY,
    NO_LEVEL,
    NOTED,
    POSSIBLE,
    ROUTINE,
    UNDETERMINED,
)
from cds_service.knowledge.model import Level

MAX_DETAIL = 900
"""Characters of a detail, unless what may never be cut is longer."""
_MAX_FACTS = 4
"""Criteria told on a card; more are counted."""
_MAX_OLD = 2
_MAX_SOURCES = 2
_CONTRAST_MATTERS = ("MR", "CT")
_LEVEL_ORDER = {ACTIVE: 0, POSSIBLE: 1, NOTED: 2, NO_LEVEL: 3}
_CUTS: Final = ("patient", "sources", "noted", "old")
"""What is left out when the detail is too long, first to last. What decides and what was not read is never cut."""


def primary_detail(
    subject: Subject, sources: Sequence[str], gap_lines: Sequence[str], over_limit: Sequence[str]
) -> str:
    """Detail of the primary card; `over_limit` are the summaries of cards that found no room."""
    text = ""
    for count in range(len(_CUTS) + 1):
        without = frozenset(_CUTS[:count])
        text = _whole_detail(subject, sources, gap_lines, over_limit, without)
        if len(text) <= MAX_DETAIL:
            break
    return text


def _whole_detail(
    subject: Subject,
    sources: Sequence[str],
    gap_lines: Sequence[str],
    over_limit: Sequence[str],
    without: frozenset[str],
) -> str:
    words = subject.words
    return _joined(
        _section(words, "found", _found(subject, without)),
        _section(words, "said", _said(subject)),
        _section(
            words,
            "suggests",
            _this_order(subject, () if "sources" in without else sources),
        ),
        _section(words, "also", [_sentence(escaped(line)) for line in over_limit]),
        _section(words, "not_read", gap_lines),
        _section(words, "not_understood", _not_understood(subject)),
        _section(words, "old", [] if "old" in without else _old(subject)),
        _section(words, "how_sure", _check(subject)),
        _section(words, "advice", [] if "patient" in without else _advice(subject)),
    )


def added_detail(subject: Subject, sources: Sequence[str], over_limit: Sequence[str]) -> str:
    """Detail of a card beside the primary one: what was found, then its source."""
    words = subject.words
    lines = [words.detail[key] for key in _added_sentences(subject)]
    return _joined(
        _section(words, "found", [_listed(_added_evidence(subject))]),
        _section(words, "said", [_listed(_added_words(subject))]),
        _section(words, "suggests", [*lines, _cited(words, sources)] if lines else ()),
        _section(words, "also", [_sentence(escaped(line)) for line in over_limit]),
    )


def partial_detail(words: CardWords, gap_lines: Sequence[str]) -> str:
    """Detail of the card that says what could not be read."""
    return _joined(
        _section(words, "not_read", gap_lines),
        _section(words, "how_sure", [words.detail["partial_meaning"]]),
    )


def _section(words: CardWords, key: str, sentences: Sequence[str]) -> str:
    """One line of the detail: its heading and its sentences; empty when there are none."""
    text = " ".join([sentence for sentence in sentences if sentence])
    return f"{words.headings[key]} {text}" if text else ""


def _joined(*sections: str) -> str:
    return "\n\n".join([section for section in sections if section])


def _listed(items: Sequence[str]) -> str:
    return _sentence("; ".join(items)) if items else ""


def _found(subject: Subject, without: frozenset[str]) -> list[str]:
    """What is on record: the deciding facts first, the age behind them, then the symptom."""
    words, assessment = subject.words.detail, subject.assessment
    results = [
        (level, result)
        for level, result in _in_order_of_weight(subject)
        if _is_recorded(result)
        and not (level is NOTED and ("noted" in without or _is_the_pain(subject, result)))
    ]
    told = criterion_lines(subject.words, sorted((result for _, result in results), key=_is_age))
    facts = told[:_MAX_FACTS]
    if len(told) > _MAX_FACTS:
        facts.append(words["more_found"].format(count=len(told) - _MAX_FACTS))
    lines = [_listed(facts), _symptom_line(subject)]
    if not assessment.criteria and not _is_unread(subject):
        lines.append(_none_found(subject))
    if assessment.order.read_from == "text":
        lines.append(words["order_from_text"])
    elif assessment.order.read_from == "body-site":
        lines.append(words["order_from_body_site"])
    return lines


def _in_order_of_weight(subject: Subject) -> list[tuple[Level, CriterionResult]]:
    """Criteria of the deciding groups first, then by level; the age once."""
    assessment = subject.assessment
    first = {
        result.group.id
        for result in (assessment.urgency_group, assessment.scenario_group)
        if result is not None
    }
    ordered = sorted(
        assessment.groups,
        key=lambda item: (
            item.group.id not in first,
            _LEVEL_ORDER[item.level],
            item.group.order,
        ),
    )
    return list(_ages_once((group.level, result) for group in ordered for result in group.criteria))


def _is_recorded(result: CriterionResult) -> bool:
    return not all(finding.from_order for finding in result.findings)


def _is_the_pain(subject: Subject, result: CriterionResult) -> bool:
    """What the line of the symptom tells anyway: the pain, and how long it has lasted."""
    return result.criterion.id in subject.words.guideline.card_limits.told_by_symptom


def _said(subject: Subject) -> list[str]:
    """The order's own words: what was understood of them and counts, then what they deny."""
    words = subject.words.detail
    said = _said_items(subject, (result for _, result in _in_order_of_weight(subject)))
    denied = first_of(
        [f'"{escaped(quote)}"' for quote in subject.assessment.denied], MAX_SHOWN, ", "
    )
    denials = words["denied"].format(quotes=denied) if denied else ""
    return [_listed([part for part in (said, denials) if part])]


def _said_items(subject: Subject, results: Iterable[CriterionResult]) -> str:
    """What the order says of these criteria, each words once."""
    items: dict[str, str] = {}
    for result in results:
        for finding in result.findings:
            if finding.from_order:
                quote = finding.quote or finding.display
                items.setdefault(quote, _said_item(subject, result, finding))
    whole = [item for quote, item in items.items() if not _is_part(quote, items)]
    return first_of(whole, _MAX_FACTS, "; ")


def _is_part(quote: str, quotes: Iterable[str]) -> bool:
    """A longer quote holds the same words: they are quoted once."""
    return any(len(quote) < len(other) and quote.casefold() in other.casefold() for other in quotes)


def _said_item(subject: Subject, result: CriterionResult, finding: Finding) -> str:
    """`"numb down there" (saddle numbness)`; the words alone where they are the name."""
    words = subject.words
    name = words.inside(result.criterion.short or result.criterion.name)
    quote = finding.quote or finding.display
    facts = [] if quote.casefold() in name.casefold() else [name]
    if finding.is_asked:
        facts.append(words.detail["asked_in_order"])
    facts += [words.detail[note] for note in finding.notes if note != "undated"]
    shown = f'"{escaped(cut(quote, DISPLAY_LENGTH))}"'
    return f"{shown} ({', '.join(facts)})" if facts else shown


def _none_found(subject: Subject) -> str:
    words = subject.words.detail
    read = [
        key
        for key in ("conditions", "observations", "medications", "procedures")
        if key in subject.call.read_keys
    ]
    text = words["none_found"]
    return f"{text} ({', '.join(read)})." if read else f"{text}."


def _symptom_line(subject: Subject) -> str:
    words, assessment = subject.words.detail, subject.assessment
    if not assessment.has_symptom:
        return words["no_symptom"]
    name = capitalized(subject.words.symptoms[assessment.symptom])
    duration = assessment.duration
    if not duration.is_known:
        return f"{name}, {words['duration_unknown']}."
    if duration.quote:
        quote = escaped(cut(duration.quote, DISPLAY_LENGTH))
        return f"{name}, {words['duration_stated'].format(quote=quote)}."
    key = "duration_for" if duration.most == duration.least else "duration_at_least"
    if not duration.least:
        return f"{name} {words['duration_today']}."
    return f"{name} {words[key].format(duration=spoken_days(duration.least))}."


def _waits_for_reason(subject: Subject) -> bool:
    """What was not understood may be what decides: until it is reworded nothing is suggested."""
    return subject.chosen.card == Cards.MISSING_INDICATION and bool(_unread(subject))


def _unread(subject: Subject) -> tuple[str, ...]:
    """What was not understood and may decide, the order's reasons first."""
    problems = (problem.text for problem in subject.call.not_understood)
    return tuple(dict.fromkeys((*subject.assessment.order.not_understood, *problems)))


def _is_unread(subject: Subject) -> bool:
    """Something that decides was not read or not understood: it is not said that nothing was found."""
    call = subject.call
    return bool(call.missing or call.failed_criteria or _unread(subject))


def _this_order(subject: Subject, sources: Sequence[str]) -> list[str]:
    """What is usual for this order and when, with its sources; nothing while the reason has to be reworded."""
    words, assessment, chosen = subject.words.detail, subject.assessment, subject.chosen
    lines = [subject.words.cards[chosen.card].forms[chosen.form].opening]
    if _waits_for_reason(subject):
        return lines
    lines += [_groups_line(subject), *_usual(subject)]
    procedure = assessment.order.procedure
    if procedure.contrast == "unspecified" and procedure.modality in _CONTRAST_MATTERS:
        lines.append(words["contrast_not_stated"])
    if any(result.imaged_since for result in assessment.groups):
        lines.append(words["imaged_since"])
    lines += [_remark(subject, key) for key in assessment.remarks]
    lines.append(_cited(subject.words, sources))
    return lines


def _usual(subject: Subject) -> list[str]:
    """How the order is rated, the study of choice, and when it is usual."""
    words, assessment = subject.words.detail, subject.assessment
    lines = []
    group = assessment.scenario_group
    not_a_spine_study = group.group.preferred_text if group is not None else None
    if _is_another_study_advised(subject):
        pass
    elif assessment.rating is not UNDETERMINED:
        lines.append(_rated_line(subject))
    elif not_a_spine_study is None:
        lines.append(words["not_rated_here"])
    preferred = assessment.preferred
    if preferred is not None and not assessment.preferred_is_order:
        name = subject.words.study(preferred, (assessment.order.procedure,))
        key = "best_possible" if assessment.is_preferred_only_possible else "usually"
        lines.append(words[key].format(preferred=name))
    elif assessment.is_only_unsafe:
        lines.append(words["mri_unsafe_no_study"])
    if not_a_spine_study is not None:
        lines.append(_sentence(not_a_spine_study))
    if assessment.urgency is not ROUTINE:
        lines.append(
            words["timing"].format(
                urgency=words[f"urgency_{assessment.urgency.value}"],
                priority=assessment.order.priority,
            )
        )
    return lines


def _groups_line(subject: Subject) -> str:
    """Groups beside the one that the summary speaks of."""
    named = subject.chosen.group
    names = [
        result.group.short
        for result in subject.assessment.groups
        if result.level in (ACTIVE, POSSIBLE)
        and result.group.red_flag
        and (named is None or result.group.id != named.id)
    ]
    if not names:
        return ""
    return _sentence(subject.words.detail["also_consider"].format(group=", ".join(names)))


def _rated_line(subject: Subject) -> str:
    words, assessment = subject.words, subject.assessment
    return words.detail["rated"].format(
        ordered=words.study(assessment.order.procedure),
        rating=words.detail[f"rating_{assessment.rating.value.replace('-', '_')}"],
    )


def _is_another_study_advised(subject: Subject) -> bool:
    """The card asks for another region, or for a child's MRI: that the order suits too would only confuse."""
    chosen, assessment = subject.chosen, subject.assessment
    asks_for_another = chosen.card in (Cards.WHOLE_SPINE, Cards.WRONG_REGION) or (
        chosen.form in SERIOUS_FORMS and not assessment.preferred_is_order
    )
    return asks_for_another and assessment.rating is APPROPRIATE


def _remark(subject: Subject, key: str) -> str:
    """One sentence about the safety of the order; that about creatinine shows it."""
    words = subject.words.detail
    creatinine = subject.assessment.safety.creatinine
    if key != "creatinine_only" or creatinine is None:
        return words[key]
    return words[key].format(
        value=escaped(cut(f"{creatinine.display} {creatinine.value}", DISPLAY_LENGTH)),
        date=date_text(creatinine.when, words["undated"]),
    )


def primary_sources(subject: Subject) -> list[str]:
    """Citations of the rating rows used, then of the criteria of the deciding groups, that fit the regions ordered."""
    assessment = subject.assessment
    cites = list(assessment.citations)
    for result in (assessment.urgency_group, assessment.scenario_group):
        if result is not None:
            for criterion in result.criteria:
                cites += criterion.criterion.sources
    cites += subject.words.cards[subject.chosen.card].text.sources
    regions = assessment.order.procedure.regions
    return subject.words.fitting(list(dict.fromkeys(cites)), regions) or [Citations.POLICY]


def added_sources(subject: Subject) -> list[str]:
    """Of the card; the aortic one rests on what was found."""
    sources = list(subject.words.cards[subject.chosen.card].text.sources)
    if subject.chosen.card == Cards.NON_SPINAL_CAUSE:
        sources += [
            source for result in subject.chosen.rests_on for source in result.criterion.sources
        ]
    return sources or [Citations.POLICY]


def _cited(words: CardWords, sources: Iterable[str]) -> str:
    """`(Low back pain guidance 2021; GIRFT pathway 2023)`: each source once, without its places; no policy of ours."""
    texts = dict.fromkeys(
        words.source(cite).text for cite in sources if cite.partition(" ")[0] != Citations.POLICY
    )
    return f"({capitalized('; '.join(list(texts)[:_MAX_SOURCES]))})" if texts else ""


def _not_understood(subject: Subject) -> list[str]:
    """Words and values that could change the answer, by name."""
    words, call = subject.words.detail, subject.call
    lines = []
    unread = (*_unread(subject), *subject.assessment.order.unread_notes)
    if unread:
        quoted = [f"'{escaped(cut(text, DISPLAY_LENGTH))}'" for text in unread]
        lines.append(f"{first_of(quoted, MAX_SHOWN, ', ')}.")
    if call.unread_values:
        texts = dict.fromkeys(value.text for value in call.unread_values)
        quoted = [f"'{escaped(cut(_without_braces(text), DISPLAY_LENGTH))}'" for text in texts]
        values = first_of(quoted, MAX_SHOWN, ", ")
        lines.append(words["unread_values"].format(values=values))
    if call.other_patients:
        lines.append(words["other_patients"].format(count=call.other_patients))
    return lines


def _old(subject: Subject) -> list[str]:
    """What is outside its window and was not counted."""
    words = subject.words.detail
    items = []
    told = subject.assessment.told_stale
    for criterion, finding in told[:_MAX_OLD]:
        line = f"{criterion.short or criterion.name}: {finding_text(subject.words, finding)}"
        is_corrected = "newer_value_normal" in finding.notes
        items.append(line if is_corrected else f"{line}, {words['stale']}")
    more = len(told) - len(items)
    if more > 0:
        items.append(words["more_found"].format(count=more))
    return [_listed(items)]


def _without_braces(text: str) -> str:
    """A recorded value whose unit is an annotation of UCUM (`{score}`), as people write it."""
    return text.replace("{", "").replace("}", "")


def gap_lines(call: CallAssessment, words: CardWords) -> list[str]:
    """One line for everything that is missing for the same reason."""
    lines: list[str] = []
    keys: dict[str, list[str]] = {}
    for gap in call.gaps:
        if gap.reason == "failed" and gap.source in call.failed_criteria:
            lines.append(words.detail["gap_criterion_failed"])
        elif gap.note in words.detail:
            lines.append(words.detail[gap.note])
        else:
            keys.setdefault(f"gap_{gap.reason.replace('-', '_')}", []).append(gap.source)
    missing = [
        _sentence(words.detail[reason].format(key=", ".join(dict.fromkeys(sources))))
        for reason, sources in keys.items()
    ]
    return list(dict.fromkeys((*missing, *lines)))


def _check(subject: Subject) -> list[str]:
    """What the reader has to make sure of; empty where it would change nothing."""
    words = subject.words.detail
    lines = []
    if subject.chosen.form in (*NOTED_FORMS, Forms.POSSIBLE):
        lines.append(words["examine_first"])
    elif any(
        result.state is SUSPECTED and not _is_all_said(result)
        for group in subject.assessment.groups
        if group.level is not NOTED
        for result in group.criteria
    ):
        lines.append(words["uncertain_suspected"])
    if subject.call.gaps and subject.chosen.card in subject.words.guideline.card_limits.low_value:
        lines.append(words["partial_meaning"])
    return lines


def _is_all_said(result: CriterionResult) -> bool:
    """The orderer's own words say it, and do not ask: there is nobody else to confirm it."""
    return all(
        finding.from_order_text and not finding.is_asked
        for finding in result.findings
        if finding.state is SUSPECTED
    )


def _advice(subject: Subject) -> list[str]:
    assessment = subject.assessment
    names = list(subject.words.cards[subject.chosen.card].text.advice)
    if assessment.order.mentions_imaging_elsewhere and assessment.wants_records:
        names.append(AdviceLines.BRING_RECORDS)
    if assessment.mentions_travel and assessment.urgency is not EMERGENCY:
        names.append(AdviceLines.TRAVEL)
    return [subject.words.advice[name] for name in dict.fromkeys(names)]


def _added_sentences(subject: Subject) -> tuple[str, ...]:
    card, assessment = subject.chosen.card, subject.assessment
    if card == Cards.CONTRAST_SAFETY and assessment.order.procedure.modality == "MR":
        return ("contrast_if_needed",)
    if card == Cards.MRI_SAFETY and assessment.alternative is None:
        return ("mri_unsafe_no_study",)
    if card == Cards.CONFLICTING_DATA:
        return ("conflicting_refuted",)
    if card == Cards.PATIENT_DECEASED and len(assessment.cards) > 1:
        return ("deceased_all_the_same",)
    return ()


def _added_evidence(subject: Subject) -> list[str]:
    """What a card beside the primary one lists as found."""
    words, assessment = subject.words, subject.assessment
    undated = words.detail["undated"]
    card = subject.chosen.card
    if card == Cards.MRI_SAFETY:
        return [
            shown_line(words, device.display, date_text(device.when, undated), device.reference)
            for device in assessment.safety.devices
        ]
    if card == Cards.PATIENT_DECEASED:
        return [f"{words.detail['deceased']} ({date_text(subject.call.died, undated)})"]
    basis, risk = assessment.safety.pregnancy, assessment.contrast_risk
    if card == Cards.PREGNANCY and basis is not None:
        return [shown_line(words, basis.display, date_text(basis.when, undated), basis.reference)]
    if card == Cards.CONTRAST_SAFETY and risk is not None:
        value = value_text(risk.value, words.names)
        shown = f"{risk.display} {value}" if value else risk.display
        return [shown_line(words, shown, date_text(risk.when, undated), risk.reference)]
    if card == Cards.DUPLICATE_RECENT:
        return [
            shown_line(words, study.display, date_text(study.when, undated), study.reference)
            for study in assessment.duplicates[:MAX_SHOWN]
        ]
    if card == Cards.DUPLICATE_PENDING:
        return [
            escaped(cut(display, DISPLAY_LENGTH)) for display, _ in assessment.pending[:MAX_SHOWN]
        ]
    return criterion_lines(words, filter(_is_recorded, subject.chosen.rests_on))


def _added_words(subject: Subject) -> list[str]:
    """What a card beside the primary one quotes from the order."""
    said = _said_items(subject, subject.chosen.rests_on)
    return [said] if said else []


def _sentence(text: str) -> str:
    text = capitalized(text)
    return text if text.endswith((".", "?")) else f"{text}."


def _ages_once(
    results: Iterable[tuple[Level, CriterionResult]],
) -> Iterator[tuple[Level, CriterionResult]]:
    """The criteria with the age said once, however many of them rest on it."""
    is_said = False
    for level, result in results:
        is_age = _is_age(result)
        if not (is_age and is_said):
            yield level, result
        is_said = is_said or is_age


def _is_age(result: CriterionResult) -> bool:
    return all(finding.value_set == AGE for finding in result.findings)
