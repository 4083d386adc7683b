import { expect, test } from "../support/test.ts";

test("the home page is there", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("main")).toBeVisible();
});
