// The browser, for Playwright and Lighthouse.

import { existsSync } from "node:fs";
import { join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The installed browser: `CHROMIUM`, or the first of the known names in the path. */
export function chromium(): string {
  const given = process.env["CHROMIUM"];
  if (given) return given;
  const folders = (process.env["PATH"] ?? "").split(":");
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (!found) throw new Error("no Chromium: on Debian, apt install chromium; or set CHROMIUM to its path");
  return found;
}

/** No sandbox, since containers have no user namespaces; no background traffic. */
export const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The platform: set by `cargo xtask test`; by default that of `cargo xtask up`. */
export const baseURL = process.env["BASE_URL"] ?? "http://localhost:8080";
