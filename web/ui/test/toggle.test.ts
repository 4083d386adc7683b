// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import type { ApiResult } from "../src/lib/http";
import { counted, Toggle } from "../src/lib/toggle";

const done: ApiResult<null> = { kind: "done", status: 204, data: null, version: 1 };

/** Requests that the test completes. */
function service() {
  const requests: { on: boolean; respond: (respond: ApiResult<null>) => void }[] = [];
  const request = (on: boolean) => new Promise<ApiResult<null>>((respond) => requests.push({ on, respond }));
  return { requests, request };
}

test("it changes immediately and sends one request", async () => {
  const { requests, request } = service();
  const show = vi.fn();
  const toggle = new Toggle(false, request, show, vi.fn());
  const flip = toggle.flip();
  expect(show).toHaveBeenCalledWith(true);
  expect(requests.map(({ on }) => on)).toEqual([true]);
  requests[0]?.respond(done);
  await flip;
  expect(requests).toHaveLength(1);
});

test("clicks during a request lead only to the latest state", async () => {
  const { requests, request } = service();
  const toggle = new Toggle(false, request, vi.fn(), vi.fn());
  const first = toggle.flip();
  await toggle.flip();
  await toggle.flip();
  await toggle.flip();
  requests[0]?.respond(done);
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  expect(requests[1]?.on).toBe(false);
  requests[1]?.respond(done);
  await first;
  expect(requests).toHaveLength(2);
});

test("an error reverts the state and is shown", async () => {
  const { requests, request } = service();
  const [show, fail] = [vi.fn(), vi.fn()];
  const toggle = new Toggle(true, request, show, fail);
  const flip = toggle.flip();
  requests[0]?.respond({
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
