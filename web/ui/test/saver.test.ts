import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ApiResult } from "../src/lib/http";
import { type Source, type Text, textOf } from "../src/editor/post";
import { LONGEST, PAUSE, Saver, type State } from "../src/editor/saver";

const EMPTY: Text = { title: "", body: "", summary: "", tags: [], cover: "", publishAt: "" };
const source = (text: Text, version: number): Source => ({
  id: "p1",
  version,
  status: "draft",
  title: text.title,
  body: text.body,
  summary: text.summary || null,
  tags: text.tags,
  cover: text.cover || null,
  publish_at: text.publishAt || null,
});

/** A service with one post in it, which can be made to fail. */
class Fake {
  calls: string[] = [];
  text: Text | null = null;
  version = 0;
  trouble: ApiResult<Source>[] = [];
  /** Its answer to the next request is lost on the way. */
  loses = 0;
  hold: Promise<void> | null = null;
  readonly keys = new Set<string>();

  async create(text: Text, key: string): Promise<ApiResult<Source>> {
    this.calls.push(`create ${text.title}|${text.body}`);
    await this.hold;
    const trouble = this.trouble.shift();
    if (trouble) return trouble;
    if (this.keys.has(key) && JSON.stringify(this.text) !== JSON.stringify(text)) return refused(422, "key used");
    this.keys.add(key);
    this.text = { ...text };
    this.version = 1;
    return this.answer(text);
  }

  async change(_id: string, text: Text, version: number): Promise<ApiResult<Source>> {
    this.calls.push(`change@${version} ${text.title}|${text.body}`);
    await this.hold;
    const trouble = this.trouble.shift();
    if (trouble) return trouble;
    if (version !== this.version) return { ...refused(412, "changed"), version: this.version } as ApiResult<Source>;
    this.text = { ...text };
    this.version += 1;
    return this.answer(text);
  }

  errorMessage = () => "words";

  private answer(text: Text): ApiResult<Source> {
    if (this.loses > 0) {
      this.loses -= 1;
      return { kind: "unavailable" };
    }
    return { kind: "done", status: 200, data: source(text, this.version), version: this.version };
  }
}

const refused = (status: number, title: string): ApiResult<Source> => ({
  kind: "refused",
  status,
  problem: { title },
  version: null,
});

let service: Fake;
let text: Text;
let states: State[];
function saver(options: Partial<ConstructorParameters<typeof Saver>[0]> = {}) {
  return new Saver({
    service,
    text: () => ({ ...text }),
    stored: null,
    saved: EMPTY,
    automatic: true,
    key: "key",
    show: (state) => states.push(state),
    onSaved: () => undefined,
    ...options,
  });
}
const type = (made: Saver, change: Partial<Text>) => {
  text = { ...text, ...change };
  made.changed();
};
const last = () => states.at(-1)?.is;

beforeEach(() => {
  vi.useFakeTimers();
  service = new Fake();
  text = EMPTY;
  states = [];
});
afterEach(() => vi.useRealTimers());

