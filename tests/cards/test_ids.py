"""Ids of cards: stable, and UUIDs of version 5."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from msgspec.structs import replace

from cds_service.cards.ids import card_uuid
from cds_service.cds_hooks.model import HookContext, HookRequest

REQUEST = HookRequest(
    service_id="spine-imaging-order-select",
    hook="order-select",
    hook_instance="instance-1",
    context=HookContext("p1", None, None, (), ()),
    prefetch={},
)


@pytest.mark.parametrize("suggestion", ["", "add-reason", "ä 🦴"])
def test_a_uuid_is_the_uuid5_of_what_it_stands_for(suggestion):
    namespace = uuid5(NAMESPACE_URL, "https://spine-imaging-cds.github.io/fhir/NamingSystem/card")
    name = f"spine-imaging-order-select|p1|instance-1|ServiceRequest/o1|appropriate|{suggestion}"
    found = card_uuid(REQUEST, "ServiceRequest/o1", "appropriate", suggestion)
    assert found == str(uuid5(namespace, name))
    assert UUID(found).version == 5


def test_another_call_order_card_or_suggestion_has_another_uuid():
    other = replace(REQUEST, hook_instance="instance-2")
    uuids = {
        card_uuid(REQUEST, "ServiceRequest/o1", "appropriate"),
        card_uuid(other, "ServiceRequest/o1", "appropriate"),
        card_uuid(REQUEST, "ServiceRequest/o2", "appropriate"),
        card_uuid(REQUEST, "ServiceRequest/o1", "pediatric"),
        card_uuid(REQUEST, "ServiceRequest/o1", "appropriate", "add-reason"),
    }
    assert len(uuids) == 5
