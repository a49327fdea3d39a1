"""The detail of a card: found, suggests, why, not read or old, how sure, then advice. Markdown without HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cds_service.assessment.model import CriterionResult, Finding, State
from cds_service.assessment.safety import creatinine_alone
from cds_service.cards.names import cut, date_text, inside, study_name, value_text
from cds_service.cards.options import Answering
from cds_service.cards.suggestions import is_traveler, wants_records
from cds_service.cards.summary import Subject
from cds_service.cds_hooks.markdown import escaped
from cds_service.evidence.model import Gap
from cds_service.knowledge.anchors import AdviceLines, Cards, Citations, Criteria, Forms
from cds_service.knowledge.model import Citation, Level, Rating, Urgency

_DISPLAY_LENGTH = 80
_MAX_ITEMS = 12
"""Lines of evidence on one card; more are counted."""
_MAX_SOURCES = 5
_AGE = "age"
"""Value set of findings that are the patient's age."""
_CONTRAST_MATTERS = ("MR", "CT")


class Detail:
    """Writes the detail of one card."""

    def __init__(self, subject: Subject, answering: Answering, gaps: Sequence[Gap]) -> None:
        self._subject = subject
        self._answering = answering
        self._gaps = tuple(gaps)
        self._words = subject.detail
        self._names = subject.case.rules.guideline.wording.short_names

    def primary(self, over_limit: Sequence[str]) -> str:
        """Detail of the primary card; `over_limit` are the summaries of cards that found no room."""
        form = self._subject.form
        opening = form.card.opens_detail if form.name in form.card.opens_detail_forms else None
        return self._joined(
            opening or "",
            self._section("found", self._found()),
            self._section("suggests", self._suggests()),
            self._section("why", [self._why()]),
            self._section("not_read", self._not_read()),
            self._section("how_sure", self._how_sure()),
            self._section("also", [escaped(line) for line in over_limit]),
            self._section("advice", self._advice()),
        )

    def added(self, found: Iterable[str], sources: Iterable[str], lines: Iterable[str] = ()) -> str:
        """Detail of a card beside the primary one: what was found, then its source."""
        cited = self._cited(sources)
        return self._joined(
            self._section("found", list(found)),
            self._section("suggests", list(lines)),
            self._section("why", [cited] if cited else []),
        )

    def partial(self) -> str:
        """Detail of the card that says what could not be read."""
        return self._joined(
            self._section("not_read", self._gap_lines()),
            self._section("how_sure", [self._words["partial_meaning"]]),
        )

    def _section(self, key: str, lines: Sequence[str]) -> str:
        lines = [line for line in lines if line]
        if not lines:
            return ""
        heading = f"**{self._words[key]}:**"
        if len(lines) == 1:
            return f"{heading} {lines[0]}"
        return "\n".join([heading, "", *(f"- {line}" for line in lines)])

    @staticmethod
    def _joined(*sections: str) -> str:
        return "\n\n".join(section for section in sections if section)

    def _found(self) -> list[str]:
        assessment = self._subject.assessment
        lines = [self.criterion_line(result) for result in _ages_once(self._in_order_of_weight())]
        if len(lines) > _MAX_ITEMS:
            rest = len(lines) - _MAX_ITEMS
            lines = [*lines[:_MAX_ITEMS], self._words["more_found"].format(count=rest)]
        if not lines:
            lines = [self._none_found()]
        lines.append(self._symptom_line())
        if assessment.order.read_from == "text":
            lines.append(self._words["order_from_text"])
        elif assessment.order.read_from == "body-site":
            lines.append(self._words["order_from_body_site"])
        return lines

    def _in_order_of_weight(self) -> list[CriterionResult]:
        """Criteria of the deciding groups first, then by level."""
        assessment = self._subject.assessment
        first = {
            result.group.id
            for result in (assessment.urgency_group, assessment.scenario_group)
            if result is not None
        }
        levels = {Level.ACTIVE: 0, Level.POSSIBLE: 1, Level.NOTED: 2, Level.NONE: 3}
        ordered = sorted(
            assessment.groups,
            key=lambda item: (item.group.id not in first, levels[item.level], item.group.order),
        )
        return [result for group in ordered for result in group.criteria]

    def criterion_line(self, result: CriterionResult) -> str:
        """`Urinary retention: Retention of urine (14 Jun 2026, problem list)`."""
        name = result.criterion.short or result.criterion.name
        items = "; ".join(self._finding_text(finding) for finding in result.findings[:3])
        noted = "" if result.strength is not None else f" ({self._words['noted'].lower()})"
        if not noted and result.findings[0].display.casefold() == name.casefold():
            return items
        return f"{name}{noted}: {items}"

    def _finding_text(self, finding: Finding) -> str:
        if finding.value_set == _AGE:
            return self._words["age_value"].format(age=finding.value)
        shown = cut(finding.display, _DISPLAY_LENGTH)
        if finding.value:
            shown = f"{shown} {cut(value_text(finding.value, self._names), _DISPLAY_LENGTH)}"
        if finding.converted:
            shown = f"{shown} = {value_text(finding.converted, self._names)}"
        facts = [date_text(finding.when, self._words["undated"])]
        if finding.from_order_text:
            facts = [self._words["read_in_order"]]
        else:
            facts.append(self.source_word(finding.reference))
        if finding.state in (State.SUSPECTED, State.HISTORICAL):
            facts.append(self._words[str(finding.state)])
        facts += [self._words[note] for note in finding.notes if note != "undated"]
        return f"{escaped(shown)} ({', '.join(facts)})"

    def line(self, display: str, when: str, reference: str) -> str:
        """`Pregnant state (10 Jan 2026, problem list)`."""
        return f"{escaped(cut(display, _DISPLAY_LENGTH))} ({when}, {self.source_word(reference)})"

    def source_word(self, reference: str) -> str:
        """`Condition/c3` is from the problem list; a type without a word of its own is shown as it is."""
        kind = reference.split("/", 1)[0]
        return self._words.source.get(kind) or escaped(kind)

    def _none_found(self) -> str:
        read = [
            key
            for key in ("conditions", "observations", "medications", "procedures")
            if key in self._subject.case.chart.record.read_keys
        ]
        text = self._words["none_found"]
        return f"{text} ({', '.join(read)})." if read else f"{text}."

    def _symptom_line(self) -> str:
        case, assessment = self._subject.case, self._subject.assessment
        if not case.has_symptom:
            return self._words["no_symptom"]
        name = case.rules.guideline.combination.symptoms.names[assessment.symptom]
        name = name[:1].upper() + name[1:]
        duration = assessment.duration
        if not duration.is_known:
            return f"{name}: {self._words['duration_unknown']}"
        if duration.quote:
            quote = escaped(cut(duration.quote, _DISPLAY_LENGTH))
            return f"{name}, {self._words['duration_stated'].format(quote=quote)}."
        days = duration.least
        key = "duration_at_least"
        if duration.most == days:
            key = {0: "duration_today", 1: "duration_one_day"}.get(days, "duration_days")
        return f"{name} {self._words[key].format(days=days)}."

    def _suggests(self) -> list[str]:
        case, assessment = self._subject.case, self._subject.assessment
        ordered = study_name(assessment.order.procedure, self._names)
        lines = [self._groups_line()]
        group = assessment.scenario_group
        not_a_spine_study = group.group.preferred_text if group is not None else None
        if self._is_another_study_advised():
            pass
        elif assessment.rating is not Rating.UNDETERMINED:
            rating = self._words[f"rating_{assessment.rating.value.replace('-', '_')}"]
            title = next(
                item.title
                for item in case.rules.guideline.combination.scenario
                if item.id == assessment.scenario
            )
            lines.append(
                self._words["rated"].format(
                    scenario=title, ordered=inside(ordered, self._names), rating=rating
                )
            )
        elif not_a_spine_study is None:
            lines.append(self._words["not_rated_here"])
        preferred = assessment.preferred
        if preferred is not None and not assessment.preferred_is_order:
            name = study_name(preferred, self._names, (assessment.order.procedure,))
            lines.append(self._words["usually"].format(preferred=name))
        elif preferred is None and case.usual_study is not None and case.call.safety.devices:
            lines.append(self._words["mri_unsafe_no_study"])
        if not_a_spine_study is not None:
            lines.append(_sentence(not_a_spine_study))
        if assessment.urgency is not Urgency.ROUTINE:
            lines.append(
                self._words["timing"].format(
                    urgency=self._words[f"urgency_{assessment.urgency.value}"],
                    priority=assessment.order.priority,
                )
            )
        procedure = assessment.order.procedure
        if procedure.contrast == "unspecified" and procedure.modality in _CONTRAST_MATTERS:
            lines.append(self._words["contrast_not_stated"])
        if any(result.imaged_since for result in assessment.groups):
            lines.append(self._words["imaged_since"])
        lines += self._safety_lines()
        return lines

    def _groups_line(self) -> str:
        parts = []
        for level, key in ((Level.ACTIVE, "group_active"), (Level.POSSIBLE, "group_possible")):
            names = [
                result.group.short
                for result in self._subject.assessment.groups
                if result.level is level
            ]
            if names:
                parts.append(self._words[key].format(group=", ".join(names)))
        return _sentence("; ".join(parts)) if parts else ""

    def _is_another_study_advised(self) -> bool:
        """The card asks for another region, or for a child's MRI: that the order suits too would only confuse."""
        form, assessment = self._subject.form, self._subject.assessment
        asks_for_another = form.card.id in (Cards.WHOLE_SPINE, Cards.WRONG_REGION) or (
            form.name == Forms.SERIOUS and not assessment.preferred_is_order
        )
        return asks_for_another and assessment.rating is Rating.APPROPRIATE

    def _safety_lines(self) -> list[str]:
        case, assessment = self._subject.case, self._subject.assessment
        safety, procedure = assessment.safety, assessment.order.procedure
        lines = []
        if safety.pregnancy_unknown and procedure.modality in (
            "CT",
            "CTM",
            "XR",
            "RF",
            "NM",
            "PET",
        ):
            lines.append(self._words["pregnancy_status_unknown"])
        if safety.claustrophobia and procedure.modality == "MR":
            lines.append(self._words["claustrophobia"])
        creatinine = creatinine_alone(case.chart)
        if (
            creatinine is not None
            and procedure.modality in ("MR", "CT")
            and procedure.contrast
            in (
                "with",
                "without-and-with",
            )
        ):
            lines.append(
                self._words["creatinine_only"].format(
                    value=escaped(
                        cut(
                            f"{creatinine.entry.display} {creatinine.entry.value_text}",
                            _DISPLAY_LENGTH,
                        )
                    ),
                    date=date_text(creatinine.entry.when, self._words["undated"]),
                )
            )
        limits = case.rules.guideline.safety_limits
        if (
            self._subject.form.card.id == Cards.TRAUMA_CT_FIRST
            and procedure.regions == ("cervical",)
            and assessment.age is not None
            and limits.neck_rule_age_from <= assessment.age <= limits.neck_rule_age_to
            and case.criterion(Criteria.ANKYLOSED_SPINE_TRAUMA) is None
            and not case.neuro
        ):
            lines.append(self._words["neck_rule"])
        return lines

    def _why(self) -> str:
        return self._cited(self.sources())

    def sources(self) -> list[str]:
        """Citations of the rating rows used, then of the criteria of the deciding groups."""
        assessment = self._subject.assessment
        cites = list(assessment.citations)
        for result in (assessment.urgency_group, assessment.scenario_group):
            if result is not None:
                for criterion in result.criteria:
                    cites += criterion.criterion.sources
        cites += self._subject.form.card.sources
        return list(dict.fromkeys(cites)) or [Citations.POLICY]

    def _cited(self, sources: Iterable[str]) -> str:
        """`low back pain guidance 2021, variant 4; GIRFT pathway 2023.`: each source once."""
        texts: dict[str, str] = {}
        for cite in sources:
            name, _, place = cite.partition(" ")
            citation = self._subject.case.rules.guideline.citations[name]
            text = citation_text(citation)
            if name not in texts or (place and place not in texts[name]):
                texts[name] = f"{texts.get(name, text)}, {place}" if place else text
        kept = list(texts.values())[:_MAX_SOURCES]
        return _sentence("; ".join(kept)) if kept else ""

    def _not_read(self) -> list[str]:
        lines = self._gap_lines()
        record = self._subject.case.chart.record
        if record.not_understood:
            lines.append(self._words["not_understood"].format(count=record.not_understood))
        if record.other_patients:
            lines.append(self._words["other_patients"].format(count=record.other_patients))
        for criterion, finding in self._subject.assessment.stale[:_MAX_ITEMS]:
            name = criterion.short or criterion.name
            if "newer_value_normal" in finding.notes:
                lines.append(f"{name}: {self._finding_text(finding)}")
            else:
                old = self._words["stale"]
                lines.append(f"{name}: {self._finding_text(finding)}, {old}")
        return lines

    def _gap_lines(self) -> list[str]:
        """One line for everything that is missing for the same reason."""
        lines: list[str] = []
        keys: dict[str, list[str]] = {}
        for gap in self._gaps:
            if gap.reason == "failed" and gap.source in self._subject.case.rules.criterion_ids:
                lines.append(self._words["gap_criterion_failed"])
            elif gap.note in self._words:
                lines.append(self._words[gap.note])
            else:
                keys.setdefault(f"gap_{gap.reason.replace('-', '_')}", []).append(gap.source)
        missing = [
            _sentence(self._words[reason].format(key=", ".join(dict.fromkeys(sources))))
            for reason, sources in keys.items()
        ]
        return list(dict.fromkeys((*missing, *lines)))

    def _how_sure(self) -> list[str]:
        assessment = self._subject.assessment
        lines = []
        is_suspected = any(
            result.state is State.SUSPECTED
            for group in assessment.groups
            if group.level is not Level.NOTED
            for result in group.criteria
        )
        if is_suspected:
            lines.append(self._words["uncertain_suspected"])
        if self._gaps:
            lines.append(self._words["uncertain_missing"])
        if self._subject.form.name in (Forms.NOTED, Forms.POSSIBLE):
            lines.append(self._words["examine_first"])
        lines.append(self._words["confirm_bedside"])
        return lines

    def _advice(self) -> list[str]:
        advice = self._subject.case.rules.guideline.wording.advice
        names = list(self._subject.form.card.advice)
        if wants_records(self._subject, self._answering):
            names.append(AdviceLines.BRING_RECORDS)
        is_emergency = self._subject.assessment.urgency is Urgency.EMERGENCY
        if not is_emergency and is_traveler(self._subject, self._answering):
            names.append(AdviceLines.TRAVEL)
        return [advice[name] for name in dict.fromkeys(names)]


def citation_text(citation: Citation) -> str:
    """How a card names a source: its short name and year."""
    return f"{citation.short} {citation.year}" if citation.year is not None else citation.short


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."


def _ages_once(results: Iterable[CriterionResult]) -> Iterator[CriterionResult]:
    """The criteria with the age said once, however many of them rest on it."""
    is_said = False
    for result in results:
        is_age = all(finding.value_set == _AGE for finding in result.findings)
        if not (is_age and is_said):
            yield result
        is_said = is_said or is_age
