// Outages: pages report what is unavailable, everything else keeps working, and no input is lost.

import type { Page } from "@playwright/test";
import { EditorPage } from "../support/editor-page.ts";
import { without } from "../support/platform.ts";
import { comment, comments, eventually, menu, postComment } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("query is unavailable: pages report it, and writing continues", async ({ users, guard }) => {
  const ann = await users.create("Ann");
  const post = await ann.api.post({ title: "Read me", body: "If you can." });
  const [reader, plain] = [await users.visitor(), await users.visitor({ javaScriptEnabled: false })];
  guard.allow(/status of 50[0-9]/);
  await without("query", async () => {
    for (const path of ["/search?q=anything", "/p/never-asked-for-before", `/@${ann.username}`]) {
      const response = await plain.goto(path);
      expect(response?.status(), path).toBe(503);
      await expect(plain.getByRole("main"), path).toContainText(/temporarily unavailable/i);
      await expect(plain.getByRole("banner")).toBeVisible();
    }
    const editor = new EditorPage(ann.page);
    await ann.page.goto("/write");
    await expect(menu(ann.page, ann)).toBeVisible();
    await editor.write({ title: "Written meanwhile", body: `Nobody can read it yet, ${ann.username}.` });
    await editor.saved();
    await editor.button("Publish").click();
    await expect(ann.page.getByRole("heading", { level: 1 })).toBeVisible();
  });
  await reader.goto(`/p/${post.slug}`);
  await expect(reader.getByRole("heading", { level: 1, name: "Read me" })).toBeVisible();
  await expect(async () => {
    await reader.goto("/");
    await expect(reader.getByRole("main").getByRole("link", { name: "Written meanwhile" })).toBeVisible();
  }).toPass({ intervals: [100, 200, 400, 800] });
});

test("comments is unavailable: reading continues, and input is kept", async ({ users, guard }) => {
  const ann = await users.create("Ann");
  const bob = await users.create("Bob");
  const plain = await users.create("Eve", { javaScriptEnabled: false });
  const post = await ann.api.post({ title: "Resting", body: `The text is all here, ${ann.username}.` });
  await ann.api.comment(post, "Said before.");
  await eventuallyThere(bob.page, post.slug, "Said before.");
  await plain.page.goto(`/p/${post.slug}`);
  guard.allow(/status of 50[0-9]/);
  await without("comments", async () => {
    const reader = await users.visitor();
    expect((await reader.goto(`/p/${post.slug}`))?.status()).toBe(200);
    await expect(reader.getByRole("article").getByText("The text is all here").last()).toBeVisible();
    await expect(comment(reader, "Said before.")).toBeVisible();
    await postComment(bob.page, "Into the void?");
    const own = comment(bob.page, "Into the void?");
    await expect(own).toContainText("Not sent");
    await postComment(plain.page, "Plainly lost?");
    await expect(plain.page.getByRole("alert")).toBeVisible();
    await expect(plain.page.getByLabel("Your comment")).toHaveValue(/Plainly lost\?/);
  });
  // Nothing has to be typed again: the comment is retried at growing intervals, and when the network is back.
  await bob.page.evaluate(() => window.dispatchEvent(new Event("online")));
  await expect(comment(bob.page, "Into the void?")).not.toContainText(/Not sent|Sending/, { timeout: 120_000 });
  await plain.page.getByRole("button", { name: "Post comment" }).click();
  await eventually(plain.page, async () => {
    await expect(comment(plain.page, "Into the void?")).toHaveCount(1);
    await expect(comment(plain.page, "Plainly lost?")).toHaveCount(1);
  });
});

test("auth is unavailable: users stay signed in, and the sign-in page reports it", async ({ users, guard }) => {
  const ann = await users.create("Ann");
  const post = await ann.api.post({ title: "Still there", body: `Names stand in tokens, ${ann.username}.` });
  guard.allow(/status of 50[0-9]/);
  await without("auth", async () => {
    await ann.page.goto(`/p/${post.slug}`);
    await expect(menu(ann.page, ann)).toBeVisible();
    await postComment(ann.page, "Without accounts.");
    await expect(comment(ann.page, "Without accounts.")).not.toContainText(/Not sent|Sending/);
    const visitor = await users.visitor();
    await visitor.goto("/signin");
    await visitor.getByLabel("Username or e-mail address").fill(ann.username);
    await visitor.getByLabel("Password").fill("whatever it was");
    await visitor.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await expect(visitor.getByRole("alert")).toContainText(/temporarily unavailable/);
    await expect(visitor.getByLabel("Username or e-mail address")).toHaveValue(ann.username);
  });
});

test("posts is unavailable: the text is kept in the browser and saved when it is back", async ({ users, guard }) => {
  const ann = await users.create("Ann");
  const editor = new EditorPage(ann.page);
  await ann.page.goto("/write");
  guard.allow(/status of 50[0-9]/);
  await without("posts", async () => {
    await editor.write({ title: "Patience", body: "Kept here." });
    await expect(editor.status).toContainText("cannot be reached");
  });
  // Returning to the page triggers saving.
  await ann.page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await editor.saved();
  await ann.page.reload();
  await expect(editor.body).toHaveText("Kept here.");
});

test("the bus is unavailable: writing continues", async ({ users }) => {
  const ann = await users.create("Ann");
  const reader = await users.visitor();
  await without("nats-server", async () => {
    const editor = new EditorPage(ann.page);
    await ann.page.goto("/write");
    await editor.write({ title: `Without a bus ${ann.username}`, body: "In the outbox." });
    await editor.saved();
    await ann.page.goto("/posts");
    await expect(
      ann.page
        .getByRole("main")
        .getByRole("link", { name: /Without a bus/ })
        .first(),
    ).toBeVisible();
    expect((await reader.goto("/"))?.status()).toBe(200);
  });
});

test("the stream of live updates breaks: it reconnects, and no comment is missing or duplicated", async ({
  users,
  guard,
}) => {
  const [ann, bob] = [await users.create("Ann"), await users.create("Bob")];
  const post = await ann.api.post({ title: "Live", body: "With a break." });
  const reader = await users.visitor();
  const stream = () =>
    reader.waitForResponse((response) => response.url().includes("/live") && response.status() === 200);
  const first = stream();
  await reader.goto(`/p/${post.slug}`);
  await comments(reader).scrollIntoViewIfNeeded();
  await first;
  await bob.api.comment(post, "Before the break.");
  await expect(comment(reader, "Before the break.")).toHaveCount(1);
  guard.allow(/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION|ERR_EMPTY_RESPONSE|status of 50[0-9]|ERR_NETWORK/);
  const again = stream();
  await without("query", async () => {
    await bob.api.comment(post, "During the break.");
  });
  await again;
  await expect(comment(reader, "During the break.")).toHaveCount(1);
  await bob.api.comment(post, "After the break.");
  await expect(comment(reader, "After the break.")).toHaveCount(1);
  for (const text of ["Before", "During", "After"]) await expect(comment(reader, `${text} the break.`)).toHaveCount(1);
  await expect(comments(reader).getByRole("heading", { name: "3 comments" })).toBeVisible();
});

async function eventuallyThere(page: Page, slug: string, text: string): Promise<void> {
  await page.goto(`/p/${slug}`);
  await eventually(page, () => expect(comment(page, text)).toBeVisible());
}
