import { defineConfig } from "@playwright/test";
import base from "./playwright.config.ts";

// Measurements: their results depend on the machine, so they are no part of `cargo xtask test`.
export default defineConfig({
  ...base,
  retries: 0,
  workers: 1,
  projects: [{ name: "audit", testDir: "audit" }],
});
