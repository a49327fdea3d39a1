"""Orders that we write are FHIR R4B."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from cds_service.advice import CompiledGuideline
from cds_service.cards import authored
from cds_service.cards.authored import authored_findings


def test_every_order_that_a_card_can_create_is_valid(compiled: CompiledGuideline) -> None:
    assert list(authored_findings(compiled.guideline)) == []


def test_an_order_that_the_model_refuses_is_named(
    compiled: CompiledGuideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(authored._sample_order(), subject=msgspec.Raw(b'{"reference":7}'))
    monkeypatch.setattr(authored, "_sample_order", lambda: broken)
    found = list(authored_findings(compiled.guideline))
    assert found
    assert all(item.severity == "error" and "subject" in item.message for item in found)
