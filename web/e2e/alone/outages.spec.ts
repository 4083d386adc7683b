// A part of the platform is away: pages say what rests, the others go on, and nothing that was typed is lost.

import type { Page } from "@playwright/test";
import { Desk } from "../support/desk.ts";
import { without } from "../support/platform.ts";
import { comment, comments, eventually, menu, say } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("the read side is away: pages say so, and writing goes on", async ({ people, guard }) => {
  const ann = await people.member("Ann");
  const post = await ann.api.post({ title: "Read me", body: "If you can." });
  const [reader, plain] = [await people.visitor(), await people.visitor({ javaScriptEnabled: false })];
  guard.allow(/status of 50[0-9]/);
  await without("query", async () => {
    for (const path of ["/search?q=anything", "/p/never-asked-for-before", `/@${ann.username}`]) {
      const response = await plain.goto(path);
      expect(response?.status(), path).toBe(503);
      await expect(plain.getByRole("main"), path).toContainText(/temporarily unavailable/i);
      await expect(plain.getByRole("banner")).toBeVisible();
    }
    const desk = new Desk(ann.page);
    await ann.page.goto("/write");
    await expect(menu(ann.page, ann)).toBeVisible();
    await desk.write({ title: "Written meanwhile", body: `Nobody can read it yet, ${ann.username}.` });
    await desk.saved();
    await desk.button("Publish").click();
    await expect(ann.page.getByRole("heading", { level: 1 })).toBeVisible();
  });
  await reader.goto(`/p/${post.slug}`);
  await expect(reader.getByRole("heading", { level: 1, name: "Read me" })).toBeVisible();
  await expect(async () => {
    await reader.goto("/");
    await expect(reader.getByRole("main").getByRole("link", { name: "Written meanwhile" })).toBeVisible();
  }).toPass({ intervals: [100, 200, 400, 800] });
});

test("comments are away: reading goes on, and what was typed stays", async ({ people, guard }) => {
  const ann = await people.member("Ann");
  const bob = await people.member("Bob");
  const plain = await people.member("Eve", { javaScriptEnabled: false });
  const post = await ann.api.post({ title: "Resting", body: `The text is all here, ${ann.username}.` });
  await ann.api.comment(post, "Said before.");
  await eventuallyThere(bob.page, post.slug, "Said before.");
  await plain.page.goto(`/p/${post.slug}`);
  guard.allow(/status of 50[0-9]/);
  await without("comments", async () => {
    const reader = await people.visitor();
    expect((await reader.goto(`/p/${post.slug}`))?.status()).toBe(200);
    await expect(reader.getByRole("article").getByText("The text is all here").last()).toBeVisible();
    await expect(comment(reader, "Said before.")).toBeVisible();
    await say(bob.page, "Into the void?");
    const own = comment(bob.page, "Into the void?");
    await expect(own).toContainText("Not sent");
    await say(plain.page, "Plainly lost?");
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

test("accounts are away: who is signed in stays so, and signing in says that it rests", async ({ people, guard }) => {
  const ann = await people.member("Ann");
  const post = await ann.api.post({ title: "Still there", body: `Names stand in tokens, ${ann.username}.` });
  guard.allow(/status of 50[0-9]/);
  await without("auth", async () => {
    await ann.page.goto(`/p/${post.slug}`);
    await expect(menu(ann.page, ann)).toBeVisible();
    await say(ann.page, "Without accounts.");
    await expect(comment(ann.page, "Without accounts.")).not.toContainText(/Not sent|Sending/);
    const visitor = await people.visitor();
    await visitor.goto("/signin");
    await visitor.getByLabel("Username or e-mail address").fill(ann.username);
    await visitor.getByLabel("Password").fill("whatever it was");
    await visitor.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await expect(visitor.getByRole("alert")).toContainText(/temporarily unavailable/);
    await expect(visitor.getByLabel("Username or e-mail address")).toHaveValue(ann.username);
  });
});

test("posts are away: the text is kept in the browser, and saved when they are back", async ({ people, guard }) => {
  const ann = await people.member("Ann");
  const desk = new Desk(ann.page);
  await ann.page.goto("/write");
  guard.allow(/status of 50[0-9]/);
  await without("posts", async () => {
    await desk.write({ title: "Patience", body: "Kept here." });
    await expect(desk.status).toContainText("cannot be reached");
  });
  // Who comes back to the page wants it saved.
  await ann.page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await desk.saved();
  await ann.page.reload();
  await expect(desk.body).toHaveText("Kept here.");
});

test("the bus is away: what was written is there, and arrives for readers when it is back", async ({ people }) => {
  const ann = await people.member("Ann");
  const reader = await people.visitor();
  await without("nats-server", async () => {
    const desk = new Desk(ann.page);
    await ann.page.goto("/write");
    await desk.write({ title: `Without a bus ${ann.username}`, body: "In the outbox." });
    await desk.saved();
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

test("the stream of news breaks: it is taken up again, nothing is missed and nothing doubled", async ({
  people,
  guard,
}) => {
  const [ann, bob] = [await people.member("Ann"), await people.member("Bob")];
  const post = await ann.api.post({ title: "Live", body: "With a break." });
  const reader = await people.visitor();
  const stream = () => reader.waitForResponse((answer) => answer.url().includes("/live") && answer.status() === 200);
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
