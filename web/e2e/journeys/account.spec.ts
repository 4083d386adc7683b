// Accounts: sign up, sign in and out, change, delete.

import { password, newCredentials } from "../support/users.ts";
import { openMenuEntry, menu, signIn, signUp } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("a taken username is reported at its field, and other input is kept", async ({ users }) => {
  const ann = await users.create("Ann");
  const page = await users.visitor();
  await page.goto("/signup");
  await page.getByLabel("Username").fill(ann.username);
  await page.getByLabel("E-mail address").fill(newCredentials("Other").email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("main").getByRole("button", { name: "Join" }).click();
  await expect(page.getByLabel("Username")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Username")).toHaveAccessibleDescription(/taken/);
  await expect(page.getByLabel("Username")).toHaveValue(ann.username);
  await expect(page.getByLabel("Password")).toHaveValue("");
});

test("signing in returns to the requested page", async ({ users }) => {
  const ann = await users.create("Ann");
  const page = await users.visitor();
  await page.goto("/write");
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.getByLabel("Username or e-mail address").fill(ann.username);
  await page.getByLabel("Password").fill("not this one");
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/write$/);
  await openMenuEntry(page, ann, "Sign out");
  await expect(page.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("profile, password, sessions and deletion", async ({ users }) => {
  const ann = newCredentials("Ann");
  const [here, there] = [await users.visitor(), await users.visitor()];
  await signUp(here, ann);
  await signIn(there, ann);

  await openMenuEntry(here, ann, "Settings");
  await here.getByLabel("Bio").fill("Writes by hand.");
  await here.getByRole("button", { name: "Save profile" }).click();
  await here.goto(`/@${ann.username}`);
  await expect(here.getByRole("main")).toContainText("Writes by hand.");

  // Ending a session signs out the other browser.
  await here.goto("/settings");
  await here
    .getByRole("button", { name: /^End the session/ })
    .and(here.getByText("End", { exact: true }))
    .click();
  await expect(here.getByRole("button", { name: /^End the session/ })).toHaveCount(1);
  await there.goto("/settings");
  await expect(there).toHaveURL(/\/signin/);

  const next = "nine violet lanterns";
  await here.getByLabel("Current password").fill(password);
  await here.getByLabel("New password").fill(next);
  await here.getByRole("button", { name: "Change password" }).click();
  await expect(here.getByRole("status").or(here.getByRole("alert")).first()).toBeVisible();
  await signIn(there, ann, next);

  await here.goto("/settings");
  const danger = here.getByRole("region", { name: "Delete account" });
  await danger.getByLabel("Password").fill(next);
  await danger.getByLabel(/Permanently delete/).check();
  await danger.getByRole("button", { name: "Delete my account" }).click();
  await expect(here.getByRole("banner").getByRole("link", { name: "Join" })).toBeVisible();
  await expect(menu(here, ann)).toHaveCount(0);
  await there.goto("/settings");
  await expect(there).toHaveURL(/\/signin/);
  await expect(async () => expect((await there.goto(`/@${ann.username}`))?.status()).toBe(404)).toPass();
});
