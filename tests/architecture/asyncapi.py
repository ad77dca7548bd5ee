"""The AsyncAPI document: what is published, in which form, who says and who hears it; from ``shared/published``."""

import json
from typing import Any

from deploy import SERVICES
from shared import wire
from shared.feed import PAGE
from shared.published import PublicEvent
from shared.published.migration_service import TripWord
from tests.architecture import hearers
from tests.architecture.names import ROOT, service
from tests.architecture.samples import on_the_bus

FILE = ROOT / "shared" / "published" / "asyncapi.json"

_UUID = {"type": "string", "format": "uuid"}
_LOG_ID = "1f6f7e0e-7d1b-5d3a-9a39-0c9c2b3f5a10"
_ABOUT = """Every fact that a service of Desmigratif publishes is a CloudEvent (1.0, structured JSON) on NATS.

It carries ids, codes and dates, no name, number, address, birth date or free text; what travels is pseudonymous and is
still to be treated as personal data. Within a version fields are only added, so ignore what you do not know.

The events of one service are numbered 1, 2, 3, … without a gap (`Desmigratif-Number`) under the id of its log
(`Desmigratif-Log-Id`): a number seen before is to be skipped, a missing one fetched from the feed. `partitionkey` is
the person, or else the thing, that the fact is about.

The same words, byte for byte, are to be had over HTTP from each service's feed.
"""


def message_id(word: type[PublicEvent]) -> str:
    """What a word is called in the document."""
    return f"{word.name}.v{word.version}"


def channel_id(word: type[PublicEvent]) -> str:
    """The channel of a word."""
    return f"{word.service}.{message_id(word)}"


def event_type(word: type[PublicEvent]) -> str:
    """The CloudEvents *type*, with which the subject begins."""
    return f"desmigratif.{word.service}.{message_id(word)}"


def document() -> dict[str, Any]:
    """The whole document."""
    words = hearers.spoken()
    speakers = [name for name in SERVICES if any(word.service == name for word in words)]
    return {
        "asyncapi": "3.0.0",
        "id": "urn:desmigratif:published",
        "info": {
            "title": "Desmigratif: published events",
            "version": "1.0.0",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": name, "description": _first_line(name)} for name in SERVICES],
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "bus": {
                "host": "{bus}",
                "protocol": "nats",
                "description": (
                    "Core NATS: subscribe, then ask the feed for what went before. The five services alone have a "
                    "user; JetStream keeps a copy for the publisher."
                ),
                "variables": {"bus": {"default": "127.0.0.1:8106", "description": "Host and port."}},
                "security": [{"$ref": "#/components/securitySchemes/user"}],
            },
            **{f"{name}.http": _http(name) for name in speakers},
        },
        "channels": {channel_id(word): _channel(word) for word in words}
        | {f"{name}.feed": _feed(name) for name in speakers},
        "operations": _operations(words, speakers),
        "components": {
            "messages": {message_id(word): _message(word) for word in words} | {"FeedPage": _FEED_PAGE},
            "schemas": {
                "Envelope": _ENVELOPE,
                "Headers": _HEADERS,
                **{message_id(word): _schema(word) for word in words},
            },
            "parameters": {
                "province": {
                    "description": "Province where it happened (Kemendagri); 00 for a fact without a place.",
                    "examples": ["33"],
                },
                "regency": {
                    "description": "Regency (kabupaten or kota) in that province; 00 for a fact without a place.",
                    "examples": ["07"],
                },
            },
            "correlationIds": {
                "chain": {
                    "description": "The request with which the chain began that led to this fact.",
                    "location": "$message.payload#/correlationid",
                }
            },
            "securitySchemes": {
                "user": {"type": "userPassword", "description": "One NATS user a service, with the least it needs."},
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token whose roles give the scope `feed`.",
                },
            },
        },
    }


