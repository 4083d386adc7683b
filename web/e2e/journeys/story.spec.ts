// The life of a post, from signing up to deletion: with scripts, without scripts, and on a phone.

import type { Page } from "@playwright/test";
import { EditorPage } from "../support/editor-page.ts";
import { newCredentials } from "../support/users.ts";
import { comment, comments, eventually, postComment, signUp } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";
import { manyLinks } from "../support/sample.ts";

const first = "The *first* paragraph.\n\n## A heading\n\n```rust\nfn main() {}\n```\n";

for (const { how, script, width } of [
  { how: "with scripts", script: true, width: 1280 },
  { how: "without JavaScript", script: false, width: 1280 },
  { how: "360 pixels wide", script: true, width: 360 },
]) {
  test.describe(how, () => {
    test.use({ javaScriptEnabled: script, viewport: { width, height: 800 } });

    test("from sign-up to deletion", async ({ users, moderator, guard }) => {
      const ann = newCredentials("Ann");
      const author = await users.visitor();
      const title = `A post of ${ann.username}`;

      await test.step("sign up", () => signUp(author, ann));

      await test.step("write, with a preview", async () => {
        await author.getByRole("banner").getByRole("link", { name: "Write" }).click();
        const editor = new EditorPage(author);
        await editor.write({ title, body: first });
        await editor.tag("Ink", "e2e");
        // On wide screens the preview is open; otherwise a button opens it.
        if (!script || width < 1024) await editor.button("Preview").click();
        await expect(editor.preview.getByRole("heading", { name: "A heading" })).toBeVisible();
        await expect(editor.preview.locator("em")).toHaveText("first");
        if (script) {
          // Saved automatically, under its own address.
          await editor.saved();
          await expect(author).toHaveURL(/\/posts\/[-0-9a-f]{36}\/edit$/);
        }
      });

      await test.step("publish", async () => {
        await new EditorPage(author).button("Publish").click();
        await expect(author).toHaveURL(/\/p\//);
        await expect(author.getByRole("heading", { level: 1, name: title })).toBeVisible();
      });
      const address = author.url();

      const reader = await users.visitor();
      await test.step("read without an account", async () => {
        await reader.goto("/");
        await reader.getByRole("main").getByRole("link", { name: title }).click();
        await expect(reader.getByRole("article").getByText("The first paragraph.").last()).toBeVisible();
        await expect(reader.getByRole("article").getByRole("link", { name: "e2e" })).toBeVisible();
        await expect(reader.getByRole("link", { name: "Edit" })).toHaveCount(0);
        await expect(comments(reader).getByRole("link", { name: "Sign in" })).toBeVisible();
      });

      const bob = await users.create("Bob");
      await test.step("comment as another user", async () => {
        await bob.page.goto(address);
        await postComment(bob.page, "Nicely **said**.");
        await expect(comment(bob.page, "Nicely")).toBeVisible();
        await eventually(reader, () => expect(comment(reader, "Nicely said.")).toBeVisible());
        await expect(comments(reader).getByRole("heading", { name: "1 comment" })).toBeVisible();
      });

      await test.step("a pending comment", async () => {
        await postComment(bob.page, `Look: ${bob.username}\n\n${manyLinks}`);
        await expect(comment(bob.page, bob.username)).toContainText("Only you can see this");
        await reader.reload();
        await expect(comment(reader, "Nicely said.")).toBeVisible();
        await expect(comment(reader, bob.username)).toHaveCount(0);
      });

      await test.step("moderate", async () => {
        await decide(moderator.page, bob.username, "Approve");
        await eventually(reader, () => expect(comment(reader, bob.username)).toBeVisible());
      });

      await test.step("edit in two tabs", async () => {
        await author.getByRole("link", { name: "Edit", exact: true }).click();
        const one = new EditorPage(author);
        const two = new EditorPage(await author.context().newPage());
        await two.page.goto(author.url());
        await one.write({ body: "Said in one tab." });
        await one.button("Update").click();
        await expect(author.getByText(/^(Saved|Updated)/).first()).toBeVisible();
        // The other tab has the old version.
        guard.allow(/status of 412/);
        await two.write({ body: "Said in the other." });
        await two.button("Update").click();
        if (script) {
          const dialog = two.page.getByRole("dialog", { name: "This post has changed" });
          await dialog.getByRole("button", { name: "Show differences" }).click();
          await expect(two.page.getByRole("region", { name: "Differences" })).toContainText(/Said in .*tab/);
          await two.page.getByRole("button", { name: "Keep my version" }).click();
          await two.saved();
        } else {
          await expect(two.page.getByText("This post was changed elsewhere while you were editing")).toBeVisible();
          await expect(two.page.locator(".diff del, .diff ins").first()).toBeVisible();
          await expect(two.body).toHaveValue(/Said in the other\./);
          await two.button("Update").click();
          await expect(two.page.getByText("Saved.")).toBeVisible();
        }
        await eventually(reader, () => expect(reader.getByText("Said in the other.")).toBeVisible());
        await two.page.close();
      });

      await test.step("delete", async () => {
        // An open page receives a live update and requests the comments of the deleted post.
        guard.allow(/status of 404 .*comments\?fragment/);
        await author.goto(author.url());
        await author.getByText("Delete this post").click();
        await author.getByRole("button", { name: "Delete permanently" }).click();
        const sure = author.getByRole("dialog").getByRole("button", { name: "Delete" });
        if (await sure.isVisible()) await sure.click();
        await expect(author).toHaveURL(/\/posts(\?|$)/);
        await expect(author.getByRole("main").getByRole("link", { name: title })).toHaveCount(0);
        // The slug is free again, so the response is 404 and not 410.
        const gone = async () => expect((await reader.goto(address))?.status()).toBe(404);
        await expect(gone).toPass({ intervals: [100, 200, 400] });
        await expect(reader.getByRole("heading", { level: 1 })).toBeVisible();
      });
    });
  });
}

async function decide(page: Page, text: string, decision: "Approve" | "Reject"): Promise<void> {
  const item = page.getByRole("main").getByRole("listitem").filter({ hasText: text });
  await page.goto("/moderation");
  await eventually(page, () => expect(item).toBeVisible());
  await item.getByRole("button", { name: decision }).click();
  await eventually(page, () => expect(item).toHaveCount(0));
}
