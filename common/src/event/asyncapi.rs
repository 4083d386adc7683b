//! The AsyncAPI 3.0 document: channels, messages with their schemas, and who sends and receives them.
//!
//! Streams and durable consumers, for which AsyncAPI has no terms, are in `x-jetstream`.

use serde_json::{Map, Value, json};

use super::{
    EventType, event_types, examples, header,
    topology::{BUCKETS, ConsumerSpec, LOG, SERVICES, STREAMS, ServiceSpec, StreamSpec},
};

/// The self-contained document.
pub fn document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Inkstream events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "All business events of the platform. One JetStream stream is one totally ordered log; \
                each event carries its aggregate's whole public state and version, as a CloudEvent in binary mode.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": channels(),
        "operations": operations(),
        "components": {
            "messages": messages(),
            "messageTraits": { "cloudEvent": { "headers": headers_schema() } },
        },
        "x-jetstream": {
            "streams": STREAMS.iter().map(stream).collect::<Vec<_>>(),
            "buckets": BUCKETS.iter().map(|bucket| json!({
                "name": bucket.name,
                "description": bucket.purpose,
                "writer": bucket.writer(),
                "max_age_seconds": bucket.max_age.map(|age| age.as_secs()),
            })).collect::<Vec<_>>(),
        },
    })
}

/// The JSON Schema of the headers: CloudEvents 1.0 with our extensions. Values are percent-encoded on the wire.
pub fn headers_schema() -> Value {
    let text = |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
    let formatted = |format: &str, description: &str| json!({ "type": "string", "format": format, "description": description });
    json!({
        "type": "object",
        "required": [
            header::SPEC_VERSION, header::ID, header::TYPE, header::SOURCE, header::SUBJECT, header::TIME,
            header::AGGREGATE_VERSION, header::MESSAGE_ID,
        ],
        "properties": {
            header::SPEC_VERSION: { "const": "1.0", "description": "CloudEvents version." },
            header::ID: formatted("uuid", "The event's id, a UUIDv7."),
            header::TYPE: text("The event's type with its version."),
            header::SOURCE: formatted("uri-reference", "The service that published it: `/inkstream/<service>`."),
            header::SUBJECT: text("The aggregate's id."),
            header::TIME: formatted("date-time", "When it was committed."),
            header::DATA_CONTENT_TYPE: { "const": "application/json" },
            header::DATA_SCHEMA: formatted("uri", "`urn:inkstream:schema:<type>`."),
            header::AGGREGATE_VERSION: {
                "type": "string", "pattern": "^[1-9][0-9]*$",
                "description": "The aggregate's version after this event, from 1 to 2^53.",
            },
            header::CORRELATION_ID: text("Identifies everything that results from one request."),
            header::CAUSATION_ID: formatted("uuid", "The event that caused this one; absent if a request did."),
            header::ACTOR: text("The actor: `user:<id>` or `service:<name>`."),
            header::TRACEPARENT: text("W3C trace context of the request that caused it."),
            header::MESSAGE_ID: formatted("uuid", "JetStream's deduplication key, equal to `ce-id`."),
        },
    })
}

/// One channel for each fact of each aggregate; all versions of its type travel there.
fn channel_key(event_type: &EventType) -> String {
    format!("{}.{}", event_type.aggregate.as_str(), event_type.fact)
}

fn channels() -> Map<String, Value> {
    let mut channels = Map::new();
    for event_type in event_types() {
        let kind = event_type.aggregate;
        let channel = channels.entry(channel_key(event_type)).or_insert_with(|| {
            json!({
                "address": event_type.subject("{id}"),
                "summary": event_type.meaning,
                "description": format!("About: {}", kind.meaning()),
                "messages": {},
                "parameters": { "id": { "description": format!("The id of the {}.", kind.as_str()) } },
                "x-jetstream": { "stream": LOG.name },
            })
        });
        channel["messages"][event_type.name] = json!({ "$ref": message_ref(event_type) });
    }
    channels
}

