"""Adapts valid requests to the rules that JSON Schema cannot express: relations between fields, times relative to now,
normalised text. Requests that violate the document on purpose stay as they are."""

import datetime
import re
import uuid

import schemathesis

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
PASSWORD = "a long and uncommon passphrase 7301"


def text(value):
    """Text without control characters, never blank."""
    return CONTROL.sub("", value).strip() or "text"


def post(body):
    if isinstance(body.get("title"), str):
        body["title"] = text(body["title"]).replace("\n", " ").replace("\r", " ").replace("\t", " ")
    for field in ("body", "summary"):
        if isinstance(body.get(field), str):
            body[field] = text(body[field])
    if body.get("tags"):
        body["tags"] = [f"tag {index}" for index in range(min(len(body["tags"]), 10))]
    if body.get("cover") is not None:
        body["cover"] = "https://example.org/cover.png"
    if body.get("publish_at"):
        if body.get("status") == "published":
            del body["publish_at"]
        else:
            tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
            body["publish_at"] = tomorrow.isoformat()
    if body.get("language") is not None:
        body["language"] = "pt-BR"
    if body.get("published_at"):
        if body.get("status") == "published":
            body["published_at"] = "2020-01-31T00:00:00Z"
        else:
            del body["published_at"]


def post_change(body):
    # Only the publication of a draft can set it.
    body.pop("published_at", None)
    post(body)


def comment(body):
    if isinstance(body.get("body"), str):
        body["body"] = text(body["body"])


def decision(body):
    if body.get("decision") == "approve":
        body.pop("reason", None)
    elif not body.get("reason"):
        body["reason"] = "spam"


def account(body):
    for field in ("password", "new_password"):
        if field in body:
            body[field] = PASSWORD
    for field in ("name", "bio"):
        if field in body:
            body[field] = text(body[field])


BODIES = {
    "POST /api/posts": post,
    "PATCH /api/posts/{id}": post_change,
    "POST /api/comments": comment,
    "PATCH /api/comments/{id}": comment,
    "PUT /api/moderation/comments/{id}": decision,
    "PUT /api/moderation/posts/{id}": decision,
    "POST /api/users/signup": account,
    "PATCH /api/users/me": account,
    "PUT /api/users/me/password": account,
}


def integers(value):
    """JSON Schema accepts 1.0 as an integer, the services do not."""
    if isinstance(value, dict):
        return {name: integers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def filter_query(context, query):
    """An empty parameter counts as absent, which the document does not repeat for each."""
    return not query or all(value not in ("", [""]) for value in query.values())


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if "Idempotency-Key" in (case.headers or {}):
        # The same key with another body is an error.
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if isinstance(case.body, (dict, list)):
        case.body = integers(case.body)
    adapt = BODIES.get(case.operation.label)
    if adapt and isinstance(case.body, dict):
        adapt(case.body)
    query = case.query
    if query and "from" in query and "to" in query:
        # An interval must not be empty.
        del query["to"]
