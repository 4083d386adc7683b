// Everything works with the keyboard, with a visible focus.

import type { Locator, Page } from "@playwright/test";
import { EditorPage } from "../support/editor-page.ts";
import { password, newCredentials } from "../support/users.ts";
import { comment, comments, menu } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

const MAX_PRESSES = 60;

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, target: Locator, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < MAX_PRESSES; presses += 1) {
    await page.keyboard.press(key);
    if (await target.evaluate(hasFocus)) return;
  }
  throw new Error(`${target} is not reached with ${key} pressed ${MAX_PRESSES} times`);
}

/** The editor is in a shadow root, which has its own active element. */
function hasFocus(element: Element): boolean {
  return (element.getRootNode() as Document | ShadowRoot).activeElement === element;
}

test("sign up, write, publish and comment with the keyboard only", async ({ page }) => {
  const ann = newCredentials("Ann");
  await page.goto("/signup");
  // The first stop skips the header.
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  for (const [label, value] of [
    ["Username", ann.username],
    ["E-mail address", ann.email],
    ["Password", password],
    ["Your name", ann.name],
  ] as const) {
    await tabTo(page, page.getByLabel(label));
    await page.keyboard.type(value);
  }
  await page.keyboard.press("Enter");
  await expect(menu(page, ann)).toBeVisible();

  const editor = new EditorPage(page);
  await tabTo(page, page.getByRole("banner").getByRole("link", { name: "Write" }));
  await page.keyboard.press("Enter");
  await tabTo(page, editor.title);
  await page.keyboard.type("By keyboard");
  const toolbar = page.getByRole("toolbar", { name: "Formatting" });
  await tabTo(page, toolbar.getByRole("button").first());
  await page.keyboard.press("ArrowRight");
  await expect(toolbar.getByRole("button").nth(1)).toBeFocused();
  await tabTo(page, editor.body);
  await page.keyboard.type(`No mouse was moved, says ${ann.username}.`);
  // Tab leaves the editor.
  await tabTo(page, page.getByText("Tags, summary, cover"));
  await tabTo(page, editor.button("Publish"), "Shift+Tab");
  await expect(editor.button("Publish")).toHaveCSS("outline-style", "solid");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/p\/by-keyboard/);

  await tabTo(page, page.getByLabel("Your comment"));
  await page.keyboard.type("Nor here.");
  await tabTo(page, page.getByRole("button", { name: "Post comment" }));
  await page.keyboard.press("Enter");
  await expect(comment(page, "Nor here.")).toBeVisible();

  await tabTo(page, menu(page, ann), "Shift+Tab");
  await page.keyboard.press("Enter");
  const settings = page.getByRole("banner").getByRole("link", { name: "Settings" });
  await expect(settings).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(settings).toBeHidden();
  await expect(menu(page, ann)).toBeFocused();
});

test("shortcuts: help, search, next and previous, home", async ({ page, sample }) => {
  await page.goto("/");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(help).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const cards = page.getByRole("main").getByRole("article").getByRole("heading").getByRole("link");
  await expect(cards.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(cards.nth(0)).toBeFocused();
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Search" })).toBeFocused();
  // In a field the keys enter text.
  await page.keyboard.type("jk?");
  await expect(page.getByRole("searchbox", { name: "Search" })).toHaveValue("jk?");
  await page.goto(`/p/${sample.rich.slug}`);
  await comments(page).scrollIntoViewIfNeeded();
  // The second key must follow within a second, which a busy machine may miss.
  await expect(async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await expect(page).toHaveURL(/\/$/, { timeout: 2_000 });
  }).toPass();
});
