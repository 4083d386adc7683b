import { defineConfig } from "@playwright/test";
import base from "./playwright.config.ts";

// Pictures for people to look at; nothing is compared.
export default defineConfig({
  ...base,
  reporter: [["line"]],
  projects: [{ name: "screenshots", testDir: "screenshots" }],
});
