import { expect, test } from "vitest";
import { diff, type Piece, shortened } from "../src/editor/diff";

const side = (pieces: Piece[], not: Piece["is"]) =>
  pieces
    .filter(({ is }) => is !== not)
    .map(({ text }) => text)
    .join("");

test("both texts can be read out of the differences", () => {
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

test("within a line only the words that changed stand out", () => {
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

test("huge texts without anything in common end at once", () => {
  const before = Array.from({ length: 20_000 }, (_, at) => `a${at}`).join("\n");
  const after = Array.from({ length: 20_000 }, (_, at) => `b${at}`).join("\n");
  expect(side(diff(before, after), "removed")).toBe(after);
});

test("long stretches of the same are left out", () => {
  const same = Array.from({ length: 20 }, (_, at) => `line ${at}\n`).join("");
  const parts = shortened(diff(`${same}old\n${same}`, `${same}new\n${same}`));
  expect(parts.filter(({ is }) => is === "skipped")).toEqual([
    { is: "skipped", lines: 18 },
    { is: "skipped", lines: 19 },
  ]);
});
