// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import type { ApiResult } from "../src/lib/http";
import { counted, Toggle } from "../src/lib/toggle";

const done: ApiResult<null> = { kind: "done", status: 204, data: null, version: 1 };

/** Requests that are answered when the test says so. */
function service() {
  const asked: { on: boolean; answer: (answer: ApiResult<null>) => void }[] = [];
  const request = (on: boolean) => new Promise<ApiResult<null>>((answer) => asked.push({ on, answer }));
  return { asked, request };
}

test("it shows at once and asks once", async () => {
  const { asked, request } = service();
  const show = vi.fn();
  const toggle = new Toggle(false, request, show, vi.fn());
  const flip = toggle.flip();
  expect(show).toHaveBeenCalledWith(true);
  expect(asked.map(({ on }) => on)).toEqual([true]);
  asked[0]?.answer(done);
  await flip;
  expect(asked).toHaveLength(1);
});

test("clicks during a request bring about only what was wanted last", async () => {
  const { asked, request } = service();
  const toggle = new Toggle(false, request, vi.fn(), vi.fn());
  const first = toggle.flip();
  await toggle.flip();
  await toggle.flip();
  await toggle.flip();
  asked[0]?.answer(done);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]?.on).toBe(false);
  asked[1]?.answer(done);
  await first;
  expect(asked).toHaveLength(2);
});

test("a refusal takes it back and says why", async () => {
  const { asked, request } = service();
  const [show, fail] = [vi.fn(), vi.fn()];
  const toggle = new Toggle(true, request, show, fail);
  const flip = toggle.flip();
  asked[0]?.answer({
    kind: "refused",
    status: 404,
    problem: { title: "Not found", detail: "No such user." },
    version: null,
  });
  await flip;
  expect(show.mock.calls).toEqual([[false], [true]]);
  expect(fail).toHaveBeenCalledWith("No such user.");
});

test("counts keep their separators", () => {
  document.documentElement.lang = "en";
  expect(counted("1,204", 1)).toBe("1,205");
  expect(counted("0", -1)).toBe("0");
  expect(counted(null, 1)).toBe("1");
});
