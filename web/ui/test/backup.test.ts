// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { backupKey, findNewPost, loadBackup, offer, saveBackup } from "../src/editor/backup";
import { fromUtc, toLocalField } from "../src/editor/form";
import { fold, isSame, parseTags, type Text } from "../src/editor/post";

const EMPTY: Text = { title: "", body: "", summary: "", tags: [], cover: "", language: "", publishAt: "" };
const text = (body: string): Text => ({ ...EMPTY, title: "T", body });
const DAY = 24 * 60 * 60 * 1000;
beforeEach(() => localStorage.clear());

test("a copy is restored unchanged", () => {
  const key = backupKey("u", "p", "tab");
  expect(saveBackup(key, text("ä 文"), 3, 10)).toBe(true);
  expect(loadBackup(key, 20)).toEqual({ text: text("ä 文"), version: 3, at: 10 });
  expect(loadBackup(key, 61 * DAY)).toBeNull();
});

test("invalid data is ignored", () => {
  const key = backupKey("u", "p", "tab");
  for (const invalid of ["{", "null", "{}", '{"text":{},"version":1,"at":1}', '{"text":1,"version":1,"at":1}']) {
    localStorage.setItem(`inkstream:${key}`, invalid);
    expect(loadBackup(key)).toBeNull();
  }
});

test("a copy of an older release, which has no language, is restored", () => {
  const key = backupKey("u", "p", "tab");
  const { language: _, ...older } = text("kept");
  localStorage.setItem(`inkstream:${key}`, JSON.stringify({ text: older, version: 1, at: 1 }));
  expect(loadBackup(key, 2)?.text).toEqual(text("kept"));
});

test("an empty new post is not stored", () => {
  saveBackup(backupKey("u", null, "tab"), EMPTY, null);
  expect(localStorage.length).toBe(0);
});

test("the latest new post of another tab is offered, but not this tab's or another user's", () => {
  saveBackup(backupKey("u", null, "old"), text("old"), null, 1);
  saveBackup(backupKey("u", null, "new"), text("new"), null, 2);
  saveBackup(backupKey("u", null, "here"), text("here"), null, 3);
  saveBackup(backupKey("v", null, "x"), text("other"), null, 4);
  const found = findNewPost("u", "here", 5);
  expect(found?.backup.text.body).toBe("new");
  expect(found?.key).toBe(backupKey("u", null, "new"));
});

test("the number of copies is limited", () => {
  for (let at = 0; at < 15; at += 1) saveBackup(backupKey("u", null, `t${at}`), text("x"), null, at);
  findNewPost("u", "here", 20);
  expect(localStorage.length).toBe(10);
});

test("what to offer", () => {
  const backup = { text: text("newer"), version: 3, at: 1 };
  expect(offer(null, text("a"), 3)).toEqual({ is: "nothing" });
  expect(offer({ ...backup, text: text("a") }, text("a"), 9)).toEqual({ is: "nothing" });
  expect(offer(backup, text("a"), 3).is).toBe("newer");
  expect(offer(backup, text("a"), 4).is).toBe("diverged");
});

test("tags", () => {
  expect(parseTags(" rust, , Ink  stream,RUST,日本語")).toEqual(["rust", "Ink stream", "日本語"]);
  expect(parseTags("")).toEqual([]);
  expect(fold("Ink Stream")).toBe(fold("ink-stream"));
});

test("times are compared by value", () => {
  const at = (publishAt: string): Text => ({ ...EMPTY, publishAt });
  expect(isSame(at("2026-03-12T09:30:00Z"), at("2026-03-12T09:30:00.000Z"))).toBe(true);
  expect(isSame(at("2026-03-12T09:30:00Z"), at(""))).toBe(false);
});

test("times of the plain field are in UTC", () => {
  expect(fromUtc("2026-03-12T09:30")).toBe("2026-03-12T09:30:00.000Z");
  expect(fromUtc("nonsense")).toBe("");
  const moment = new Date(2026, 2, 5, 7, 4);
  expect(toLocalField(moment)).toBe("2026-03-05T07:04");
});
