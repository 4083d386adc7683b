// Screenshots of every page, light and dark, wide and narrow. Nothing is compared.

import { join } from "node:path";
import { open } from "../support/open.ts";
import { pages } from "../support/pages.ts";
import { test } from "../support/test.ts";

const folder = process.env["INKSTREAM_SCREENSHOTS"] ?? "../../.dev/screenshots";

for (const entry of pages) {
  test(`${entry.name} (${entry.as})`, async ({ users, sample }) => {
    const session = entry.as === "visitor" ? {} : { storageState: sample.sessions[entry.as] };
    const page = await users.visitor({ ...session, reducedMotion: "reduce" });
    await open(page, entry, sample);
    for (const [width, size] of [
      [1280, "wide"],
      [360, "narrow"],
    ] as const) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const file = `${entry.name.replaceAll(" ", "-").toLowerCase()}.${size}.${colorScheme}.png`;
        await page.screenshot({ path: join(folder, file), fullPage: true, animations: "disabled" });
      }
    }
  });
}
