// The editor loses no input.

import { EditorPage } from "../support/editor-page.ts";
import { expect, test } from "../support/test.ts";

test("a draft is saved automatically", async ({ users }) => {
  const { page } = await users.create("Ann");
  const editor = new EditorPage(page);
  await page.goto("/write");
  await editor.write({ title: "Kept", body: "Word by word." });
  await editor.saved();
  await expect(page).toHaveURL(/\/edit$/);
  await page.reload();
  await expect(editor.title).toHaveValue("Kept");
  await expect(editor.body).toHaveText("Word by word.");
  await page.goto("/posts");
  await expect(page.getByRole("link", { name: "Kept", exact: true })).toBeVisible();
});

test("text written offline is offered for recovery and saved when the network is back", async ({ users, guard }) => {
  guard.allow(/ERR_INTERNET_DISCONNECTED/);
  const { page, context } = await users.create("Ann");
  const editor = new EditorPage(page);
  await page.goto("/write");
  await editor.write({ title: "On a train", body: "Before the tunnel." });
  await editor.saved();
  const address = page.url();
  await context.setOffline(true);
  await editor.write({ body: "In the tunnel, far from any network." });
  await expect(editor.status).toContainText("cannot be reached");
  // Crash the page: on a regular close it would try to save.
  const crashed = page.waitForEvent("crash");
  const devtools = await context.newCDPSession(page);
  void devtools.send("Page.crash").catch(() => undefined);
  await crashed;
  await page.close();
  await context.setOffline(false);

  const again = new EditorPage(await context.newPage());
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

test("text is saved when the network is back while the page is open", async ({ users, guard }) => {
  guard.allow(/ERR_INTERNET_DISCONNECTED/);
  const { page, context } = await users.create("Ann");
  const editor = new EditorPage(page);
  await page.goto("/write");
  await editor.write({ title: "Patience", body: "One." });
  await editor.saved();
  await context.setOffline(true);
  await editor.write({ body: "One, two." });
  await expect(editor.status).toContainText("cannot be reached");
  await context.setOffline(false);
  await editor.saved();
  await page.reload();
  await expect(editor.body).toHaveText("One, two.");
});

test("the toolbar and its shortcuts write Markdown", async ({ users }) => {
  const { page } = await users.create("Ann");
  const editor = new EditorPage(page);
  await page.goto("/write");
  await editor.write({ body: "loud" });
  await page.keyboard.press("ControlOrMeta+a");
  await page.getByRole("toolbar", { name: "Formatting" }).getByRole("button", { name: "Bold" }).click();
  await expect(editor.body).toHaveText("**loud**");
  await expect(editor.preview.locator("strong")).toHaveText("loud");
});

test("errors are shown at the fields, and input is kept", async ({ users }) => {
  const page = (await users.create("Ann", { javaScriptEnabled: false })).page;
  const editor = new EditorPage(page);
  await page.goto("/write");
  await editor.write({ body: "A text without a title." });
  await editor.button("Publish").click();
  await expect(editor.title).toHaveAttribute("aria-invalid", "true");
  await expect(editor.title).toHaveAccessibleDescription(/\S/);
  await expect(editor.body).toHaveValue("A text without a title.");
});
