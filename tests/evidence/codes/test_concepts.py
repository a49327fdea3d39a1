"""What a concept is read as."""

from __future__ import annotations

from cds_service.evidence.codes.concepts import ConceptHit, ConceptReading


def test_a_concept_is_in_its_value_sets_and_in_no_other() -> None:
    one = ConceptReading(hits=(ConceptHit("fever-condition", "code", "", ""),))
    assert one.is_in("fever-condition")
    assert not one.is_in("malignancy")
    assert not ConceptReading().is_in("malignancy")
