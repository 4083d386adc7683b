// Comments, for their authors and for other readers.

import { comment, comments, postComment } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";
import { manyLinks } from "../support/sample.ts";

test("a new comment and the count appear without a reload", async ({ users }) => {
  const [ann, bob] = [await users.create("Ann"), await users.create("Bob")];
  const post = await ann.api.post({ title: "Live", body: "Wait for it." });
  const reader = await users.visitor();
  const listening = reader.waitForResponse((response) => response.url().includes("/api/query/live"));
  await reader.goto(`/p/${post.slug}`);
  await comments(reader).scrollIntoViewIfNeeded();
  await listening;
  await bob.api.comment(post, "Here I am.");
  await expect(comment(reader, "Here I am.")).toHaveCount(1);
  await expect(comments(reader).getByRole("heading", { name: "1 comment" })).toBeVisible();
});

test("reply, edit and delete without a page load", async ({ users }) => {
  const [ann, bob] = [await users.create("Ann"), await users.create("Bob")];
  const post = await ann.api.post({ title: "Talk", body: "Say something." });
  await ann.api.approved(post, "Who is there?");
  await bob.page.goto(`/p/${post.slug}`);
  await bob.page.evaluate(() => document.body.setAttribute("data-same-page", ""));
  const question = comment(bob.page, "Who is there?");
  await question.getByRole("link", { name: "Reply" }).click();
  await question.getByRole("textbox").fill("It is me.");
  await question.getByRole("button", { name: "Reply" }).click();
  const reply = comment(bob.page, "It is me.");
  await expect(reply).toBeVisible();
  await reply.getByRole("link", { name: "Edit" }).click();
  await reply.getByRole("textbox").fill("It is I.");
  await reply.getByRole("button", { name: /save/i }).click();
  const edited = comment(bob.page, "It is I.");
  await expect(edited).toBeVisible();
  await edited.getByRole("link", { name: "Delete" }).click();
  await bob.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(edited).toHaveCount(0);
  await expect(bob.page.locator("body[data-same-page]")).toHaveCount(1);
  await bob.page.reload();
  await expect(comment(bob.page, "It is I.")).toHaveCount(0);
  await expect(comment(bob.page, "Who is there?")).toBeVisible();
});

test("a rejected comment shows the reason to its author only", async ({ users, moderator }) => {
  test.setTimeout(360_000);
  const [ann, bob] = [await users.create("Ann"), await users.create("Bob")];
  const post = await ann.api.post({ title: "Rules", body: "There are some." });
  await bob.page.goto(`/p/${post.slug}`);
  await postComment(bob.page, `Buy ${bob.username}\n\n${manyLinks}`);
  await expect(comment(bob.page, bob.username)).toContainText("Pending");
  const item = moderator.page.getByRole("main").getByRole("listitem").filter({ hasText: bob.username });
  await expect(async () => {
    await moderator.page.goto("/moderation");
    await expect(item).toBeVisible();
  }).toPass({ intervals: [100, 200, 400, 800] });
  await item.getByLabel("Reason").selectOption("spam");
  await item.getByLabel(/Note to the author/).fill("Not here, please.");
  await item.getByRole("button", { name: "Reject" }).click();
  // The author's page polls by itself, at growing intervals.
  await expect(comment(bob.page, bob.username)).toContainText("Rejected", { timeout: 150_000 });
  await bob.page.goto("/comments");
  await expect(bob.page.getByRole("main")).toContainText("Not here, please.");
  await ann.page.goto(`/p/${post.slug}`);
  await expect(comments(ann.page)).toBeVisible();
  await expect(comment(ann.page, bob.username)).toHaveCount(0);
});

test("on a slow network a comment is shown immediately and posted once", async ({ users }) => {
  const [ann, bob] = [await users.create("Ann"), await users.create("Bob")];
  const post = await ann.api.post({ title: "Slow", body: "Like a letter." });
  let deliver = () => {};
  const delivery = new Promise<void>((resolve) => {
    deliver = resolve;
  });
  await bob.page.route("**/api/comments", async (route) => {
    await delivery;
    await route.continue();
  });
  await bob.page.goto(`/p/${post.slug}`);
  await expect(bob.page.getByRole("article").getByText("Like a letter.").last()).toBeVisible();
  await postComment(bob.page, "Once and only once.");
  await expect(comment(bob.page, "Once and only once.")).toContainText("Sending");
  // The field is empty, so a second click sends nothing.
  await bob.page.getByRole("button", { name: "Post comment" }).click();
  deliver();
  await expect(comment(bob.page, "Once and only once.")).not.toContainText("Sending");
  const reader = await users.visitor();
  await expect(async () => {
    await reader.goto(`/p/${post.slug}`);
    await expect(comment(reader, "Once and only once.")).toHaveCount(1);
  }).toPass({ intervals: [100, 200, 400] });
});
