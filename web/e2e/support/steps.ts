// Common steps of the tests.

import { expect, type Locator, type Page } from "@playwright/test";
import { type Credentials, password } from "./users.ts";

export async function signUp(page: Page, who: Credentials): Promise<void> {
  await page.goto("/");
  await page.getByRole("link", { name: "Join" }).click();
  await page.getByLabel("Username").fill(who.username);
  await page.getByLabel("E-mail address").fill(who.email);
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Your name").fill(who.name);
  await page.getByRole("main").getByRole("button", { name: "Join" }).click();
  await expect(menu(page, who)).toBeVisible();
}

export async function signIn(page: Page, who: Credentials, secret = password): Promise<void> {
  await page.goto("/signin");
  await page.getByLabel("Username or e-mail address").fill(who.username);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(menu(page, who)).toBeVisible();
}

/** The account menu of a signed-in user. */
export function menu(page: Page, who: { username: string }): Locator {
  return page
    .getByRole("banner")
    .locator("summary")
    .and(page.getByLabel(new RegExp(`account.*${who.username}`, "i")));
}

export async function openMenuEntry(page: Page, who: { username: string }, entry: string): Promise<void> {
  await menu(page, who).click();
  const inside = page.getByRole("banner").getByRole("link", { name: entry });
  await inside
    .or(page.getByRole("banner").getByRole("button", { name: entry }))
    .first()
    .click();
}

export function comments(page: Page): Locator {
  return page.getByRole("region", { name: /comments?/i });
}

/** The comment with the text `text`. */
export function comment(page: Page, text: string): Locator {
  return comments(page)
    .getByRole("listitem")
    .filter({ has: page.locator(":scope > .comment-body", { hasText: text }) });
}

export async function postComment(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your comment").fill(text);
  await page.getByRole("button", { name: "Post comment" }).click();
}

/** Reloads the page until the check passes, since the read side is eventually consistent. */
export async function eventually(page: Page, check: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await page.reload();
    await check();
  }).toPass({ intervals: [100, 200, 400, 800] });
}
