// Reading without an account.

import { expect, test } from "../support/test.ts";

test("from a tag to its posts and to the author", async ({ page, sample }) => {
  await page.goto(`/p/${sample.rich.slug}`);
  await page.getByRole("article").getByRole("link", { name: sample.tag }).click();
  await expect(page).toHaveURL(`/tags/${sample.tag}`);
  await page.getByRole("main").getByRole("link", { name: "One sentence" }).click();
  await page.getByRole("article").getByRole("link", { name: "Ada Example" }).first().click();
  await expect(page).toHaveURL(`/@${sample.author.username}`);
  await expect(page.getByRole("heading", { level: 1, name: "Ada Example" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Writes about what is written down");
});

test("the search finds words of the title", async ({ page, sample }) => {
  await page.goto("/");
  await page.getByRole("searchbox", { name: "Search" }).first().fill("outbox document");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main").getByRole("link", { name: sample.rich.title }).first()).toBeVisible();
});

test("a former address redirects permanently", async ({ users }) => {
  const ann = await users.create("Ann");
  const before = await ann.api.post({ title: `Before ${ann.username}`, body: "It moves." });
  await ann.api.edit(before, { title: `After ${ann.username}` });
  const reader = await users.visitor();
  const response = await reader.goto(`/p/${before.slug}`);
  expect(await (await response?.request().redirectedFrom()?.response())?.status()).toBe(301);
  await expect(reader).toHaveURL(/\/p\/after-/);
});

test("the archive leads to the post of a month", async ({ page, sample }) => {
  await page.goto("/archive");
  const [year, month] = sample.month.split("/");
  await page.getByRole("main").locator(`a[href="/archive/${year}/${month}"]`).first().click();
  await expect(page.getByRole("main").getByRole("link", { name: sample.rich.title }).first()).toBeVisible();
});

test("text in scripts without italics is not slanted", async ({ page, sample }) => {
  await page.goto(`/p/${sample.rich.slug}`);
  const emphasis = page.getByRole("article").locator(".prose em").first();
  await expect(emphasis).toHaveCSS("font-style", "italic");
  await expect(emphasis).toHaveCSS("font-synthesis-style", "none");
});

test("code can be copied", async ({ users, sample }) => {
  const page = await users.visitor({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(`/p/${sample.rich.slug}`);
  await page.getByRole("article").getByRole("button", { name: "Copy code" }).first().click();
  await expect(page.getByRole("article").getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("async fn relay_once");
});

for (const javaScriptEnabled of [true, false]) {
  test(`the colour scheme is kept, ${javaScriptEnabled ? "with" : "without"} scripts`, async ({ users }) => {
    const page = await users.visitor({ javaScriptEnabled, colorScheme: "light" });
    await page.goto("/");
    const paper = () => page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
    const light = await paper();
    const saved = page.waitForResponse((response) => response.url().endsWith("/theme"));
    await page.getByRole("contentinfo").getByRole("button", { name: "Dark" }).click();
    await saved;
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect.poll(paper).not.toBe(light);
    const response = await page.goto("/tags");
    // The server renders it, so that nothing flashes.
    expect(await response?.text()).toContain('data-theme="dark"');
    await expect(page.getByRole("contentinfo").getByRole("button", { name: "Dark" })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
  });
}

for (const javaScriptEnabled of [true, false]) {
  test(`follow and like, ${javaScriptEnabled ? "with" : "without"} scripts`, async ({ users }) => {
    const [ann, bob] = [await users.create("Ann"), await users.create("Bob", { javaScriptEnabled })];
    const post = await ann.api.post({ title: `By ${ann.username}`, body: "Like it or not." });
    const { page } = bob;
    await page.goto(`/p/${post.slug}`);
    const like = page.getByRole("article").getByRole("button", { name: /^Like/ });
    await like.click();
    await expect(like).toHaveAttribute("aria-pressed", "true");
    await expect(like).toContainText("1");
    await page.getByRole("article").getByRole("button", { name: "Follow" }).click();
    await expect(page.getByRole("article").getByRole("button", { name: "Following" })).toBeVisible();
    await expect(async () => {
      await page.goto("/following");
      await expect(page.getByRole("main").getByRole("link", { name: post.title })).toBeVisible();
    }).toPass({ intervals: [100, 200, 400] });
    await page.goto(`/p/${post.slug}`);
    await expect(like).toHaveAttribute("aria-pressed", "true");
    await like.click();
    await expect(like).toHaveAttribute("aria-pressed", "false");
  });
}
