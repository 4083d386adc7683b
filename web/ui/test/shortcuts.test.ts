import { expect, test } from "vitest";
import { Keys, step } from "../src/lib/shortcuts";

test("single keys", () => {
  const keys = new Keys();
  expect(["/", "j", "k", "n", "?", "x"].map((key) => keys.press(key, 0))).toEqual([
    "search",
    "next",
    "previous",
    "write",
    "help",
    null,
  ]);
});

test("the keys of a sequence must follow within a second", () => {
  const keys = new Keys();
  expect(keys.press("g", 0)).toBeNull();
  expect(keys.press("h", 900)).toBe("home");
  expect(keys.press("h", 950)).toBeNull();
  expect(keys.press("g", 2000)).toBeNull();
  expect(keys.press("h", 3100)).toBeNull();
});

test("a key after an incomplete sequence has its own meaning", () => {
  const keys = new Keys();
  keys.press("g", 0);
  expect(keys.press("j", 100)).toBe("next");
  expect(keys.press("h", 200)).toBeNull();
});

test("steps start at the first item in view and stop at the ends", () => {
  const items = ["a", "b", "c"];
  expect(step(items, null, 1, 1)).toBe("b");
  expect(step(items, null, -1, 1)).toBe("a");
  expect(step(items, "b", 1, 0)).toBe("c");
  expect(step(items, "c", 1, 0)).toBeNull();
  expect(step(items, "a", -1, 0)).toBeNull();
  expect(step([], null, 1, 0)).toBeNull();
});
