import { defineConfig } from "@playwright/test";
import base from "./playwright.config.ts";

// Screenshots for visual review; nothing is compared.
export default defineConfig({
  ...base,
  reporter: [["line"]],
  projects: [{ name: "screenshots", testDir: "screenshots" }],
});
