// The comments section: loads its current HTML from the server and merges it into the page.

import { startCode } from "../lib/code";
import { element } from "../lib/dom";
import { startTimes } from "../lib/time";
import { mergeComments } from "./merge";

/** Milliseconds for which a new comment is highlighted. */
const HIGHLIGHT = 3000;
const TIMEOUT = 10_000;

export class Section {
  readonly post: string;
  readonly #fragment: string | undefined;
  #running = false;
  #pending = false;

  constructor(readonly root: HTMLElement) {
    this.post = root.dataset["postId"] ?? "";
    this.#fragment = root.dataset["fragment"];
  }

  /** The list of threads; created when missing. */
  get list(): HTMLOListElement {
    const there = this.root.querySelector<HTMLOListElement>(":scope > .comments");
    if (there) return there;
    const list = element("ol", { className: "comments" });
    this.root.querySelector(":scope > h2")?.after(list);
    return list;
  }

  find(id: string): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`li.comment[data-id="${CSS.escape(id)}"]`);
  }

  /** Loads the current comments. A call during a running request triggers one more request. */
  async refresh(): Promise<void> {
    this.#pending = true;
    if (this.#running || !this.#fragment) return;
    this.#running = true;
    while (this.#pending) {
      this.#pending = false;
      try {
        const response = await fetch(this.#fragment, { signal: AbortSignal.timeout(TIMEOUT), cache: "no-cache" });
        if (response.ok && !response.redirected) this.show(await response.text());
      } catch {
        // Keep the shown comments; the next update tries again.
      }
    }
    this.#running = false;
  }

  show(html: string): void {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = document.importNode(page.body, true);
    // Without a list the comments are unavailable: keep the shown ones.
    const list = fresh.querySelector<HTMLOListElement>(".comments");
    const { arrived } = list ? mergeComments(this.list, list) : { arrived: [] };
    this.#updateSurroundings(fresh);
    for (const comment of arrived) {
      if ("own" in comment.dataset) continue;
      comment.classList.add("new");
      setTimeout(() => comment.classList.remove("new"), HIGHLIGHT);
    }
    startTimes(this.root);
    startCode(this.root);
  }

  /** Updates the title with its count, and the elements around the list. */
  #updateSurroundings(fresh: HTMLElement): void {
    const [title, now] = [this.root.querySelector(":scope > h2"), fresh.querySelector("h2")];
    if (title && now && title.textContent !== now.textContent) title.textContent = now.textContent;
    const isSurrounding = (node: Element) => !node.matches("h2, .comments, form, [data-client], [data-island]");
    for (const child of [...this.root.children].filter(isSurrounding)) child.remove();
    let last: Element = this.list;
    for (const child of [...fresh.children].filter(isSurrounding)) {
      last.after(child);
      last = child;
    }
  }
}
