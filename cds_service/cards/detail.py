"""The detail of a card: found, suggests, why, not read or old, how sure, then advice. Markdown without HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cds_service.assessment.model import SUSPECTED, CallAssessment, CriterionResult
from cds_service.cards.evidence_lines import (
    AGE,
    DISPLAY_LENGTH,
    MAX_SHOWN,
    criterion_line,
    finding_text,
    shown_line,
)
from cds_service.cards.names import cut, date_text, value_text
from cds_service.cards.summary import Subject
from cds_service.cards.words import CardWords, capitalized
from cds_service.cds_hooks.markdown import escaped
from cds_service.knowledge.anchors import NOTED_FORMS, AdviceLines, Cards, Citations, Forms
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

_MAX_ITEMS = 12
"""Lines of evidence on one card; more are counted."""
_MAX_SOURCES = 5
_CONTRAST_MATTERS = ("MR", "CT")
_LEVEL_ORDER = {ACTIVE: 0, POSSIBLE: 1, NOTED: 2, NO_LEVEL: 3}


def primary_detail(
    subject: Subject, sources: Sequence[str], gap_lines: Sequence[str], over_limit: Sequence[str]
) -> str:
    """Detail of the primary card; `over_limit` are the summaries of cards that found no room."""
    words, chosen = subject.words, subject.chosen
    return _joined(
        words.cards[chosen.card].forms[chosen.form].opening,
        _section(words, "found", _found(subject)),
        _section(words, "suggests", [] if _waits_for_reason(subject) else _suggests(subject)),
        _section(words, "why", [_cited(words, sources)]),
        _section(words, "not_read", _not_read(subject, gap_lines)),
        _section(words, "how_sure", _how_sure(subject)),
        _section(words, "also", [escaped(line) for line in over_limit]),
        _section(words, "advice", _advice(subject)),
    )


def added_detail(subject: Subject, sources: Sequence[str], over_limit: Sequence[str]) -> str:
    """Detail of a card beside the primary one: what was found, then its source."""
    words = subject.words
    lines = [words.detail[key] for key in _added_sentences(subject)]
    return _joined(
        _section(words, "found", _added_evidence(subject)),
        _section(words, "suggests", [*lines, *(escaped(line) for line in over_limit)]),
        _section(words, "why", [_cited(words, sources)]),
    )


def partial_detail(words: CardWords, gap_lines: Sequence[str]) -> str:
    """Detail of the card that says what could not be read."""
    return _joined(
        _section(words, "not_read", gap_lines),
        _section(words, "how_sure", [words.detail["partial_meaning"]]),
    )


def _section(words: CardWords, key: str, lines: Sequence[str]) -> str:
    lines = [line for line in lines if line]
    if not lines:
        return ""
    heading = words.headings[key]
    if len(lines) == 1:
        return f"{heading} {lines[0]}"
    return f"{heading}\n\n- " + "\n- ".join(lines)


def _joined(*sections: str) -> str:
    return "\n\n".join([section for section in sections if section])


def _found(subject: Subject) -> list[str]:
    words, assessment = subject.words.detail, subject.assessment
    results = list(_ages_once(_in_order_of_weight(subject)))
    lines = [criterion_line(subject.words, result) for result in results[:_MAX_ITEMS]]
    if len(results) > _MAX_ITEMS:
        lines.append(words["more_found"].format(count=len(results) - _MAX_ITEMS))
    if not lines and not _is_unread(subject):
        lines = [_none_found(subject)]
    lines.append(_symptom_line(subject))
    if assessment.order.read_from == "text":
        lines.append(words["order_from_text"])
    elif assessment.order.read_from == "body-site":
        lines.append(words["order_from_body_site"])
    return lines


def _in_order_of_weight(subject: Subject) -> list[CriterionResult]:
    """Criteria of the deciding groups first, then by level."""
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
    return [result for group in ordered for result in group.criteria]


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
        return f"{name}: {words['duration_unknown']}"
    if duration.quote:
        quote = escaped(cut(duration.quote, DISPLAY_LENGTH))
        return f"{name}, {words['duration_stated'].format(quote=quote)}."
    days = duration.least
    key = "duration_at_least"
    if duration.most == days:
        key = {0: "duration_today", 1: "duration_one_day"}.get(days, "duration_days")
    return f"{name} {words[key].format(days=days)}."


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


def _suggests(subject: Subject) -> list[str]:
    words, assessment = subject.words.detail, subject.assessment
    lines = [_groups_line(subject)]
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
        lines.append(words["usually"].format(preferred=name))
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
    procedure = assessment.order.procedure
    if procedure.contrast == "unspecified" and procedure.modality in _CONTRAST_MATTERS:
        lines.append(words["contrast_not_stated"])
    if any(result.imaged_since for result in assessment.groups):
        lines.append(words["imaged_since"])
    lines += [_remark(subject, key) for key in assessment.remarks]
    return lines


def _groups_line(subject: Subject) -> str:
    parts = []
    for level, key in ((ACTIVE, "group_active"), (POSSIBLE, "group_possible")):
        names = [
            result.group.short for result in subject.assessment.groups if result.level is level
        ]
        if names:
            parts.append(subject.words.detail[key].format(group=", ".join(names)))
    return _sentence("; ".join(parts)) if parts else ""


def _rated_line(subject: Subject) -> str:
    words, assessment = subject.words, subject.assessment
    is_open = _is_unread(subject) or subject.chosen.form in NOTED_FORMS
    titles = words.open_titles if is_open else words.scenario_titles
    return words.detail["rated"].format(
        scenario=titles[assessment.scenario],
        ordered=words.inside(words.study(assessment.order.procedure)),
        rating=words.detail[f"rating_{assessment.rating.value.replace('-', '_')}"],
    )


def _is_another_study_advised(subject: Subject) -> bool:
    """The card asks for another region, or for a child's MRI: that the order suits too would only confuse."""
    chosen, assessment = subject.chosen, subject.assessment
    asks_for_another = chosen.card in (Cards.WHOLE_SPINE, Cards.WRONG_REGION) or (
        chosen.form == Forms.SERIOUS and not assessment.preferred_is_order
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
    """Citations of the rating rows used, then of the criteria of the deciding groups."""
    assessment = subject.assessment
    cites = list(assessment.citations)
    for result in (assessment.urgency_group, assessment.scenario_group):
        if result is not None:
            for criterion in result.criteria:
                cites += criterion.criterion.sources
    cites += subject.words.cards[subject.chosen.card].text.sources
    return list(dict.fromkeys(cites)) or [Citations.POLICY]


def added_sources(subject: Subject) -> list[str]:
    """Of the card; the aortic one rests on what was found."""
    sources = list(subject.words.cards[subject.chosen.card].text.sources)
    if subject.chosen.card == Cards.NON_SPINAL_CAUSE:
        sources += [
            source for result in subject.chosen.rests_on for source in result.criterion.sources
        ]
    return sources or [Citations.POLICY]


def _cited(words: CardWords, sources: Iterable[str]) -> str:
    """`low back pain guidance 2021, variant 4; GIRFT pathway 2023.`: each source once."""
    texts: dict[str, str] = {}
    for cite in sources:
        name, _, place = cite.partition(" ")
        before = texts.get(name)
        if before is None:
            text = words.sources[name].text
            texts[name] = f"{text}, {place}" if place else text
        elif place and place not in before:
            texts[name] = f"{before}, {place}"
    kept = list(texts.values())[:_MAX_SOURCES]
    return _sentence("; ".join(kept)) if kept else ""


def _not_read(subject: Subject, gap_lines: Sequence[str]) -> list[str]:
    words, call = subject.words.detail, subject.call
    lines = list(gap_lines)
    unread = (*_unread(subject), *subject.assessment.order.unread_notes)
    if unread:
        quoted = [f"'{escaped(cut(text, DISPLAY_LENGTH))}'" for text in unread[:MAX_SHOWN]]
        more = len(unread) - len(quoted)
        quotes = ", ".join(quoted) + (f" (+{more})" if more else "")
        lines.append(words["words_not_understood"].format(quotes=quotes))
    if call.unread_values:
        shown = list(dict.fromkeys(value.text for value in call.unread_values))[:MAX_SHOWN]
        quoted = [f"'{escaped(cut(_without_braces(text), DISPLAY_LENGTH))}'" for text in shown]
        lines.append(words["unread_values"].format(values=", ".join(quoted)))
    if call.other_patients:
        lines.append(words["other_patients"].format(count=call.other_patients))
    for criterion, finding in subject.assessment.stale[:_MAX_ITEMS]:
        line = f"{criterion.short or criterion.name}: {finding_text(subject.words, finding)}"
        is_corrected = "newer_value_normal" in finding.notes
        lines.append(line if is_corrected else f"{line}, {words['stale']}")
    return lines


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


def _how_sure(subject: Subject) -> list[str]:
    words = subject.words.detail
    lines = []
    is_suspected = any(
        result.state is SUSPECTED
        for group in subject.assessment.groups
        if group.level is not NOTED
        for result in group.criteria
    )
    if is_suspected:
        lines.append(words["uncertain_suspected"])
    if subject.call.gaps:
        lines.append(words["uncertain_missing"])
    if subject.chosen.form in (*NOTED_FORMS, Forms.POSSIBLE):
        lines.append(words["examine_first"])
    lines.append(words["confirm_bedside"])
    return lines


def _advice(subject: Subject) -> list[str]:
    assessment = subject.assessment
    names = list(subject.words.cards[subject.chosen.card].text.advice)
    if assessment.wants_records:
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
    return [criterion_line(words, result) for result in subject.chosen.rests_on]


def _sentence(text: str) -> str:
    text = capitalized(text)
    return text if text.endswith((".", "?")) else f"{text}."


def _ages_once(results: Iterable[CriterionResult]) -> Iterator[CriterionResult]:
    """The criteria with the age said once, however many of them rest on it."""
    is_said = False
    for result in results:
        is_age = all(finding.value_set == AGE for finding in result.findings)
        if not (is_age and is_said):
            yield result
        is_said = is_said or is_age