def text() -> str:
    """The document as its file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _first_line(name: str) -> str:
    return " ".join(service(name).charter.strip().split("\n\n", maxsplit=1)[0].split())


def _http(name: str) -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": "http",
        "description": f"The HTTP API of {name}; in production behind TLS.",
        "variables": {"host": {"default": "127.0.0.1:8101", "description": "Host and port of the service."}},
        "security": [{"$ref": "#/components/securitySchemes/bearer"}],
    }


def _channel(word: type[PublicEvent]) -> dict[str, Any]:
    return {
        "address": f"{event_type(word)}.{{province}}.{{regency}}",
        "title": word.name,
        "description": f"Kept by its publisher in JetStream, `{wire.bus_name(word.service)}`; nobody else reads that.",
        "servers": [{"$ref": "#/servers/bus"}],
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in ("province", "regency")},
        "messages": {message_id(word): {"$ref": f"#/components/messages/{message_id(word)}"}},
    }


def _feed(name: str) -> dict[str, Any]:
    return {
        "address": "/feed",
        "title": f"Feed of {name}",
        "description": "Published events as stored, in order, page by page: bootstraps a hearer and fills its holes.",
        "servers": [{"$ref": f"#/servers/{name}.http"}],
        "messages": {"FeedPage": {"$ref": "#/components/messages/FeedPage"}},
    }


def _operations(words: list[type[PublicEvent]], speakers: list[str]) -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for word in words:
        about = {
            "channel": {"$ref": f"#/channels/{channel_id(word)}"},
            "messages": [{"$ref": f"#/channels/{channel_id(word)}/messages/{message_id(word)}"}],
        }
        operations[f"{word.service}.says.{message_id(word)}"] = {
            "action": "send",
            "title": f"{word.service} says {word.name}",
            "description": hearers.says(word),
            "tags": [{"name": word.service}],
            **about,
        }
        heard: dict[str, list[str]] = {}
        for name, hearer in hearers.hearers(word):
            heard.setdefault(name, []).append(hearer)
        for name, by in heard.items():
            operations[f"{name}.hears.{channel_id(word)}"] = {
                "action": "receive",
                "title": f"{name} hears {word.name}",
                "description": f"It moves {', '.join(by)}.",
                "tags": [{"name": name}],
                **about,
            }
    for name in speakers:
        operations[f"{name}.gives.feed"] = {
            "action": "send",
            "title": f"{name} gives its feed",
            "description": "A page of its published events, after a number.",
            "tags": [{"name": name}],
            "channel": {"$ref": f"#/channels/{name}.feed"},
            "messages": [{"$ref": f"#/channels/{name}.feed/messages/FeedPage"}],
            "bindings": {"http": {"method": "GET", "query": _FEED_QUERY, "bindingVersion": "0.3.0"}},
        }
    return operations


def _message(word: type[PublicEvent]) -> dict[str, Any]:
    # The fullest shape: of an optional field, a value.
    sample = on_the_bus(next(hearers.shapes(word)))
    return {
        "name": event_type(word),
        "title": word.name,
        "summary": hearers.says(word),
        "description": " ".join((word.__doc__ or "").split()),
        "contentType": "application/cloudevents+json",
        "correlationId": {"$ref": "#/components/correlationIds/chain"},
        "tags": [{"name": word.service}],
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event_type(word)},
                        "source": {"const": f"urn:desmigratif:{word.service}"},
                        "data": {"$ref": f"#/components/schemas/{message_id(word)}"},
                    },
                },
            ]
        },
        "examples": [{"name": "sample", "summary": "As it stands on the bus.", "headers": _SAMPLE, "payload": sample}],
    }


def _schema(word: type[PublicEvent]) -> dict[str, Any]:
    schema = word.model_json_schema(mode="serialization")
    if issubclass(word, TripWord):
        schema["properties"]["standing"]["enum"] = list(word.standings)
    return {
        **schema,
        "title": word.name,
        "description": " ".join((word.__doc__ or "").split()),
    }


_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "title": "CloudEvent",
    "description": "CloudEvents 1.0, structured mode. It has no `time`: when it was recorded stands in a header.",
    "required": [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "partitionkey",
        "datacontenttype",
        "occurredon",
        "correlationid",
        "data",
    ],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {**_UUID, "description": "The event's id."},
        "source": {"type": "string", "format": "uri-reference", "description": "The service that says it."},
        "type": {"type": "string", "description": "Which event it is, and its version."},
        "subject": {
            "type": "string",
            "description": f"Where it happened: a dotted region code, `{wire.NOWHERE}` where it has no place.",
        },
        "partitionkey": {"type": "string", "description": "Whom or what it is about: order is kept per key."},
        "datacontenttype": {"const": "application/json"},
        "occurredon": {
            "type": "string",
            "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
            "description": "When it happened (Asia/Jakarta): a day, a month or a year, as it is known.",
        },
        "correlationid": {**_UUID, "description": "The request with which the chain began."},
        "traceparent": {"type": "string", "description": "W3C trace context, where the request was traced."},
        "data": {"type": "object", "description": "What is said."},
    },
}

_HEADERS: dict[str, Any] = {
    "type": "object",
    "title": "Headers",
    "description": "NATS headers.",
    "required": [wire.MESSAGE_ID, wire.LOG_ID, wire.NUMBER, wire.RECORDED_AT, "Content-Type"],
    "properties": {
        wire.MESSAGE_ID: {"type": "string", "description": "Log id and number, joined by a colon."},
        wire.LOG_ID: {**_UUID, "description": "The speaker's log; another one after it was put back."},
        wire.NUMBER: {
            "type": "string",
            "pattern": "^[1-9][0-9]*$",
            "description": "The published number: 1, 2, 3, … without a gap.",
        },
        wire.RECORDED_AT: {"type": "string", "format": "date-time", "description": "When it was recorded (UTC)."},
        wire.TRACEPARENT: {"type": "string", "description": "As in the envelope."},
        wire.EXPECTED_LAST_SEQUENCE: {"type": "string", "description": "JetStream's: what it had to follow."},
        "Content-Type": {"const": "application/cloudevents+json"},
    },
}

_SAMPLE = {
    wire.MESSAGE_ID: f"{_LOG_ID}:1234",
    wire.LOG_ID: _LOG_ID,
    wire.NUMBER: "1234",
    wire.RECORDED_AT: "2024-05-17T03:04:05.678901+00:00",
    "Content-Type": "application/cloudevents+json",
}

_FEED_QUERY: dict[str, Any] = {
    "type": "object",
    "required": ["after"],
    "properties": {
        "after": {"type": "integer", "minimum": 0, "description": "The published number to go on after."},
        "log": {**_UUID, "description": "The log id under which *after* was heard."},
        "event": {**_UUID, "description": "The id of the event *after*."},
        "limit": {"type": "integer", "minimum": 0, "maximum": PAGE, "description": "Events a page; 0: the head alone."},
    },
}

_FEED_PAGE: dict[str, Any] = {
    "name": "FeedPage",
    "title": "A page of a feed",
    "summary": "Published events as stored, in order.",
    "contentType": "application/json",
    "payload": {
        "type": "object",
        "required": ["log_id", "lineage", "head", "events"],
        "properties": {
            "log_id": {**_UUID, "description": "The speaker's log."},
            "head": {"type": "integer", "description": "The last published number."},
            "lineage": {
                "type": "array",
                "description": "Every id that this log ever had, and the number after which each begins.",
                "items": {
                    "type": "object",
                    "required": ["log_id", "begins_after"],
                    "properties": {"log_id": _UUID, "begins_after": {"type": "integer"}},
                },
            },
            "events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["number", "recorded_at", "words"],
                    "properties": {
                        "number": {"type": "integer", "description": "The published number."},
                        "recorded_at": {"type": "string", "format": "date-time"},
                        "words": {
                            "type": "string",
                            "contentMediaType": "application/cloudevents+json",
                            "description": "The CloudEvent, byte for byte as on the bus.",
                        },
                    },
                },
            },
        },
    },
}
