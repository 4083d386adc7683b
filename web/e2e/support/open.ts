// Opens a page of the list and checks its status.

import { expect, type Page, type Response } from "@playwright/test";
import type { PageEntry } from "./pages.ts";
import type { Sample } from "./sample.ts";

export async function open(page: Page, entry: PageEntry, sample: Sample): Promise<Response> {
  const path = entry.path(sample);
  let response = await page.goto(path);
  if (entry.send) {
    const responded = page.waitForResponse((response) => {
      // Scripts also send POST requests: the editor requests a preview.
      const request = response.request();
      return request.method() === "POST" && request.isNavigationRequest();
    });
    await page.locator("main form[method=post]").first().evaluate(send, entry.send);
    response = await responded;
    await page.waitForLoadState();
  }
  if (!response) throw new Error(`no response from ${path}`);
  expect(response.status(), path).toBe(entry.status ?? 200);
  await expect(page.getByRole("heading", { level: 1 }), "one first heading").toHaveCount(1);
  return response;
}

/** Submits the form without validation by scripts or the browser. */
function send(element: Element, values: Record<string, string>): void {
  const form = element as HTMLFormElement;
  for (const [name, value] of Object.entries(values)) {
    (form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement).value = value;
  }
  form.submit();
}
