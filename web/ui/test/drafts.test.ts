// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { draftKey, findDraft, keepDraft } from "../src/comments/drafts";

const DAY = 24 * 60 * 60 * 1000;
const key = draftKey("u", "p", "new");
beforeEach(() => localStorage.clear());

test("a draft is found again, until it is sent or emptied", () => {
  expect(findDraft(key)).toBe("");
  keepDraft(key, "half a thought");
  expect(findDraft(key)).toBe("half a thought");
  keepDraft(key, "  ");
  expect(findDraft(key)).toBe("");
  expect(localStorage.length).toBe(0);
});

test("drafts of other people, posts and threads are others", () => {
  keepDraft(key, "mine");
  for (const other of [draftKey("v", "p", "new"), draftKey("u", "q", "new"), draftKey("u", "p", "c")]) {
    expect(findDraft(other)).toBe("");
  }
});

test("an old one is dropped", () => {
  keepDraft(key, "old", 0);
  expect(findDraft(key, 29 * DAY)).toBe("old");
  expect(findDraft(key, 31 * DAY)).toBe("");
  expect(localStorage.length).toBe(0);
});

test("nonsense and a full browser break nothing", () => {
  localStorage.setItem(`inkstream:${key}`, "{");
  expect(findDraft(key)).toBe("");
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  expect(() => keepDraft(key, "text")).not.toThrow();
  full.mockRestore();
});
