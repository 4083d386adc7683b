// Watches every page of a test: whatever the browser complains about (a violated content security policy, an
// exception nobody caught, a file that is not there) fails the test that saw it.

import type { BrowserContext, ConsoleMessage } from "@playwright/test";

/** Chromium says so of every answer from 400 on, pages included. A page's status is its test's own concern. */
const refusedPage =
  /^Failed to load resource: the server responded with a status of 4\d\d|^Failed to load resource: .* 50[03]/;
// Not the one of a preloaded font that is not used: faces are optional, and one that comes late stays out on purpose.
const seriousWarnings = /Content Security Policy|Deprecat/i;

export class Guard {
  readonly complaints: string[] = [];
  readonly #allowed: RegExp[] = [];
  readonly #pages = new Set<string>();

  watch(context: BrowserContext): void {
    context.on("request", (request) => {
      if (request.isNavigationRequest()) this.#pages.add(request.url());
    });
    context.on("console", (message) => this.#hear(message));
    context.on("weberror", (error) => this.#note(`exception: ${error.error().stack ?? error.error().message}`));
  }

  /** For tests that bring a refusal about: the answer to a script's request that is meant to fail. */
  allow(...expected: RegExp[]): void {
    this.#allowed.push(...expected);
  }

  #hear(message: ConsoleMessage): void {
    // Pictures in posts are on other people's sites, and those need not be reachable from here.
    if (message.location().url.startsWith("https://example.org/")) return;
    const serious =
      message.type() === "error" || (message.type() === "warning" && seriousWarnings.test(message.text()));
    if (!serious) return;
    const url = message.location().url;
    if (refusedPage.test(message.text()) && this.#pages.has(url)) return;
    this.#note(`${message.type()}: ${message.text()} (${url})`);
  }

  #note(complaint: string): void {
    if (!this.#allowed.some((expected) => expected.test(complaint))) this.complaints.push(complaint);
  }
}
