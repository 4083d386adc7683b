"""Prints what a feed reader shows of the first entry of the feed on standard input."""

import html
import json
import re
import sys

import feedparser


def text(detail):
    """The text that a reader shows of a title or summary."""
    if detail.type == "text/plain":
        return detail.value
    return html.unescape(re.sub("<[^>]*>", "", detail.value))


feed = feedparser.parse(sys.stdin.buffer.read())
entry = feed.entries[0]
json.dump(
    {
        "title": text(entry.title_detail),
        "summary": text(entry.summary_detail),
        "content": [content.value for content in entry.get("content", [])],
        "enclosures": [[enclosure.href, enclosure.type] for enclosure in entry.enclosures],
    },
    sys.stdout,
)
