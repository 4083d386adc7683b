// The editor page, with the editor or, without scripts, as a plain form.

import { expect, type Locator, type Page } from "@playwright/test";

export class EditorPage {
  readonly page: Page;
  readonly title: Locator;
  readonly body: Locator;
  readonly preview: Locator;
  readonly status: Locator;

  constructor(page: Page) {
    this.page = page;
    this.title = page.getByRole("textbox", { name: "Title" });
    this.body = page.getByRole("textbox", { name: "Text (Markdown)" });
    this.preview = page.getByRole("region", { name: "Preview" });
    this.status = page.locator("[data-role=save-status]");
  }

  button(name: string): Locator {
    return this.page.getByRole("main").getByRole("button", { name, exact: true });
  }

  /** Replaces title and text. Types with the keyboard, since the field may be a text area or the editor. */
  async write(text: { title?: string; body?: string }): Promise<void> {
    if (text.title !== undefined) await this.title.fill(text.title);
    if (text.body !== undefined) {
      await this.body.focus();
      await this.page.keyboard.press("ControlOrMeta+a");
      await this.page.keyboard.insertText(text.body);
    }
  }

  /** Types tags; with scripts each becomes a chip at the comma. */
  async tag(...tags: string[]): Promise<void> {
    await this.page.getByText("Tags, summary, cover").click();
    await this.page.getByLabel(/^Tags( \(|$)/).focus();
    await this.page.keyboard.type(`${tags.join(",")},`);
  }

  /** Waits until the text is saved. */
  async saved(): Promise<void> {
    await expect(this.status).toHaveText(/\bSaved$/);
  }
}
