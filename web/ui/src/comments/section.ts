// The section of comments as a whole: asks the server for its present HTML and puts it into the page.

import { startCode } from "../lib/code";
import { element } from "../lib/dom";
import { startTimes } from "../lib/time";
import { mergeComments } from "./merge";

/** How long a comment that has just arrived stands out, in milliseconds. */
const FRESH = 3000;
const TIMEOUT = 10_000;

export class Section {
  readonly post: string;
  readonly #fragment: string | undefined;
  #running = false;
  #again = false;

  constructor(readonly root: HTMLElement) {
    this.post = root.dataset["postId"] ?? "";
    this.#fragment = root.dataset["fragment"];
  }

  /** The list of threads, made when there is none yet. */
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

  /** Shows what the server has now. Asked during an answer, it asks once more afterwards. */
  async refresh(): Promise<void> {
    this.#again = true;
    if (this.#running || !this.#fragment) return;
    this.#running = true;
    while (this.#again) {
      this.#again = false;
      try {
        const answer = await fetch(this.#fragment, { signal: AbortSignal.timeout(TIMEOUT), cache: "no-cache" });
        if (answer.ok && !answer.redirected) this.show(await answer.text());
      } catch {
        // What is shown stays; the next news tries again.
      }
    }
    this.#running = false;
  }

  show(html: string): void {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = document.importNode(page.body, true);
    // Without a list the comments are resting; what is shown stays.
    const list = fresh.querySelector<HTMLOListElement>(".comments");
    const { arrived } = list ? mergeComments(this.list, list) : { arrived: [] };
    this.#showRest(fresh);
    for (const comment of arrived) {
      if ("own" in comment.dataset) continue;
      comment.classList.add("fresh");
      setTimeout(() => comment.classList.remove("fresh"), FRESH);
    }
    startTimes(this.root);
    startCode(this.root);
  }

  /** The title with its count, and what stands around the list. */
  #showRest(fresh: HTMLElement): void {
    const [title, now] = [this.root.querySelector(":scope > h2"), fresh.querySelector("h2")];
    if (title && now && title.textContent !== now.textContent) title.textContent = now.textContent;
    const isRest = (node: Element) => !node.matches("h2, .comments, form, [data-client], [data-island]");
    for (const child of [...this.root.children].filter(isRest)) child.remove();
    let last: Element = this.list;
    for (const child of [...fresh.children].filter(isRest)) {
      last.after(child);
      last = child;
    }
  }
}
