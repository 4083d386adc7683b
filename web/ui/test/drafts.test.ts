// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { draftKey, loadDraft, saveDraft } from "../src/comments/drafts";

const DAY = 24 * 60 * 60 * 1000;
const key = draftKey("u", "p", "new");
beforeEach(() => localStorage.clear());

test("a draft is stored until it is sent or cleared", () => {
  expect(loadDraft(key)).toBe("");
  saveDraft(key, "half a thought");
  expect(loadDraft(key)).toBe("half a thought");
  saveDraft(key, "  ");
  expect(loadDraft(key)).toBe("");
  expect(localStorage.length).toBe(0);
});

test("drafts of other users, posts and threads are separate", () => {
  saveDraft(key, "mine");
  for (const other of [draftKey("v", "p", "new"), draftKey("u", "q", "new"), draftKey("u", "p", "c")]) {
    expect(loadDraft(other)).toBe("");
  }
});

test("an old draft is dropped", () => {
  saveDraft(key, "old", 0);
  expect(loadDraft(key, 29 * DAY)).toBe("old");
  expect(loadDraft(key, 31 * DAY)).toBe("");
  expect(localStorage.length).toBe(0);
});

test("invalid data and full storage cause no error", () => {
  localStorage.setItem(`inkstream:${key}`, "{");
  expect(loadDraft(key)).toBe("");
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  expect(() => saveDraft(key, "text")).not.toThrow();
  full.mockRestore();
});
