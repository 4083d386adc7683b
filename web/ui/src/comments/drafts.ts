// A comment that is being written survives a reload.

import { forget, load, save } from "../lib/storage";

interface Draft {
  text: string;
  at: number;
}

/** Milliseconds that a draft is kept. */
const KEPT = 30 * 24 * 60 * 60 * 1000;

const isDraft = (value: unknown): value is Draft =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Draft).text === "string" &&
  typeof (value as Draft).at === "number";

/** A draft belongs to a person, a post, and the comment it answers or changes. */
export function draftKey(user: string, post: string, about: string): string {
  return `comment:${user}:${post}:${about}`;
}

export function keepDraft(key: string, text: string, now: number = Date.now()): void {
  if (text.trim() === "") forget(key);
  else save(key, { text, at: now });
}

export function findDraft(key: string, now: number = Date.now()): string {
  const draft = load(key, isDraft);
  if (!draft) return "";
  if (now - draft.at <= KEPT) return draft.text;
  forget(key);
  return "";
}
