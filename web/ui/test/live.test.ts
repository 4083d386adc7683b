import { expect, test } from "vitest";
import { backoff, parseChange } from "../src/comments/live";
import { appearanceOf } from "../src/comments/status";

test("the backoff grows to a minute and has jitter", () => {
  expect([0, 1, 2, 3].map((attempt) => backoff(attempt, 1))).toEqual([2000, 4000, 8000, 16000]);
  expect(backoff(50, 1)).toBe(60_000);
  expect(backoff(3, 0)).toBe(8000);
});

test("only changes of this post are reported", () => {
  expect(parseChange('{"key":"post:1","kinds":["comments","counts"]}', "post:1")).toEqual(["comments", "counts"]);
  expect(parseChange('{"key":"post:2","kinds":["comments"]}', "post:1")).toBeNull();
  for (const invalid of ["", "{", "null", "[]", '{"key":"post:1"}']) {
    expect(parseChange(invalid, "post:1")).toBeNull();
  }
});

test("statuses and their explanations", () => {
  const nothing = { reason: null, approved: null };
  expect(appearanceOf("pending", nothing).explanation).toBe("Only you can see this until a moderator reviews it.");
  expect(appearanceOf("pending", { reason: "links", approved: null }).explanation).toContain("too many links");
  expect(appearanceOf("pending", { reason: null, approved: { revision: 1, body: "x" } }).explanation).toContain(
    "previous version",
  );
  expect(appearanceOf("rejected", { reason: "spam", approved: null }).explanation).toBe(
    "Not visible to others. Reason: spam or advertising.",
  );
  expect(appearanceOf("rejected", { reason: "a_new_code", approved: null }).explanation).toContain("a new code");
  expect(appearanceOf("approved", nothing)).toEqual({ className: "", badge: null, explanation: "" });
});
