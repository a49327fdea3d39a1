"""`GET /openapi.json`: what clients may send and what they get, as OpenAPI 3.1.

Ids, keys, words and statuses are those of the program and of the guideline in use. What a client may leave out or
write in its own way is left open: the description of a call must not be stricter than the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

import msgspec
from flask import Blueprint, Response

from cds_service import __version__
from cds_service.assessment.model import State
from cds_service.cards.ids import CARD_SYSTEM, OVERRIDE_SYSTEM, topic_code
from cds_service.cds_hooks.discovery import HookService
from cds_service.cds_hooks.feedback import MAX_ENTRIES, Outcome
from cds_service.cds_hooks.model import ActionType, GapReason, Indicator
from cds_service.cds_hooks.request import HOOKS
from cds_service.cds_hooks.response import ADVICE_EXTENSION, SUGGESTION_EXTENSION
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.knowledge.model import (
    Contrast,
    Guideline,
    Level,
    Modality,
    Rating,
    Strength,
    Urgency,
)
from cds_service.knowledge.table import Region
from cds_service.web.edge import json_response
from cds_service.web.problems import error_statuses

Schema = dict[str, Any]
_MAX_SUMMARY: Final = 139
_SCHEMAS: Final = "#/components/schemas/"


def openapi_blueprint(document: Mapping[str, Any]) -> Blueprint:
    """The document, encoded once."""
    blueprint = Blueprint("openapi", __name__)
    body = msgspec.json.encode(document)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return json_response(body)

    return blueprint


def openapi_document(services: tuple[HookService, ...], guideline: Guideline) -> Schema:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spine imaging decision support",
            "version": __version__,
            "description": "A CDS Hooks service. Not clinically approved.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/cds-services": {"get": _discovery()},
            **{f"/cds-services/{service.id}": {"post": _call(service)} for service in services},
            **{f"/cds-services/{one.id}/feedback": {"post": _feedback(one)} for one in services},
            "/health/live": {"get": _plain("Whether the process lives", "200")},
            "/health/ready": {"get": _plain("Whether it should be sent calls", "200", "503")},
            "/metrics": {"get": _metrics()},
            "/openapi.json": {"get": _plain("This description", "200")},
        },
        "components": {
            "securitySchemes": {
                "client": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Where clients are trusted by name; `aud` is the address that is called.",
                }
            },
            "schemas": _request_schemas()
            | _response_schemas(guideline)
            | _advice_schemas(guideline),
        },
    }


def _discovery() -> Schema:
    services = _object({"services": _list(_object({}))}, "services")
    return {"summary": "The services and the data they would like", "responses": _answers(services)}


def _call(service: HookService) -> Schema:
    return {
        "summary": service.title,
        "description": f"{service.description} {service.usage_requirements}",
        "security": [{}, {"client": []}],
        "requestBody": _body("HookRequest"),
        "responses": _answers(_ref("HookResponse")) | _errors(),
    }


def _feedback(service: HookService) -> Schema:
    either = {"anyOf": [_object({}), _ref("OperationOutcome")]}
    return {
        "summary": f"{service.title}: what became of its cards",
        "security": [{}, {"client": []}],
        "requestBody": _body("Feedback"),
        "responses": _answers(either) | _errors(),
    }


def _plain(summary: str, *statuses: str) -> Schema:
    content = {"application/json": {"schema": _object({})}}
    answers = {status: {"description": summary, "content": content} for status in statuses}
    return {"summary": summary, "responses": answers}


def _metrics() -> Schema:
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "summary": "Counters for Prometheus",
        "responses": {"200": {"description": "Counters", "content": content}},
    }


def _answers(schema: Schema) -> Schema:
    return {
        "200": {"description": "The answer", "content": {"application/json": {"schema": schema}}}
    }


def _errors() -> Schema:
    content = {"application/json": {"schema": _ref("OperationOutcome")}}
    return {
        str(status): {"description": text, "content": content}
        for status, text in error_statuses().items()
    }


def _body(name: str) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": _ref(name)}}}


def _request_schemas() -> dict[str, Schema]:
    keys = {need.key: {"description": need.template} for need in REQUIREMENTS}
    context = {
        "patientId": _text("A bare id"),
        "userId": {},
        "encounterId": {},
        "selections": {"description": "order-select: references of draft orders", "type": "array"},
        "draftOrders": {"description": "A Bundle of unsigned orders", "type": "object"},
        "orders": {"description": "order-review: the Bundle of its orders"},
        "dispatchedOrders": {"description": "order-dispatch: references of the orders"},
    }
    return {
        "HookRequest": _object(
            {
                "hook": {"enum": list(HOOKS)},
                "hookInstance": _text("One id a call"),
                "context": _object(context, "patientId"),
                "prefetch": {
                    "description": "null: the patient has none; a key that is left out: not known",
                    "type": ["object", "null"],
                    "properties": keys,
                },
                "fhirServer": {"type": ["string", "null"]},
                "fhirAuthorization": {"type": ["object", "null"]},
                "extension": {"type": ["object", "null"]},
            },
            *("hook", "hookInstance", "context"),
        ),
        "Feedback": _object(
            {
                "feedback": _list(
                    _object(
                        {
                            "card": _text("The card's uuid"),
                            "outcome": {"enum": list(get_args(Outcome))},
                            "acceptedSuggestions": _list(_object({"id": _text()}, "id")),
                            "overrideReason": _object(
                                {"reason": _ref("Coding"), "userComment": _text()}
                            ),
                            "outcomeTimestamp": _text(),
                        },
                        *("card", "outcome"),
                    )
                )
                | {"minItems": 1, "maxItems": MAX_ENTRIES}
            },
            "feedback",
        ),
    }


def _response_schemas(guideline: Guideline) -> dict[str, Schema]:
    wording = guideline.wording
    return {
        "HookResponse": _object(
            {
                "cards": _list(_ref("Card")),
                "systemActions": _list(_ref("Action")),
                "extension": _object({ADVICE_EXTENSION: _ref("Advice")}),
            },
            "cards",
        ),
        "Card": _object(
            {
                "uuid": _text() | {"format": "uuid"},
                "summary": _text() | {"maxLength": _MAX_SUMMARY, "minLength": 1},
                "detail": _text("GitHub-flavored Markdown without HTML"),
                "indicator": {"enum": list(get_args(Indicator))},
                "source": _object(
                    {"label": _text(), "url": _text(), "topic": _ref("CardTopic")}, "label"
                ),
                "suggestions": _list(_ref("Suggestion")),
                "selectionBehavior": {"enum": ["at-most-one", "any"]},
                "overrideReasons": _list(_ref("OverrideReason")),
                "links": _list(_object({"label": _text(), "url": _text(), "type": _text()})),
                "extension": _object({}),
            },
            *("summary", "indicator", "source"),
        ),
        "CardTopic": _coding(CARD_SYSTEM, (topic_code(card.id) for card in wording.card)),
        "OverrideReason": _coding(OVERRIDE_SYSTEM, wording.override_reason),
        "Suggestion": _object(
            {
                "label": _text(),
                "uuid": _text() | {"format": "uuid"},
                "isRecommended": {"type": "boolean"},
                "actions": _list(_ref("Action")) | {"minItems": 1},
                "extension": _object(
                    {SUGGESTION_EXTENSION: {"enum": [one.id for one in wording.suggestion]}}
                ),
            },
            *("label", "actions"),
        ),
        "Action": _object(
            {
                "type": {"enum": list(get_args(ActionType))},
                "description": _text(),
                "resource": {
                    "description": "A FHIR resource; to legacy-1.0 a deleted order's reference"
                },
                "resourceId": {"description": "What is deleted"},
            },
            *("type", "description"),
        ),
        "Coding": _object({"system": _text(), "code": _text(), "display": _text()}),
        "OperationOutcome": _object(
            {
                "resourceType": {"const": "OperationOutcome"},
                "issue": _list(
                    _object(
                        {
                            "severity": {"enum": ["fatal", "error", "warning", "information"]},
                            "code": _text("A code of FHIR's issue-type"),
                            "details": _object({"text": _text(), "coding": _list(_ref("Coding"))}),
                            "expression": _list(_text()),
                        },
                        *("severity", "code"),
                    )
                ),
            },
            *("resourceType", "issue"),
        ),
    }


def _advice_schemas(guideline: Guideline) -> dict[str, Schema]:
    criteria = [one.id for group in guideline.groups for one in group.criterion]
    topics = [topic_code(card.id) for card in guideline.wording.card]
    sources = [need.key for need in REQUIREMENTS]
    return {
        "Advice": _object(
            {
                "knowledge": _object({"id": _text(), "version": _text()}, "id", "version"),
                "asOf": _text() | {"format": "date"},
                "assessments": _list(_ref("Assessment")),
                "callCards": _list({"enum": topics}),
                "gaps": _list(
                    _object(
                        {
                            "source": {"type": "string"},
                            "reason": {"enum": list(get_args(GapReason))},
                        },
                        *("source", "reason"),
                    )
                ),
                "strictFindings": _list(_object({})),
            },
            *("knowledge", "asOf"),
        ),
        "Assessment": _object(
            {
                "order": _text("Reference of the order"),
                "procedure": _object(
                    {
                        "modality": {"enum": list(get_args(Modality))},
                        "regions": _list({"enum": list(get_args(Region))}),
                        "contrast": {"enum": list(get_args(Contrast))},
                    }
                ),
                "scenario": {"enum": [one.id for one in guideline.combination.scenario]},
                "appropriateness": {"enum": [rating.value for rating in Rating]},
                "urgency": {"enum": [urgency.value for urgency in Urgency]},
                "groups": {
                    "type": "object",
                    "propertyNames": {"enum": [group.id for group in guideline.groups]},
                    "additionalProperties": {"enum": [level.value for level in Level]},
                },
                "criteria": _list(_ref("Criterion")),
                "notUnderstood": _list(
                    _object(
                        {
                            "source": {"enum": ["order", *sources]},
                            "reference": _text(),
                            "text": _text(),
                        }
                    )
                ),
                "notUnderstoodCount": {"type": "integer"},
                "cards": _list({"enum": topics}),
            },
            *("order", "procedure", "scenario", "appropriateness", "urgency"),
        ),
        "Criterion": _object(
            {
                "id": {"enum": criteria},
                "group": {"enum": [group.id for group in guideline.groups]},
                "strength": {"enum": [strength.value for strength in Strength]},
                "counted": {"enum": [strength.value for strength in Strength]},
                "state": {"enum": [state.value for state in State]},
                "evidence": _list(_ref("Evidence")),
            },
            *("id", "group", "strength", "state", "evidence"),
        ),
        "Evidence": _object(
            {
                "reference": _text(),
                "display": _text(),
                "date": _text("A FHIR date, as exact as the record"),
                "value": _text(),
                "stated": {"type": "boolean"},
                "quote": _text("The words as written"),
            }
        ),
    }


def _object(properties: Mapping[str, Schema], *required: str) -> Schema:
    schema: Schema = {"type": "object"}
    if properties:
        schema["properties"] = dict(properties)
    if required:
        schema["required"] = list(required)
    return schema


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _text(description: str = "") -> Schema:
    return {"type": "string"} | ({"description": description} if description else {})


def _ref(name: str) -> Schema:
    return {"$ref": f"{_SCHEMAS}{name}"}


def _coding(system: str, codes: Iterable[str]) -> Schema:
    properties: Mapping[str, Schema] = {
        "system": {"const": system},
        "code": {"enum": list(codes)},
        "display": _text(),
    }
    return _object(properties, "system", "code", "display")
