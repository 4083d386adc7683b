// Reading pages are small and need no scripts.

import type { Page } from "@playwright/test";
import { open } from "../support/open.ts";
import { pages } from "../support/pages.ts";
import { expect, test } from "../support/test.ts";

const KIB = 1024;
const MAX_SCRIPT = 30 * KIB;
const MAX_TOTAL = 200 * KIB;

const reading = pages.filter((entry) => entry.reading);

for (const entry of reading) {
  test(`${entry.name} (${entry.as}) is within its budget`, async ({ users, sample }, info) => {
    const session = entry.as === "visitor" ? {} : { storageState: sample.sessions[entry.as] };
    const page = await users.visitor(session);
    const weight = await weigh(page);
    await open(page, entry, sample);
    await page.evaluate(() => document.fonts.ready);
    const { script, all, report } = weight();
    info.annotations.push({ type: "bytes", description: report });
    expect(script, report).toBeLessThanOrEqual(MAX_SCRIPT);
    expect(all, report).toBeLessThanOrEqual(MAX_TOTAL);
  });
}

/** Measures the transferred bytes of the site, including headers, after compression. */
async function weigh(page: Page): Promise<() => { script: number; all: number; report: string }> {
  const client = await page.context().newCDPSession(page);
  const seen = new Map<string, { type: string; url: string; bytes: number }>();
  client.on("Network.responseReceived", ({ requestId, type, response }) => {
    seen.set(requestId, { type, url: response.url, bytes: response.encodedDataLength });
  });
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const entry = seen.get(requestId);
    if (entry) entry.bytes = encodedDataLength;
  });
  await client.send("Network.enable");
  return () => {
    const own = [...seen.values()].filter(({ url }) => !url.startsWith("https:"));
    const sum = (entries: typeof own) => entries.reduce((total, { bytes }) => total + bytes, 0);
    const report = own.map(({ type, url, bytes }) => `${bytes} ${type} ${new URL(url).pathname}`).join(", ");
    return { script: sum(own.filter(({ type }) => type === "Script")), all: sum(own), report };
  };
}

test.describe("without JavaScript", () => {
  for (const entry of reading) {
    test(`${entry.name} (${entry.as}) has the same text`, async ({ users, sample }) => {
      const session = entry.as === "visitor" ? {} : { storageState: sample.sessions[entry.as] };
      const [plain, scripted] = [
        await users.visitor({ ...session, javaScriptEnabled: false }),
        await users.visitor(session),
      ];
      // Another test may publish between the two.
      await expect(async () => {
        await open(plain, entry, sample);
        await open(scripted, entry, sample);
        // Scripts may add text, such as a copy button, but not replace it.
        const [without, with_] = [await words(plain), await words(scripted)];
        expect(with_).toEqual(expect.arrayContaining(without));
        expect(without.length).toBeGreaterThan(0);
      }).toPass();
    });
  }
});

async function words(page: Page): Promise<string[]> {
  return (await page.getByRole("main").innerText()).split(/\s+/).filter((word) => word !== "");
}
