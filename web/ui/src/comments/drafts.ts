// Unsent comments are stored in the browser, so that they survive a reload.

import { forget, load, save } from "../lib/storage";

interface Draft {
  text: string;
  at: number;
}

/** Milliseconds after which a draft is dropped. */
const MAX_AGE = 30 * 24 * 60 * 60 * 1000;

const isDraft = (value: unknown): value is Draft =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Draft).text === "string" &&
  typeof (value as Draft).at === "number";

/** A draft belongs to a user, a post, and the parent comment of a reply. */
export function draftKey(user: string, post: string, target: string): string {
  return `comment:${user}:${post}:${target}`;
}

export function saveDraft(key: string, text: string, now: number = Date.now()): void {
  if (text.trim() === "") forget(key);
  else save(key, { text, at: now });
}

export function loadDraft(key: string, now: number = Date.now()): string {
  const draft = load(key, isDraft);
  if (!draft) return "";
  if (now - draft.at <= MAX_AGE) return draft.text;
  forget(key);
  return "";
}
