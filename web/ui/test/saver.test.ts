import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ApiResult } from "../src/lib/http";
import { type Source, type Text, textOf } from "../src/editor/post";
import { DELAY, MAX_DELAY, Saver, type State } from "../src/editor/saver";

const EMPTY: Text = { title: "", body: "", summary: "", tags: [], cover: "", language: "", publishAt: "" };
const source = (text: Text, version: number): Source => ({
  id: "p1",
  version,
  status: "draft",
  title: text.title,
  body: text.body,
  summary: text.summary || null,
  tags: text.tags,
  cover: text.cover || null,
  language: text.language || null,
  publish_at: text.publishAt || null,
});

/** A service with one post, which can be made to fail. */
class FakeService {
  calls: string[] = [];
  text: Text | null = null;
  version = 0;
  trouble: ApiResult<Source>[] = [];
  /** The number of responses to lose. */
  lostResponses = 0;
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
    return this.respond(text);
  }

  async change(_id: string, text: Text, version: number): Promise<ApiResult<Source>> {
    this.calls.push(`change@${version} ${text.title}|${text.body}`);
    await this.hold;
    const trouble = this.trouble.shift();
    if (trouble) return trouble;
    if (version !== this.version) return { ...refused(412, "changed"), version: this.version } as ApiResult<Source>;
    this.text = { ...text };
    this.version += 1;
    return this.respond(text);
  }

  errorMessage = () => "words";

  private respond(text: Text): ApiResult<Source> {
    if (this.lostResponses > 0) {
      this.lostResponses -= 1;
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

let service: FakeService;
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
  service = new FakeService();
  text = EMPTY;
  states = [];
});
afterEach(() => vi.useRealTimers());

test("a new post is created after a pause, and changed from then on", async () => {
  const made = saver();
  type(made, { title: "T", body: "a" });
  expect(last()).toBe("unsaved");
  await vi.advanceTimersByTimeAsync(DELAY - 1);
  expect(service.calls).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(service.calls).toEqual(["create T|a"]);
  expect(last()).toBe("saved");
  type(made, { body: "ab" });
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(service.calls).toEqual(["create T|a", "change@1 T|ab"]);
  expect(made.stored).toEqual({ id: "p1", version: 2 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toHaveLength(2);
});

test("typing without a pause does not prevent saving", async () => {
  const made = saver();
  for (let at = 0; at < MAX_DELAY + DELAY; at += 500) {
    type(made, { title: "T", body: `${at}` });
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(service.calls.length).toBeGreaterThanOrEqual(1);
});

test("without a title the text stays in the browser", async () => {
  const made = saver();
  type(made, { body: "a" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toEqual([]);
  expect(states.at(-1)).toEqual({ is: "kept", why: "untitled" });
  expect(made.isDirty).toBe(true);
});

test("a published post is saved only on request", async () => {
  service.version = 4;
  const made = saver({ automatic: false, stored: { id: "p1", version: 4 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toEqual([]);
  expect(await made.flush()).toBe(true);
  expect(service.calls).toEqual(["change@4 T|a"]);
  expect(made.stored?.version).toBe(5);
});

test("changes during a request are saved after it", async () => {
  let go = () => undefined as void;
  service.hold = new Promise((resolve) => {
    go = resolve;
  });
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(DELAY);
  type(made, { body: "ab" });
  service.hold = null;
  go();
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(service.calls).toEqual(["create T|a", "change@1 T|ab"]);
  expect(service.text?.body).toBe("ab");
  expect(made.isDirty).toBe(false);
});

test("one request at a time, also for explicit saving", async () => {
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

test("without a response it retries with backoff, and immediately when the network is back", async () => {
  service.trouble = Array.from({ length: 5 }, () => ({ kind: "unavailable" }) as const);
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(last()).toBe("unavailable");
  await vi.advanceTimersByTimeAsync(5_000 + 10_000);
  expect(service.calls).toHaveLength(3);
  service.trouble = [];
  made.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(service.calls).toHaveLength(4);
  expect(last()).toBe("saved");
});

test("a creation without a response is repeated unchanged and creates one post", async () => {
  service.lostResponses = 1;
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(last()).toBe("unavailable");
  type(made, { body: "ab" });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(service.calls).toEqual(["create T|a", "create T|a", "change@1 T|ab"]);
  expect(service.text?.body).toBe("ab");
  expect(last()).toBe("saved");
});

test("an error is shown, and the next change is saved again", async () => {
  service.trouble = [refused(422, "too long")];
  const made = saver();
  type(made, { title: "T", body: "a" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toHaveLength(1);
  expect(states.at(-1)).toEqual({ is: "refused", message: "words" });
  type(made, { body: "b" });
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(last()).toBe("saved");
});

test("after a sign-out it waits until the author signs in again", async () => {
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

test("a conflict stops saving until it is resolved with the author's own text", async () => {
  const theirs: Text = { ...EMPTY, title: "T", body: "theirs" };
  service.text = theirs;
  service.version = 7;
  const made = saver({ stored: { id: "p1", version: 6 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "T", body: "mine" });
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(states.at(-1)).toEqual({ is: "conflict", version: 7 });
  type(made, { body: "mine still" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await made.flush()).toBe(false);
  expect(service.calls).toHaveLength(1);
  made.resolve(7, theirs);
  await vi.advanceTimersByTimeAsync(DELAY);
  expect(service.text?.body).toBe("mine still");
  expect(made.stored?.version).toBe(8);
});

test("a conflict can be resolved with the saved text", async () => {
  const theirs: Text = { ...EMPTY, title: "T", body: "theirs" };
  service.text = theirs;
  service.version = 7;
  const made = saver({ stored: { id: "p1", version: 6 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "T", body: "mine" });
  await vi.advanceTimersByTimeAsync(DELAY);
  text = textOf(source(theirs, 7));
  made.resolve(7, theirs);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.isDirty).toBe(false);
  expect(last()).toBe("saved");
  expect(service.calls).toHaveLength(1);
});

test("undoing all changes needs no saving", async () => {
  service.version = 1;
  const made = saver({ stored: { id: "p1", version: 1 }, saved: { ...EMPTY, title: "T" } });
  type(made, { title: "Tx" });
  type(made, { title: "T" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(service.calls).toEqual([]);
  expect(last()).toBe("saved");
});
