import { expect, test } from "vitest";
import { localTime } from "../src/lib/time";

test("local times in the server's format", () => {
  const moment = "2026-03-12T23:30:00Z";
  expect(localTime(moment, "date", "en", "UTC")).toBe("12 March 2026");
  expect(localTime(moment, "time", "en", "Europe/Berlin")).toBe("13 March 2026, 00:30");
  expect(localTime(moment, "date", "de", "Asia/Tokyo")).toBe("13. März 2026");
  expect(localTime("nonsense", "date", "en")).toBeNull();
});
