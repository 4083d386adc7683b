import { expect, test } from "vitest";
import { diff, type Piece, shortened } from "../src/editor/diff";

const side = (pieces: Piece[], not: Piece["is"]) =>
  pieces
    .filter(({ is }) => is !== not)
    .map(({ text }) => text)
    .join("");

test("the differences contain both texts", () => {
  const texts = [
    "",
    "a\n",
    "a\nb\nc",
    "a\nx\nc\n",
    "one two three\nfour",
    "one 2 three\nfour five\n",
    "日本語\n",
    "\n\n\n",
  ];
  for (const before of texts) {
    for (const after of texts) {
      const pieces = diff(before, after);
      expect(side(pieces, "added")).toBe(before);
      expect(side(pieces, "removed")).toBe(after);
    }
  }
});

test("within a line only changed words are marked", () => {
  expect(diff("lost its disk, nobody\n", "lost its database, nobody\n")).toEqual([
    { is: "same", text: "lost its " },
    { is: "removed", text: "disk" },
    { is: "added", text: "database" },
    { is: "same", text: ", nobody\n" },
  ]);
});

test("equal texts have no differences", () => {
  expect(diff("a\nb\n", "a\nb\n")).toEqual([{ is: "same", text: "a\nb\n" }]);
  expect(diff("", "")).toEqual([]);
});

test("huge texts with nothing in common are one replacement", () => {
  const before = Array.from({ length: 20_000 }, (_, at) => `a${at}`).join("\n");
  const after = Array.from({ length: 20_000 }, (_, at) => `b${at}`).join("\n");
  expect(side(diff(before, after), "removed")).toBe(after);
});

test("long unchanged passages are omitted", () => {
  const same = Array.from({ length: 20 }, (_, at) => `line ${at}\n`).join("");
  const parts = shortened(diff(`${same}old\n${same}`, `${same}new\n${same}`));
  expect(parts.filter(({ is }) => is === "skipped")).toEqual([
    { is: "skipped", lines: 18 },
    { is: "skipped", lines: 19 },
  ]);
});
