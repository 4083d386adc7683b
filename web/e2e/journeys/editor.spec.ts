// What the editor promises: no keystroke is lost.

import { Desk } from "../support/desk.ts";
import { expect, test } from "../support/test.ts";

test("a draft saves itself, and is there after a reload", async ({ people }) => {
  const { page } = await people.member("Ann");
  const desk = new Desk(page);
  await page.goto("/write");
  await desk.write({ title: "Kept", body: "Word by word." });
  await desk.saved();
  await expect(page).toHaveURL(/\/edit$/);
  await page.reload();
  await expect(desk.title).toHaveValue("Kept");
  await expect(desk.body).toHaveText("Word by word.");
  await page.goto("/posts");
  await expect(page.getByRole("link", { name: "Kept", exact: true })).toBeVisible();
});

test("what was written offline is offered again, and saved when the network is back", async ({ people, guard }) => {
  guard.allow(/ERR_INTERNET_DISCONNECTED/);
  const { page, context } = await people.member("Ann");
  const desk = new Desk(page);
  await page.goto("/write");
  await desk.write({ title: "On a train", body: "Before the tunnel." });
  await desk.saved();
  const address = page.url();
  await context.setOffline(true);
  await desk.write({ body: "In the tunnel, far from any network." });
  await expect(desk.status).toContainText("cannot be reached");
  // The battery ends, too: a page that is closed in peace would try to save once more.
  const crashed = page.waitForEvent("crash");
  const devtools = await context.newCDPSession(page);
  void devtools.send("Page.crash").catch(() => undefined);
  await crashed;
  await page.close();
  await context.setOffline(false);

  const again = new Desk(await context.newPage());
  await again.page.goto(address);
  await expect(again.body).toHaveText("Before the tunnel.");
  const offer = again.page.getByRole("status").filter({ hasText: "unsaved text" });
  await offer.getByRole("button", { name: "Show differences" }).click();
  await expect(again.page.getByRole("region", { name: "Differences" })).toContainText("In the tunnel");
  await offer.getByRole("button", { name: "Restore" }).click();
  await expect(again.body).toHaveText("In the tunnel, far from any network.");
  await again.saved();
  await again.page.reload();
  await expect(again.body).toHaveText("In the tunnel, far from any network.");
});

test("the network comes back while the page is open, and the text is saved", async ({ people, guard }) => {
  guard.allow(/ERR_INTERNET_DISCONNECTED/);
  const { page, context } = await people.member("Ann");
  const desk = new Desk(page);
  await page.goto("/write");
  await desk.write({ title: "Patience", body: "One." });
  await desk.saved();
  await context.setOffline(true);
  await desk.write({ body: "One, two." });
  await expect(desk.status).toContainText("cannot be reached");
  await context.setOffline(false);
  await desk.saved();
  await page.reload();
  await expect(desk.body).toHaveText("One, two.");
});

test("the toolbar and its keys write Markdown", async ({ people }) => {
  const { page } = await people.member("Ann");
  const desk = new Desk(page);
  await page.goto("/write");
  await desk.write({ body: "loud" });
  await page.keyboard.press("ControlOrMeta+a");
  await page.getByRole("toolbar", { name: "Formatting" }).getByRole("button", { name: "Bold" }).click();
  await expect(desk.body).toHaveText("**loud**");
  await expect(desk.preview.locator("strong")).toHaveText("loud");
});

test("messages stand beside the fields, and what was typed stays", async ({ people }) => {
  const page = (await people.member("Ann", { javaScriptEnabled: false })).page;
  const desk = new Desk(page);
  await page.goto("/write");
  await desk.write({ body: "A text without a title." });
  await desk.button("Publish").click();
  await expect(desk.title).toHaveAttribute("aria-invalid", "true");
  await expect(desk.title).toHaveAccessibleDescription(/\S/);
  await expect(desk.body).toHaveValue("A text without a title.");
});