fn message_ref(event_type: &EventType) -> String {
    format!("#/components/messages/{}", event_type.name)
}

fn messages() -> Map<String, Value> {
    let message = |event_type: &'static EventType| {
        let mut message = json!({
            "name": event_type.name,
            "title": event_type.meaning,
            "contentType": "application/json",
            "traits": [{ "$ref": "#/components/messageTraits/cloudEvent" }],
            "payload": {
                "schemaFormat": "application/schema+json;version=draft-2020-12",
                "schema": event_type.schema(),
            },
        });
        if !event_type.current {
            message["x-only-read"] = true.into();
        }
        if let Some(Ok(example)) = examples::message(event_type) {
            let headers: Map<_, _> = example
                .headers
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect();
            let payload = serde_json::from_slice(&example.payload).unwrap_or(Value::Null);
            message["examples"] = json!([{ "headers": headers, "payload": payload }]);
        }
        (event_type.name.to_owned(), message)
    };
    event_types().iter().map(message).collect()
}

fn operations() -> Map<String, Value> {
    let mut operations = Map::new();
    for service in SERVICES {
        for event_type in service.publishes() {
            let key = channel_key(event_type);
            let operation = json!({
                "action": "send",
                "channel": { "$ref": format!("#/channels/{key}") },
                "summary": format!("{}: {}", service.name, event_type.meaning),
                "messages": [{ "$ref": format!("#/channels/{key}/messages/{}", event_type.name) }],
            });
            operations.insert(format!("{}.send.{key}", service.name), operation);
        }
        for consumer in service.consumers {
            let consumed = |event_type: &&EventType| consumer.consumes(event_type);
            receive(
                &mut operations,
                consumer.name,
                consumed,
                &json!({
                    "summary": format!("{}: {}", service.name, consumer.purpose),
                    "x-jetstream": durable(consumer),
                }),
            );
        }
        if let Some(projection) = service.projection {
            receive(&mut operations, projection, |_| true, &of_projection(service));
        }
    }
    operations
}

/// An operation has one channel, so a reader has one for each channel it consumes.
fn receive(
    operations: &mut Map<String, Value>,
    reader: &str,
    consumed: impl Fn(&&EventType) -> bool,
    about: &Value,
) {
    for event_type in event_types().iter().filter(consumed) {
        let key = channel_key(event_type);
        let operation = operations
            .entry(format!("{reader}.receive.{key}"))
            .or_insert_with(|| {
                json!({
                    "action": "receive",
                    "channel": { "$ref": format!("#/channels/{key}") },
                    "summary": about["summary"],
                    "messages": [],
                    "x-jetstream": about["x-jetstream"],
                })
            });
        if let Some(messages) = operation["messages"].as_array_mut() {
            messages.push(json!({ "$ref": format!("#/channels/{key}/messages/{}", event_type.name) }));
        }
    }
}

fn durable(consumer: &ConsumerSpec) -> Value {
    json!({
        "stream": LOG.name,
        "durable": consumer.name,
        "filter_subject": consumer.filter_subject,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait_seconds": ConsumerSpec::ACK_WAIT.as_secs(),
        "max_deliver": -1,
        "max_ack_pending": ConsumerSpec::MAX_ACK_PENDING,
    })
}

fn of_projection(service: &ServiceSpec) -> Value {
    json!({
        "summary": format!("{}: {}", service.name, service.purpose),
        "x-jetstream": { "stream": LOG.name, "ordered": true, "ack_policy": "none", "deliver_policy": "by_start_sequence" },
    })
}

fn stream(stream: &StreamSpec) -> Value {
    json!({
        "name": stream.name,
        "description": stream.purpose,
        "subjects": [format!("{}.>", stream.subject_prefix)],
        "retention": "limits",
        "storage": "file",
        "discard": if stream.discard_new { "new" } else { "old" },
        "duplicate_window_seconds": stream.duplicate_window.as_secs(),
        "allow_direct": true,
        "allow_atomic_publish": stream.atomic_batches,
    })
}