test("a new post is created after a pause, and changed from then on", async () => {
  const made = saver();
  type(made, { title: "T", body: "a" });
  expect(last()).toBe("unsaved");
  await vi.advanceTimersByTimeAsync(PAUSE - 1);
  expect(service.calls).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(service.calls).toEqual(["create T|a"]);
  expect(last()).toBe("saved");
  type(made, { body: "ab" });
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(service.calls).toEqual(["create T|a", "change@1 T|ab"]);
  expect(made.stored).toEqual({ id: "p1", version: 2 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toHaveLength(2);
});

test("whoever types without a pause is saved all the same", async () => {
  const made = saver();
  for (let at = 0; at < LONGEST + PAUSE; at += 500) {
    type(made, { title: "T", body: `${at}` });
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(service.calls.length).toBeGreaterThanOrEqual(1);
});

test("without a title it stays in the browser", async () => {
  const made = saver();
  type(made, { body: "a" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toEqual([]);
  expect(states.at(-1)).toEqual({ is: "kept", why: "untitled" });
  expect(made.isDirty).toBe(true);
});

test("a published post is saved only when its author says so", async () => {
  service.version = 4;
  const made = saver({ automatic: false, stored: { id: "p1", version: 4 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toEqual([]);
  expect(await made.flush()).toBe(true);
  expect(service.calls).toEqual(["change@4 T|a"]);
  expect(made.stored?.version).toBe(5);
});

test("what is typed during a request is saved after it", async () => {
  let go = () => undefined as void;
  service.hold = new Promise((resolve) => {
    go = resolve;
  });
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(PAUSE);
  type(made, { body: "ab" });
  service.hold = null;
  go();
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(service.calls).toEqual(["create T|a", "change@1 T|ab"]);
  expect(service.text?.body).toBe("ab");
  expect(made.isDirty).toBe(false);
});

test("one request at a time, also when saving is asked for", async () => {
  let go = () => undefined as void;
  service.hold = new Promise((resolve) => {
    go = resolve;
  });
  const made = saver();
  type(made, { title: "T", body: "a" });
  const flushes = [made.flush(), made.flush(), made.flush()];
  await vi.advanceTimersByTimeAsync(0);
  expect(service.calls).toHaveLength(1);
  service.hold = null;
  go();
  expect(await Promise.all(flushes)).toEqual([true, true, true]);
  expect(service.calls).toHaveLength(1);
});

test("without an answer it tries again, ever more slowly, and at once when the network is back", async () => {
  service.trouble = Array.from({ length: 5 }, () => ({ kind: "unavailable" }) as const);
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(last()).toBe("unavailable");
  await vi.advanceTimersByTimeAsync(5_000 + 10_000);
  expect(service.calls).toHaveLength(3);
  service.trouble = [];
  made.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(service.calls).toHaveLength(4);
  expect(last()).toBe("saved");
});

test("a creation whose answer was lost is repeated as it was, and makes one post", async () => {
  service.loses = 1;
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(last()).toBe("unavailable");
  type(made, { body: "ab" });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(service.calls).toEqual(["create T|a", "create T|a", "change@1 T|ab"]);
  expect(service.text?.body).toBe("ab");
  expect(last()).toBe("saved");
});

test("a refusal is said and waits for another text", async () => {
  service.trouble = [refused(422, "too long")];
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toHaveLength(1);
  expect(states.at(-1)).toEqual({ is: "refused", words: "words" });
  type(made, { body: "b" });
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(last()).toBe("saved");
});

test("signed out, it waits for the author to come back", async () => {
  service.trouble = [refused(401, "who?")];
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(last()).toBe("signed-out");
  expect(service.calls).toHaveLength(1);
  made.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(last()).toBe("saved");
});

test("a conflict stops saving until it is settled, and mine can be kept", async () => {
  const theirs: Text = { ...EMPTY, title: "T", body: "theirs" };
  service.text = theirs;
  service.version = 7;
  const made = saver({ stored: { id: "p1", version: 6 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "T", body: "mine" });
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(states.at(-1)).toEqual({ is: "conflict", version: 7 });
  type(made, { body: "mine still" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await made.flush()).toBe(false);
  expect(service.calls).toHaveLength(1);
  made.settle(7, theirs);
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(service.text?.body).toBe("mine still");
  expect(made.stored?.version).toBe(8);
});

test("theirs can be taken", async () => {
  const theirs: Text = { ...EMPTY, title: "T", body: "theirs" };
  service.text = theirs;
  service.version = 7;
  const made = saver({ stored: { id: "p1", version: 6 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "T", body: "mine" });
  await vi.advanceTimersByTimeAsync(PAUSE);
  text = textOf(source(theirs, 7));
  made.settle(7, theirs);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.isDirty).toBe(false);
  expect(last()).toBe("saved");
  expect(service.calls).toHaveLength(1);
});

test("back to what is saved is nothing to save", async () => {
  service.version = 1;
  const made = saver({ stored: { id: "p1", version: 1 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "Tx" });
  type(made, { title: "T" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toEqual([]);
  expect(last()).toBe("saved");
});
