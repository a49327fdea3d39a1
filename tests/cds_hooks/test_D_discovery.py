"""D: the discovery document."""

from __future__ import annotations

import json

import pytest

from cds_service.cds_hooks.discovery import HookService, discovery_json
from cds_service.evidence.record.types import prefetch_templates
from cds_service.settings import Settings
from cds_service.web.services import SERVICES
from tests.web.service import client

DOCUMENT = json.loads(
    discovery_json(
        SERVICES,
        {service.hook: prefetch_templates(service.hook) for service in SERVICES},
        tells_version=True,
    )
)


def test_D_1_no_services_is_an_empty_list():
    assert discovery_json((), {}, tells_version=True) == b'{"services":[]}'


def test_D_2_the_ids_and_hooks_are_those_that_clients_know():
    assert [(service["id"], service["hook"]) for service in DOCUMENT["services"]] == [
        ("spine-imaging-order-select", "order-select"),
        ("spine-imaging-order-sign", "order-sign"),
        ("spine-imaging-order-dispatch", "order-dispatch"),
    ]


@pytest.mark.parametrize("service", DOCUMENT["services"], ids=lambda service: service["hook"])
def test_D_2_every_service_says_in_words_what_it_is(service):
    assert all(service[key] for key in ("title", "description", "usageRequirements"))


def test_D_4_prefetch_is_left_out_when_there_is_none():
    bare = HookService("x", "order-sign", "t", "d", "u")
    (service,) = json.loads(discovery_json((bare,), {}, tells_version=True))["services"]
    assert "prefetch" not in service


def test_D_5_every_service_tells_the_version_of_cds_hooks_and_not_to_clients_before_2_0():
    assert {service["version"] for service in DOCUMENT["services"]} == {"2.0.1"}
    old = client(Settings(profile="legacy-1.0")).get("/cds-services").get_json()
    assert not any("version" in service for service in old["services"])
    new = client().get("/cds-services").get_json()
    assert all(service["version"] == "2.0.1" for service in new["services"])


def test_D_4_the_keys_are_those_that_clients_know():
    keys = [
        "patient", "conditions", "observations", "medications", "procedures", "orders", "reports",
        "allergies", "devices",
    ]  # fmt: skip
    select, sign, dispatch = (list(service["prefetch"]) for service in DOCUMENT["services"])
    assert select == sign == keys
    assert dispatch == [*keys, "dispatchedOrders"]


@pytest.mark.parametrize("service", DOCUMENT["services"], ids=lambda service: service["hook"])
def test_P_no_template_repeats_a_parameter(service):
    for template in service["prefetch"].values():
        names = [part.partition("=")[0] for part in template.partition("?")[2].split("&")]
        assert len(names) == len(set(names))
