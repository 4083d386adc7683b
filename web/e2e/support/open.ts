// Opens a page of the list, as its reader, and sees that it is the page it should be.

import { expect, type Page, type Response } from "@playwright/test";
import type { PageEntry } from "./pages.ts";
import type { World } from "./world.ts";

export async function open(page: Page, entry: PageEntry, world: World): Promise<Response> {
  const path = entry.path(world);
  let response = await page.goto(path);
  if (entry.send) {
    const answered = page.waitForResponse((answer) => {
      // Scripts of the page post, too: the editor asks for its preview.
      const request = answer.request();
      return request.method() === "POST" && request.isNavigationRequest();
    });
    await page.locator("main form[method=post]").first().evaluate(send, entry.send);
    response = await answered;
    await page.waitForLoadState();
  }
  if (!response) throw new Error(`${path} did not answer`);
  expect(response.status(), path).toBe(entry.status ?? 200);
  await expect(page.getByRole("heading", { level: 1 }), "one first heading").toHaveCount(1);
  return response;
}

/** As it is, without what a script or the browser would check before. */
function send(element: Element, values: Record<string, string>): void {
  const form = element as HTMLFormElement;
  for (const [name, value] of Object.entries(values)) {
    (form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement).value = value;
  }
  form.submit();
}
