// Ways through the site without an account.

import { expect, test } from "../support/test.ts";

test("from a tag to its posts and on to the author", async ({ page, world }) => {
  await page.goto(`/p/${world.rich.slug}`);
  await page.getByRole("article").getByRole("link", { name: world.tag }).click();
  await expect(page).toHaveURL(`/tags/${world.tag}`);
  await page.getByRole("main").getByRole("link", { name: "One sentence" }).click();
  await page.getByRole("article").getByRole("link", { name: "Ada Example" }).first().click();
  await expect(page).toHaveURL(`/@${world.author.username}`);
  await expect(page.getByRole("heading", { level: 1, name: "Ada Example" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Writes about what is written down");
});

test("the search finds by words of the title", async ({ page, world }) => {
  await page.goto("/");
  await page.getByRole("searchbox", { name: "Search" }).first().fill("outbox document");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main").getByRole("link", { name: world.rich.title }).first()).toBeVisible();
});

test("a former address leads to the present one, for good", async ({ people }) => {
  const ann = await people.member("Ann");
  const before = await ann.api.post({ title: `Before ${ann.username}`, body: "It moves." });
  await ann.api.edit(before, { title: `After ${ann.username}` });
  const reader = await people.visitor();
  const response = await reader.goto(`/p/${before.slug}`);
  expect(await (await response?.request().redirectedFrom()?.response())?.status()).toBe(301);
  await expect(reader).toHaveURL(/\/p\/after-/);
});

test("the archive leads to the post of a month", async ({ page, world }) => {
  await page.goto("/archive");
  const [year, month] = world.month.split("/");
  await page.getByRole("main").locator(`a[href="/archive/${year}/${month}"]`).first().click();
  await expect(page.getByRole("main").getByRole("link", { name: world.rich.title }).first()).toBeVisible();
});

test("code can be copied", async ({ people, world }) => {
  const page = await people.visitor({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(`/p/${world.rich.slug}`);
  await page.getByRole("article").getByRole("button", { name: "Copy code" }).first().click();
  await expect(page.getByRole("article").getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("async fn relay_once");
});

for (const javaScriptEnabled of [true, false]) {
  test(`the chosen colours stay, ${javaScriptEnabled ? "with" : "without"} scripts`, async ({ people }) => {
    const page = await people.visitor({ javaScriptEnabled, colorScheme: "light" });
    await page.goto("/");
    const paper = () => page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
    const light = await paper();
    const saved = page.waitForResponse((answer) => answer.url().endsWith("/theme"));
    await page.getByRole("contentinfo").getByRole("button", { name: "Dark" }).click();
    await saved;
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect.poll(paper).not.toBe(light);
    const response = await page.goto("/tags");
    // In the page as it comes: nothing flashes.
    expect(await response?.text()).toContain('data-theme="dark"');
    await expect(page.getByRole("contentinfo").getByRole("button", { name: "Dark" })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
  });
}

for (const javaScriptEnabled of [true, false]) {
  test(`follow and like, ${javaScriptEnabled ? "with" : "without"} scripts`, async ({ people }) => {
    const [ann, bob] = [await people.member("Ann"), await people.member("Bob", { javaScriptEnabled })];
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
