import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { baseURL, chromium, flags } from "./support/browser.ts";

const results = process.env["INKSTREAM_RESULTS"] ?? "../../.dev/browser/by-hand";

// Nothing here depends on the speed of the machine: waits end by condition, and the limits only end a test that hangs.
// `journeys` and `pages` run in parallel, each test with its own users. `alone` stops parts of the platform, so
// `cargo xtask test` runs it afterwards. What measures time is in `audit` (`cargo xtask audit`).
export default defineConfig({
  outputDir: join(results, "traces"),
  reporter: [["list"], ["html", { outputFolder: join(results, "report"), open: "never" }]],
  timeout: 180_000,
  expect: { timeout: 30_000 },
  fullyParallel: true,
  forbidOnly: process.env["CI"] === "true",
  // A test that passes at a later attempt is reported as flaky, and the trace of the failed attempt is kept.
  retries: Number(process.env["BROWSER_RETRIES"] ?? 2),
  // The platform under test needs as much of the machine as the browsers.
  workers: Math.max(2, Math.floor(availableParallelism() / 2)),
  use: {
    baseURL,
    browserName: "chromium",
    launchOptions: { executablePath: chromium(), args: flags },
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "journeys", testDir: "journeys" },
    { name: "pages", testDir: "pages" },
    { name: "alone", testDir: "alone", fullyParallel: false, workers: 1 },
  ],
});
