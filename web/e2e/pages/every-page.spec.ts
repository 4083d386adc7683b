// Every page: accessible in both colour schemes, no horizontal scrolling on a phone, security headers.

import { AxeBuilder } from "@axe-core/playwright";
import type { RunOptions } from "axe-core";
import type { Page, Response } from "@playwright/test";
import { open } from "../support/open.ts";
import { pages } from "../support/pages.ts";
import { expect, test } from "../support/test.ts";

const everyRule: RunOptions = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
};
/** The rules among them whose result depends on colours: another colour scheme changes nothing else. */
const colourRules: RunOptions = { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } };

for (const entry of pages) {
  test(`${entry.name} (${entry.as})`, async ({ users, sample }) => {
    const session = entry.as === "visitor" ? {} : { storageState: sample.sessions[entry.as] };
    const page = await users.visitor({ ...session, colorScheme: "light", reducedMotion: "reduce" });
    const response = await open(page, entry, sample);
    await test.step("headers", () => headers(response, entry.as !== "visitor"));
    await test.step("light", () => accessible(page, everyRule));
    await page.emulateMedia({ colorScheme: "dark" });
    await test.step("dark", () => accessible(page, colourRules));
    await page.setViewportSize({ width: 360, height: 740 });
    await test.step("narrow", () => fits(page));
  });
}

async function accessible(page: Page, options: RunOptions): Promise<void> {
  // In the page itself, since it has no frames, and without the list of everything that passes: a fifth of the time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ ...options, resultTypes: ["violations"] });
  const { violations } = await axe.analyze();
  const report = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html}\n${node.failureSummary ?? ""}`),
  );
  expect(report).toEqual([]);
}

/** Nothing is wider than the screen, except for what scrolls in its own container. */
async function fits(page: Page): Promise<void> {
  const wider = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const all = [...document.querySelectorAll("body *")];
    const out = all.filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
    return [`the page is ${scrollWidth} wide`, ...out.slice(0, 8).map((element) => element.outerHTML.slice(0, 120))];
  });
  expect(wider).toEqual([]);
}

function headers(response: Response, signedIn: boolean): void {
  const values = response.headers();
  const policy = values["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("base-uri 'none'");
  expect(policy).not.toMatch(/unsafe-|\*(?!\.)/);
  expect(values["x-content-type-options"]).toBe("nosniff");
  expect(values["referrer-policy"]).toBeTruthy();
  expect(values["cross-origin-opener-policy"]).toBe("same-origin");
  expect(values["content-type"]).toBe("text/html; charset=utf-8");
  if (signedIn) expect(values["cache-control"]).toMatch(/private|no-store/);
}
