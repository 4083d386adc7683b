// The write page, in the hands of an author: with the editor, or as the plain form that it is without scripts.

import { expect, type Locator, type Page } from "@playwright/test";

export class Desk {
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

  /** In place of what is there. By the keyboard, as one does: the field may be a text area or an editor. */
  async write(text: { title?: string; body?: string }): Promise<void> {
    if (text.title !== undefined) await this.title.fill(text.title);
    if (text.body !== undefined) {
      await this.body.focus();
      await this.page.keyboard.press("ControlOrMeta+a");
      await this.page.keyboard.insertText(text.body);
    }
  }

  /** With a script each becomes a chip when the comma is typed, without it is a line of text. */
  async tag(...tags: string[]): Promise<void> {
    await this.page.getByText("Tags, summary, cover, schedule").click();
    await this.page.getByLabel(/^Tags( \(|$)/).focus();
    await this.page.keyboard.type(`${tags.join(",")},`);
  }

  /** The editor has saved what was written. */
  async saved(): Promise<void> {
    await expect(this.status).toHaveText(/\bSaved$/);
  }
}
