"""Orders that we write are FHIR R4B."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from cds_service.advice import CompiledGuideline
from cds_service.checks import authored_fhir
from cds_service.checks.authored_fhir import authored_remarks


def test_every_order_that_a_card_can_create_is_valid(compiled: CompiledGuideline) -> None:
    assert list(authored_remarks(compiled.guideline)) == []


def test_an_order_that_the_model_refuses_is_named(
    compiled: CompiledGuideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(authored_fhir._sample_order(), subject=msgspec.Raw(b'{"reference":7}'))
    monkeypatch.setattr(authored_fhir, "_sample_order", lambda: broken)
    found = list(authored_remarks(compiled.guideline))
    assert found
    assert all(item.severity == "error" and "subject" in item.message for item in found)
