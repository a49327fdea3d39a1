"""Metrics count what happened, under labels that no caller can choose."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from cds_service.cds_hooks.model import Card, Coding
from cds_service.web.metrics import Metrics, Stage
from cds_service.web.trust import Refusal

SERVICE = "spine-imaging-order-select"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(
        services=(SERVICE,),
        prefetch_keys=("patient", "conditions"),
        card_ids=("not-yet-indicated",),
        clients=("https://ehr.example.org",),
    )


def _text(metrics: Metrics) -> str:
    body, content_type = metrics.metrics_response()
    assert content_type.startswith("text/plain")
    return body.decode()


def _card(card_id: str) -> Card:
    return Card(card_id, "u", "s", "", "warning", "ACR", None, Coding("s", "c", "d"))


def test_calls_are_counted_by_service_hook_and_status(metrics: Metrics) -> None:
    metrics.call_answered(SERVICE, "order-select", 200, 0.02)
    metrics.call_answered(SERVICE, "order-select", 412, 0.02)
    text = _text(metrics)
    for status in (200, 412):
        labels = f'hook="order-select",service="{SERVICE}",status="{status}"'
        assert f"spine_cds_calls_total{{{labels}}} 1.0" in text
    assert f'spine_cds_call_seconds_count{{hook="order-select",service="{SERVICE}"}} 2.0' in text


def test_what_a_caller_writes_never_becomes_a_label(metrics: Metrics) -> None:
    for number in range(100):
        metrics.call_answered(f"evil-{number}", f"hook-{number}", 1000 + number, 0.1)
        metrics.prefetch_read(f"evil-{number}", "hit")
        metrics.gap_found(f"evil-{number}", "not-provided")
        metrics.caller_refused(f"evil-{number}")
        metrics.caller_limited(f"evil-{number}")
        metrics.cards_answered([_card(f"evil-{number}")])
    text = _text(metrics)
    assert "evil" not in text
    assert 'spine_cds_calls_total{hook="other",service="other",status="other"} 100.0' in text
    assert 'spine_cds_refused_total{reason="other"} 100.0' in text


def test_every_reason_to_refuse_a_caller_has_its_count(metrics: Metrics) -> None:
    for reason in get_args(Refusal):
        metrics.caller_refused(reason)
    text = _text(metrics)
    assert all(f'spine_cds_refused_total{{reason="{r}"}} 1.0' in text for r in get_args(Refusal))
    assert 'reason="other"' not in text


def test_stages_are_timed_failed_ones_too(metrics: Metrics) -> None:
    for stage in get_args(Stage):
        with metrics.stage(stage):
            pass
    with pytest.raises(RuntimeError), metrics.stage("assess"):
        raise RuntimeError
    text = _text(metrics)
    assert 'spine_cds_stage_seconds_count{stage="assess"} 2.0' in text
    assert 'spine_cds_stage_seconds_count{stage="parse"} 1.0' in text


def test_sources_and_gaps_are_counted(metrics: Metrics) -> None:
    metrics.prefetch_read("conditions", "partial")
    metrics.fhir_called("timeout", 2.0)
    metrics.gap_found("conditions", "partial")
    metrics.gap_found("criterion-that-failed", "failed")
    text = _text(metrics)
    assert 'spine_cds_prefetch_total{key="conditions",state="partial"} 1.0' in text
    assert 'spine_cds_fhir_requests_total{outcome="timeout"} 1.0' in text
    assert 'spine_cds_gaps_total{reason="partial",source="conditions"} 1.0' in text
    assert 'spine_cds_gaps_total{reason="failed",source="criterion"} 1.0' in text


def test_cards_feedback_limits_and_lost_calls_are_counted(metrics: Metrics) -> None:
    metrics.cards_answered([_card("not-yet-indicated")])
    metrics.feedback_read("accepted", 3)
    metrics.caller_limited("https://ehr.example.org")
    metrics.call_to_record()
    metrics.call_recorded(2)
    metrics.history_gone()
    metrics.call_not_recorded()
    text = _text(metrics)
    assert 'spine_cds_cards_total{card="not-yet-indicated",indicator="warning"} 1.0' in text
    assert 'spine_cds_feedback_total{outcome="accepted"} 3.0' in text
    assert 'spine_cds_rate_limited_total{client="https://ehr.example.org"} 1.0' in text
    assert "spine_cds_to_record_total 1.0" in text
    assert "spine_cds_recorded_total 2.0" in text
    assert "spine_cds_history_gone_total 1.0" in text
    assert "spine_cds_not_recorded_total 1.0" in text


def test_two_apps_in_one_process_count_apart(metrics: Metrics) -> None:
    other = Metrics(services=(SERVICE,), prefetch_keys=(), card_ids=(), clients=())
    other.call_not_recorded()
    assert "spine_cds_not_recorded_total 0.0" in _text(metrics)


def test_workers_are_added_up_where_they_share_a_directory(tmp_path: Path) -> None:
    program = (
        "from cds_service.web.metrics import Metrics\n"
        "m = Metrics(services=(), prefetch_keys=(), card_ids=(), clients=())\n"
        "m.call_not_recorded()\n"
        "print(m.metrics_response()[0].decode())\n"
    )
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert "spine_cds_not_recorded_total 1.0" in outputs[0]
    assert "spine_cds_not_recorded_total 2.0" in outputs[1]
