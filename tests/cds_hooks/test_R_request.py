"""R: the envelope of a hook call."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.model import HookRequest
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.errors import HookRequestError
from tests.cds_hooks.bodies import as_bytes, context, hook_call

ID = "spine-imaging-order-select"


def parsed(call: Any) -> HookRequest:
    return parse_hook_request(ID, as_bytes(call))


def refusal(body: bytes) -> HookRequestError:
    with pytest.raises(HookRequestError) as caught:
        parse_hook_request(ID, body)
    assert caught.value.status == 400
    return caught.value


def test_R_1_a_complete_call_is_read():
    request = parsed(
        hook_call(prefetch={"patient": {"resourceType": "Patient"}, "conditions": None})
    )
    assert request.service_id == ID
    assert request.hook == "order-select"
    assert request.context.patient_id == "p1"
    assert request.context.user_id == "Practitioner/dr1"
    assert bytes(request.prefetch["conditions"]) == b"null"
    assert "observations" not in request.prefetch


def test_R_1_unknown_fields_are_ignored():
    assert parsed(hook_call(somethingNew={"a": 1}, user="Practitioner/1")).hook == "order-select"


@pytest.mark.parametrize("field", ["hook", "hookInstance", "context"])
def test_R_1_a_required_field_that_is_missing_is_named(field):
    error = refusal(as_bytes({k: v for k, v in hook_call().items() if k != field}))
    assert error.expression == field
    assert error.code == "required"


@pytest.mark.parametrize("value", [None, "", "  ", 7, [], {}, True])
@pytest.mark.parametrize("field", ["hook", "hookInstance"])
def test_R_1_hook_and_hook_instance_are_texts(field, value):
    assert refusal(as_bytes(hook_call() | {field: value})).expression == field


def test_R_6_a_hook_instance_need_not_be_a_uuid():
    assert parsed(hook_call(hookInstance="randomGUIDforthehookevent")).hook_instance.startswith(
        "random"
    )


def test_R_2_a_token_without_a_server_is_refused():
    error = refusal(as_bytes(hook_call(fhirAuthorization={"access_token": "t"})))
    assert error.expression == "fhirServer"


def test_R_2_a_server_without_a_token_is_fine():
    request = parsed(hook_call(fhirServer="https://ehr.example.org/fhir"))
    assert request.fhir_server == "https://ehr.example.org/fhir"
    assert request.fhir_authorization is None


def test_F_3_an_authorization_is_read_with_what_clients_leave_empty():
    request = parsed(
        hook_call(
            fhirServer="https://ehr.example.org/fhir",
            fhirAuthorization={
                "access_token": "secret",
                "token_type": "Bearer",
                "expires_in": "300",
                "scope": "",
                "subject": "cds",
                "patient": "Patient/p1",
            },
        )
    )
    authorization = request.fhir_authorization
    assert authorization is not None
    assert (authorization.access_token, authorization.expires_in) == ("secret", 300)
    assert authorization.patient == "p1"
    assert "secret" not in repr(request)


def test_F_3_an_authorization_without_a_token_is_refused():
    call = hook_call(fhirServer="https://ehr.example.org/fhir", fhirAuthorization={"scope": "x"})
    assert refusal(as_bytes(call)).expression == "fhirAuthorization.access_token"


def test_R_4_optional_fields_may_be_null_or_empty():
    call = hook_call() | {
        "fhirServer": None,
        "fhirAuthorization": None,
        "prefetch": None,
        "extension": None,
    }
    request = parsed(call)
    assert (request.fhir_server, request.fhir_authorization) == (None, None)
    assert (request.prefetch, request.extension) == ({}, {})
    assert parsed(hook_call(fhirServer="", fhirAuthorization={})).fhir_server is None


@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_R_1_prefetch_is_an_object(value):
    assert refusal(as_bytes(hook_call(prefetch=value))).expression == "prefetch"


@pytest.mark.parametrize("value", [{}, [], 1])
def test_R_1_fhir_server_is_a_text(value):
    assert refusal(as_bytes(hook_call(fhirServer=value))).expression == "fhirServer"


def test_R_9_extensions_are_kept_and_never_required():
    assert parsed(hook_call(extension={"a.b": 1})).extension == {"a.b": 1}
    assert parsed(hook_call(extension=[1])).extension == {}
    assert parsed(hook_call(extension="x")).extension == {}


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "order-dispatch", "order-review"])
def test_R_5_a_known_hook_is_read_at_any_service(hook):
    call = hook_call(
        hook, context=context(dispatchedOrders=["ServiceRequest/o1"], orders={"entry": []})
    )
    assert parsed(call).hook == hook


@pytest.mark.parametrize(
    "hook", ["patient-view", "medication-prescribe", "Order-Select", "hook<script>"]
)
def test_R_5_any_other_hook_is_refused(hook):
    error = refusal(as_bytes(hook_call(hook)))
    assert error.expression == "hook"
    assert hook not in str(error)


@pytest.mark.parametrize("value", [[], ["p1"], "p1", 1, None, True])
def test_R_8_a_context_that_is_no_object_is_refused(value):
    assert refusal(as_bytes(hook_call() | {"context": value})).expression == "context"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"{}}",
        b"{'hook':'order-select'}",
        b'{"hook":"order-select",}',
        b'// comment\n{"hook":"order-select"}',
        b'{"hook":NaN}',
        b'{"prefetch":{"a":NaN}}',
        b'{"prefetch":{"a":Infinity}}',
        b'{"hook":"order-select"}{"hook":"order-select"}',
        b'\xef\xbb\xbf{"hook":"order-select"}',
        b'{"hook":"\xff"}',
        b'{"prefetch":{"a":"\xe9"}}',
        b'{"\xff":1}',
        '{"hook":"order-select"}'.encode("utf-16"),
        b'{"hook":"\\ud800"}',
        b'{"hook":"a\nb"}',
        b"<html></html>",
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"prefetch":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
    ids=range(27),
)
def test_X_4_what_is_no_json_object_is_refused_and_not_repeated(body):
    error = refusal(body)
    assert "order-select" not in str(error).replace("order-select, order-sign", "")


@pytest.mark.parametrize(
    "body",
    [
        b'{"hook":"order-select","hook":"order-sign","hookInstance":"1","context":{}}',
        b'{"a":12,"a":1}',
        b'{"a":1,"a":12}',
        b'{"a":1,"a":1}',
        b'{"a":1,"b":2,"\\u0061":3}',
        b'{ "a" : {"x":1} , "b" : 2 , "a" : {"x":1} }',
    ],
)
def test_X_4_a_key_twice_is_refused(body):
    assert "twice" in str(refusal(body))


def test_X_4_a_key_twice_inside_the_context_is_refused():
    body = as_bytes(hook_call()).replace(b'"patientId"', b'"patientId": "other", "patientId"')
    assert refusal(body).expression == "context"


def test_X_4_a_key_twice_in_an_order_is_a_flaw_of_that_order():
    body = as_bytes(hook_call()).replace(b'"status"', b'"status": "active", "status"')
    (order,) = parse_hook_request(ID, body).context.draft_orders
    assert (order.id, order.flaw) == ("o1", "key-twice")


def test_R_1_white_space_and_escapes_in_keys_are_fine():
    body = (
        as_bytes(hook_call()).replace(b'"hook"', b'\n\t "ho\\u006fk" ').replace(b"}}", b"} \r\n }")
    )
    assert parse_hook_request(ID, body).hook == "order-select"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(sorted(hook_call(prefetch={}, fhirServer="x"))), json_values)
)
def test_any_value_anywhere_in_the_envelope_is_read_or_refused(changes):
    _read_or_refused(as_bytes(hook_call() | changes))


@given(
    st.sampled_from(["order-select", "order-sign", "order-dispatch", "order-review"]),
    st.dictionaries(
        st.sampled_from(
            [
                "patientId",
                "selections",
                "draftOrders",
                "orders",
                "dispatchedOrders",
                "order",
                "userId",
            ]
        ),
        json_values,
    ),
)
def test_any_value_anywhere_in_the_context_is_read_or_refused(hook, changes):
    _read_or_refused(as_bytes(hook_call(hook, context=context() | changes)))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    _read_or_refused(body)


def _read_or_refused(body: bytes) -> None:
    with contextlib.suppress(HookRequestError):
        assert parse_hook_request(ID, body).context.patient_id


PREFETCH = {"patient": {"resourceType": "Patient"}, "conditions": {"entry": [1.10, "}{"]}}


def test_P_prefetch_is_kept_byte_for_byte_beside_fields_that_we_know_and_do_not_know():
    for extra in ({}, {"user": "x"}):
        request = parsed(hook_call(prefetch=PREFETCH) | extra)
        assert bytes(request.prefetch["conditions"]) == as_bytes(PREFETCH["conditions"])


@pytest.mark.parametrize("extra", [b"", b'"user":"x",'])
@pytest.mark.parametrize("second", [b'{"resourceType":"Patient"}', b"null", b'{"id":"other"}'])
def test_P_a_prefetch_key_twice_is_refused(extra, second):
    body = as_bytes(hook_call(prefetch=PREFETCH)).replace(
        b'"prefetch": {', b'%b"prefetch": {"patient": %b, ' % (extra, second)
    )
    assert refusal(body).expression == "prefetch"
