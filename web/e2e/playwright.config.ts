import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { baseURL, chromium, flags } from "./support/browser.ts";

const results = process.env["INKSTREAM_RESULTS"] ?? "../../.dev/browser/by-hand";

// What people do, and what holds for every page, runs side by side, each test with users of its own. What stops
// parts of the platform, or measures, stands in `alone`; `cargo xtask test` runs it after the others.
export default defineConfig({
  outputDir: join(results, "traces"),
  reporter: [["list"], ["html", { outputFolder: join(results, "report"), open: "never" }]],
  timeout: 30_000,
  expect: { timeout: 7_000 },
  fullyParallel: true,
  forbidOnly: process.env["CI"] === "true",
  // A test that passes at the second attempt is told as flaky, and its first trace is kept; by hand nothing is tried again.
  retries: Number(process.env["BROWSER_RETRIES"] ?? 0),
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
    { name: "alone", testDir: "alone", fullyParallel: false, workers: 1, timeout: 90_000 },
  ],
});
