// A picture of every page, light and dark, wide and narrow, for people to look at. Nothing is compared.

import { join } from "node:path";
import { open } from "../support/open.ts";
import { pages } from "../support/pages.ts";
import { test } from "../support/test.ts";

const folder = process.env["INKSTREAM_SCREENSHOTS"] ?? "../../.dev/screenshots";

for (const entry of pages) {
  test(`${entry.name} (${entry.as})`, async ({ people, world }) => {
    const session = entry.as === "visitor" ? {} : { storageState: world.sessions[entry.as] };
    const page = await people.visitor({ ...session, reducedMotion: "reduce" });
    await open(page, entry, world);
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
