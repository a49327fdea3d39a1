"""How urgent a group of findings is."""

from __future__ import annotations

from msgspec.structs import replace

from cds_service.advice import CompiledGuideline
from cds_service.assessment.groups import GroupContext, group_urgency
from cds_service.knowledge.model import Level, Urgency


def test_a_group_that_is_not_active_asks_for_nothing_but_what_its_possible_level_asks(
    compiled: CompiledGuideline,
) -> None:
    groups = compiled.guideline.groups
    quiet = {group.id: Level.NONE for group in groups}
    for group in groups:
        for level in (Level.NONE, Level.NOTED):
            context = GroupContext({**quiet, group.id: level}, True, True, False)
            assert group_urgency(group, (), context) is Urgency.ROUTINE
        context = GroupContext({**quiet, group.id: Level.POSSIBLE}, True, True, False)
        assert group_urgency(group, (), context) is (group.possible.urgency or Urgency.ROUTINE)
        silent = replace(context, possible_urgency_holds=False)
        assert group_urgency(group, (), silent) is Urgency.ROUTINE


def test_a_deficit_raises_what_an_active_group_asks_for(compiled: CompiledGuideline) -> None:
    groups = compiled.guideline.groups
    quiet = {group.id: Level.NONE for group in groups}
    for group in groups:
        if group.urgency_if_cauda_equina_possible is not None:
            continue
        context = GroupContext({**quiet, group.id: Level.ACTIVE}, False, True, False)
        assert group_urgency(group, (), context) is group.urgency
        raised = group_urgency(group, (), replace(context, neuro=True))
        assert raised is (group.urgency_if_neuro or group.urgency)


def test_what_makes_an_active_group_urgent_makes_no_other_level_so(
    compiled: CompiledGuideline,
) -> None:
    quiet = {group.id: Level.NONE for group in compiled.guideline.groups}
    for group in compiled.guideline.groups:
        if group.urgency is not Urgency.ROUTINE:
            continue
        context = GroupContext({**quiet, group.id: Level.ACTIVE}, False, True, True)
        assert group_urgency(group, (), context) is Urgency.URGENT
        assert group_urgency(group, (), replace(context, urgent_holds=False)) is Urgency.ROUTINE
        noted = replace(context, levels={**quiet, group.id: Level.NOTED})
        assert group_urgency(group, (), noted) is Urgency.ROUTINE
