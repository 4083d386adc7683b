// The text of a post, and the calls of the posts API.

import { type ApiResult, send } from "../lib/http";

/** The fields of the form. */
export interface Text {
  title: string;
  body: string;
  summary: string;
  tags: string[];
  cover: string;
  /** BCP 47, or empty: detected. */
  language: string;
  /** RFC 3339, or empty. */
  publishAt: string;
}

export type Status = "draft" | "scheduled" | "published";

/** A post in the API. */
export interface Source {
  id: string;
  version: number;
  status: Status | null;
  title: string;
  body: string;
  summary: string | null;
  tags: string[];
  cover: string | null;
  language?: string | null;
  publish_at: string | null;
  /** The decision about this text, once there is one. */
  moderation?: { status: string } | null;
}

export interface Stored {
  id: string;
  version: number;
}

export function textOf(source: Source): Text {
  return {
    title: source.title,
    body: source.body,
    summary: source.summary ?? "",
    tags: source.tags,
    cover: source.cover ?? "",
    language: source.language ?? "",
    publishAt: source.publish_at ?? "",
  };
}

export function isSame(a: Text, b: Text): boolean {
  return (
    a.title === b.title &&
    a.body === b.body &&
    a.summary === b.summary &&
    a.cover === b.cover &&
    a.language === b.language &&
    isSameTime(a.publishAt, b.publishAt) &&
    a.tags.length === b.tags.length &&
    a.tags.every((tag, at) => tag === b.tags[at])
  );
}

function isSameTime(a: string, b: string): boolean {
  return a === b || (a !== "" && b !== "" && Date.parse(a) === Date.parse(b));
}

export const isEmpty = (text: Text): boolean =>
  [text.title, text.body, text.summary, text.cover].every((part) => part.trim() === "") && text.tags.length === 0;

export function isText(value: unknown): value is Text {
  if (typeof value !== "object" || value === null) return false;
  const text = value as Record<string, unknown>;
  // Copies of older releases have no language.
  text["language"] ??= "";
  const strings = ["title", "body", "summary", "cover", "language", "publishAt"];
  return strings.every((name) => typeof text[name] === "string") && isTags(text["tags"]);
}

const isTags = (value: unknown): boolean => Array.isArray(value) && value.every((tag) => typeof tag === "string");

/** `null` removes a summary, a cover and a language. The publication time is sent only for a scheduled post. */
function payload(text: Text, scheduled: boolean) {
  const orNull = (value: string) => (value.trim() === "" ? null : value.trim());
  return {
    title: text.title.trim(),
    body: text.body,
    summary: orNull(text.summary),
    tags: text.tags,
    cover: orNull(text.cover),
    language: orNull(text.language),
    ...(scheduled ? { publish_at: orNull(text.publishAt) } : {}),
  };
}

/** The text as it is saved: a time in the form of a draft has no effect until the author schedules the post. */
export const savedPart = (text: Text, scheduled: boolean): Text => (scheduled ? text : { ...text, publishAt: "" });

const PATH = "/api/posts";

export const create = (text: Text, key: string): Promise<ApiResult<Source>> =>
  send(PATH, { method: "POST", json: payload(text, false), idempotencyKey: key });

export function change(id: string, text: Text, version: number, scheduled: boolean): Promise<ApiResult<Source>> {
  return send(`${PATH}/${id}`, { method: "PATCH", json: payload(text, scheduled), ifMatch: version });
}

export const read = (id: string): Promise<ApiResult<Source>> => send(`${PATH}/${id}`);

/** Parses `rust, ink`; drops empty tags and duplicates. */
export function parseTags(words: string): string[] {
  const tags = new Map<string, string>();
  for (const word of words.split(",")) {
    const tag = word.trim().replace(/\s+/g, " ");
    if (tag && !tags.has(fold(tag))) tags.set(fold(tag), tag);
  }
  return [...tags.values()];
}

/** The form in which the service compares tags. */
export const fold = (tag: string): string =>
  tag
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "-");
