// What holds for every page: it is accessible in both colour schemes, fits a narrow screen, and has its headers.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page, Response } from "@playwright/test";
import { open } from "../support/open.ts";
import { pages } from "../support/pages.ts";
import { expect, test } from "../support/test.ts";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

for (const entry of pages) {
  test(`${entry.name} (${entry.as})`, async ({ people, world }) => {
    const session = entry.as === "visitor" ? {} : { storageState: world.sessions[entry.as] };
    const page = await people.visitor({ ...session, colorScheme: "light", reducedMotion: "reduce" });
    const response = await open(page, entry, world);
    await test.step("headers", () => headers(response, entry.as !== "visitor"));
    await test.step("light", () => accessible(page));
    await page.emulateMedia({ colorScheme: "dark" });
    await test.step("dark", () => accessible(page));
    await page.setViewportSize({ width: 360, height: 740 });
    await test.step("narrow", () => fits(page));
  });
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  const told = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html}\n${node.failureSummary ?? ""}`),
  );
  expect(told).toEqual([]);
}

/** Nothing is wider than the screen, but for what scrolls in a box of its own. */
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
  const said = response.headers();
  const policy = said["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("base-uri 'none'");
  expect(policy).not.toMatch(/unsafe-|\*(?!\.)/);
  expect(said["x-content-type-options"]).toBe("nosniff");
  expect(said["referrer-policy"]).toBeTruthy();
  expect(said["cross-origin-opener-policy"]).toBe("same-origin");
  expect(said["content-type"]).toBe("text/html; charset=utf-8");
  if (signedIn) expect(said["cache-control"]).toMatch(/private|no-store/);
}
