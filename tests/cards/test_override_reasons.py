"""The reasons to override a card, in our codes and in those of CDS Hooks 3.0."""

from __future__ import annotations

from cds_service.knowledge.model import Guideline


def test_every_override_reason_but_other_has_a_code_of_cds_hooks_3_0(guideline: Guideline) -> None:
    wording = guideline.wording
    assert set(wording.override_reason) - set(wording.override_reason_coded) == {"other"}
    assert set(wording.override_reason_coded) <= set(wording.override_reason)
    assert set(wording.override_reason_coded.values()) == set(wording.non_adherence_reason)


def test_what_was_done_elsewhere_is_done_and_a_wrong_record_does_not_concern_the_patient(
    guideline: Guideline,
) -> None:
    coded = guideline.wording.override_reason_coded
    assert coded["xr-done-elsewhere"] == coded["ct-done"] == "action-completed"
    assert coded["finding-incorrect"] == coded["not-pregnant"] == "cds-not-applicable"
    assert coded["contrast-contraindicated"] == "patient-contraindication"
