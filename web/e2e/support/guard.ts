// Watches every page of a test: errors in the browser (a violated content security policy, an uncaught exception, a missing
// file) fail the test.

import type { BrowserContext, ConsoleMessage } from "@playwright/test";

/** Chromium logs every response from 400 on, pages included. Tests check the status of pages themselves. */
const refusedPage =
  /^Failed to load resource: the server responded with a status of 4\d\d|^Failed to load resource: .* 50[03]/;
// Not the warning about an unused preloaded font: fonts are optional, and late ones are not used on purpose.
const seriousWarnings = /Content Security Policy|Deprecat/i;

export class Guard {
  readonly errors: string[] = [];
  readonly #allowed: RegExp[] = [];
  readonly #pages = new Set<string>();

  watch(context: BrowserContext): void {
    context.on("request", (request) => {
      if (request.isNavigationRequest()) this.#pages.add(request.url());
    });
    context.on("console", (message) => this.#onConsole(message));
    context.on("weberror", (error) => this.#record(`exception: ${error.error().stack ?? error.error().message}`));
  }

  /** Allows errors that the test causes on purpose. */
  allow(...expected: RegExp[]): void {
    this.#allowed.push(...expected);
  }

  #onConsole(message: ConsoleMessage): void {
    // Pictures in posts are on other sites, which may be unreachable.
    if (message.location().url.startsWith("https://example.org/")) return;
    const serious =
      message.type() === "error" || (message.type() === "warning" && seriousWarnings.test(message.text()));
    if (!serious) return;
    const url = message.location().url;
    if (refusedPage.test(message.text()) && this.#pages.has(url)) return;
    this.#record(`${message.type()}: ${message.text()} (${url})`);
  }

  #record(error: string): void {
    if (!this.#allowed.some((expected) => expected.test(error))) this.errors.push(error);
  }
}
