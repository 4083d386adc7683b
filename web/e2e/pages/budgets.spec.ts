// Pages to read are light, and need no script.

import type { Page } from "@playwright/test";
import { open } from "../support/open.ts";
import { pages } from "../support/pages.ts";
import { expect, test } from "../support/test.ts";

const KIB = 1024;
const MOST_SCRIPT = 30 * KIB;
const MOST_IN_ALL = 200 * KIB;

const reading = pages.filter((entry) => entry.reading);

for (const entry of reading) {
  test(`${entry.name} (${entry.as}) is light`, async ({ people, world }, info) => {
    const session = entry.as === "visitor" ? {} : { storageState: world.sessions[entry.as] };
    const page = await people.visitor(session);
    const weight = await weigh(page);
    await open(page, entry, world);
    await page.evaluate(() => document.fonts.ready);
    const { script, all, told } = weight();
    info.annotations.push({ type: "bytes", description: told });
    expect(script, told).toBeLessThanOrEqual(MOST_SCRIPT);
    expect(all, told).toBeLessThanOrEqual(MOST_IN_ALL);
  });
}

/** What came over the wire, headers and compression included, from our own site. */
async function weigh(page: Page): Promise<() => { script: number; all: number; told: string }> {
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
    const told = own.map(({ type, url, bytes }) => `${bytes} ${type} ${new URL(url).pathname}`).join(", ");
    return { script: sum(own.filter(({ type }) => type === "Script")), all: sum(own), told };
  };
}

test.describe("without JavaScript", () => {
  for (const entry of reading) {
    test(`${entry.name} (${entry.as}) says the same`, async ({ people, world }) => {
      const session = entry.as === "visitor" ? {} : { storageState: world.sessions[entry.as] };
      const [plain, scripted] = [
        await people.visitor({ ...session, javaScriptEnabled: false }),
        await people.visitor(session),
      ];
      // Somebody else may publish between the two.
      await expect(async () => {
        await open(plain, entry, world);
        await open(scripted, entry, world);
        // What a script adds (a button to copy code) may be more, never other.
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
