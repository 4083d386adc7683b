"""Reads the first COUNT events of the log with other people's clients, and knows nothing of Inkstream.

    read_events.py NATS_URL COUNT

`nats-py` reads the stream; `cloudevents` takes each message for a CloudEvent in binary mode and checks it against the
specification. The headers are those of the HTTP binding, whose names and percent-encoding the NATS binding adopts.
Prints one JSON object a line: subject, attributes, data.
"""

import asyncio
import json
import sys

import nats
from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat


async def main(url: str, count: int) -> None:
    client = await nats.connect(url)
    subscription = await client.jetstream().subscribe("blog.evt.>", stream="BLOG", ordered_consumer=True)
    for _ in range(count):
        message = await subscription.next_msg(timeout=20)
        headers = {name.lower(): value for name, value in message.headers.items()}
        # What the HTTP binding calls by HTTP's own name.
        headers["content-type"] = headers.pop("ce-datacontenttype")
        event = from_binary(HTTPMessage(headers, message.data), JSONFormat())
        attributes = event.get_attributes()
        attributes["time"] = event.get_time().isoformat(timespec="milliseconds")
        line = {"subject": message.subject, "attributes": attributes, "data": event.get_data()}
        print(json.dumps(line), flush=True)
    await client.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
