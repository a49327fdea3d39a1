"""The order of the shipped rules is part of their meaning."""

from collections.abc import Iterator

from cds_service.knowledge.model import Guideline, When
from cds_service.knowledge.parts import statements


def every_statement(guideline: Guideline) -> Iterator[When]:
    outermost = (
        *(rule.when for rule in guideline.combination.scenario_rule),
        *(rule.when for rule in guideline.card_rules),
        *(row.when for row in guideline.rating_when.values() if row.when is not None),
        *(variant.when for card in guideline.wording.card for variant in card.variant),
    )
    for when in outermost:
        yield from statements(when)


def test_emergencies_at_any_age_come_before_the_rule_for_children(guideline: Guideline) -> None:
    order = [rule.scenario for rule in guideline.combination.scenario_rule]
    for scenario in ("S-AAA", "S-MSCC", "S-CES", "S-CORD"):
        assert order.index(scenario) < order.index("S-PED")
    assert order.index("S-PED") < order.index("S-TRAUMA")


def test_an_active_serious_group_comes_before_every_possible_one(guideline: Guideline) -> None:
    rules = guideline.combination.scenario_rule
    last_active = max(
        number
        for number, rule in enumerate(rules)
        if rule.when.group is not None
        and rule.when.group.at_least == "active"
        and any(group.serious and group.scenario == rule.scenario for group in guideline.groups)
    )
    first_possible = min(
        number
        for number, rule in enumerate(rules)
        if any(when.group and when.group.exactly == "possible" for when in statements(rule.when))
    )
    assert last_active < first_possible


def test_the_urgency_of_a_known_fracture_comes_before_its_radiograph(guideline: Guideline) -> None:
    order = [rule.card for rule in guideline.card_rules]
    assert order.index("urgent-escalate") < order.index("radiograph-first")


def test_an_order_covered_by_another_has_no_card_of_its_own(guideline: Guideline) -> None:
    order = [rule.card for rule in guideline.card_rules]
    assert order[order.index("wrong-region") - 1] == "none"
    assert order.index("none") < order.index("emergency-escalate")


def test_no_spine_order_is_left_in_silence(guideline: Guideline) -> None:
    assert guideline.card_rules[-1].card == "not-rated"
    assert guideline.card_rules[-1].when == When(fact="always")


def test_a_device_without_an_alternative_never_gets_a_summary_that_names_one(
    guideline: Guideline,
) -> None:
    card = next(card for card in guideline.wording.card if card.id == "mri-safety")
    for variant in card.variant:
        if any(when.fact == "no-mri-alternative" for when in statements(variant.when)):
            assert variant.summary is not None
            assert "{alternative}" not in variant.summary
    facts = [{when.fact for when in statements(variant.when)} for variant in card.variant]
    plain_unsafe = facts.index({"mr-unsafe-device"})
    assert {None, "mr-unsafe-device", "no-mri-alternative"} in facts[:plain_unsafe]


def test_every_form_has_a_placeholder_free_of_the_study_it_cannot_name(
    guideline: Guideline,
) -> None:
    for card in guideline.wording.card:
        for variant in card.variant:
            if "no_preferred" in variant.id:
                assert variant.summary is not None
                assert "{preferred}" not in variant.summary


def test_no_number_of_days_is_negative(guideline: Guideline) -> None:
    for when in every_statement(guideline):
        for days in (
            when.duration_days_at_least,
            when.duration_days_below,
            when.duration_longer_than,
        ):
            assert days is None or days > 0
        between = when.newest_onset_days
        assert between is None or 0 < between.at_least <= between.at_most


def test_the_scenarios_of_duration_cut_at_the_recovery_window(guideline: Guideline) -> None:
    recovery = guideline.parameters["recovery-window"]
    cuts = {
        rule.scenario: rule.when.duration_days_at_least or rule.when.duration_days_below
        for rule in guideline.combination.scenario_rule
        if rule.scenario in ("S-CHRONIC", "S-ACUTE")
    }
    assert cuts == {"S-CHRONIC": recovery.value, "S-ACUTE": recovery.value}
    assert recovery.unit == "d"


def test_every_labelled_suggestion_fits_a_button(guideline: Guideline) -> None:
    study = "CT myelogram C/T/L-spine w/wo contrast"
    for suggestion in guideline.wording.suggestion:
        assert len(suggestion.label.replace("{preferred}", study)) <= 60
        assert all(text.endswith(".") for text in suggestion.description)
