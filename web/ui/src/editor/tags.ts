// Tags as chips over the plain field of the form, with suggestions of existing tags (the combobox pattern of WAI-ARIA).

import { element } from "../lib/dom";
import { send } from "../lib/http";
import { fold, parseTags } from "./post";

interface Suggestions {
  items: { tag: string; posts: number }[];
}

/** Milliseconds after the last key. */
const DELAY = 150;
const MAX_TAGS = 10;
const MAX_SUGGESTIONS = 8;

export class Tags {
  #tags: string[];
  readonly #chips = element("ul", { className: "tags" });
  readonly #input: HTMLInputElement;
  readonly #list: HTMLUListElement;
  #options: string[] = [];
  #active = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  constructor(
    private readonly field: HTMLInputElement,
    private readonly changed: () => void,
  ) {
    this.#tags = parseTags(field.value);
    this.#input = element("input", { type: "text", id: `${field.id}-input`, autocomplete: "off" });
    this.#list = element("ul", { className: "options", id: `${field.id}-options`, hidden: true });
    this.#build();
    this.#show();
  }

  get value(): string[] {
    return [...this.#tags];
  }

  set value(tags: string[]) {
    this.#tags = [...tags];
    this.#show();
  }

  /** Adds the text of the input as a tag. */
  commit(): void {
    if (this.#input.value.trim()) this.#add(this.#input.value);
  }

  #build(): void {
    const { field } = this;
    const label = field.labels?.[0];
    if (label) label.htmlFor = this.#input.id;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", "Suggested tags");
    const described = field.getAttribute("aria-describedby");
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.#list.id,
      ...(described ? { "aria-describedby": described } : {}),
      ...(field.getAttribute("aria-invalid") ? { "aria-invalid": "true" } : {}),
    })) {
      this.#input.setAttribute(name, value);
    }
    this.#chips.setAttribute("aria-label", "Selected tags");
    field.type = "hidden";
    field.after(element("div", { className: "chips" }, this.#chips, this.#input, this.#list));
    this.#input.addEventListener("input", () => this.#onInput());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => {
      this.commit();
      this.#close();
    });
    // Otherwise the input would lose the focus and close the list before the click.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=option]") : null;
      if (option?.dataset["tag"]) this.#add(option.dataset["tag"]);
    });
  }

  #key(event: KeyboardEvent): void {
    const { value } = this.#input;
    const open = !this.#list.hidden;
    if (event.key === "," || event.key === "Enter") {
      const chosen = open ? this.#options[this.#active] : undefined;
      if (chosen === undefined && value.trim() === "") return;
      event.preventDefault();
      this.#add(chosen ?? value);
    } else if (event.key === "Backspace" && value === "" && this.#tags.length) {
      this.#remove(this.#tags.length - 1);
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const count = this.#options.length;
      const step = event.key === "ArrowDown" ? 1 : count - 1;
      this.#mark(this.#active < 0 && event.key === "ArrowUp" ? count - 1 : (this.#active + step) % count);
    } else if (open && event.key === "Escape") {
      event.stopPropagation();
      this.#close();
    }
  }

  #onInput(): void {
    if (this.#input.value.includes(",")) {
      this.#add(this.#input.value);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#suggest(), DELAY);
  }

  async #suggest(): Promise<void> {
    this.#request?.abort();
    const prefix = this.#input.value.trim();
    if (!prefix) {
      this.#close();
      return;
    }
    const request = new AbortController();
    this.#request = request;
    const query = new URLSearchParams({ prefix, limit: String(MAX_SUGGESTIONS) });
    const result = await send<Suggestions>(`/api/query/tags?${query}`, { signal: request.signal });
    if (request.signal.aborted || result.kind !== "done") return;
    const chosen = new Set(this.#tags.map(fold));
    this.#open(result.data.items.filter(({ tag }) => !chosen.has(fold(tag))));
  }

  #open(items: Suggestions["items"]): void {
    this.#options = items.map(({ tag }) => tag);
    this.#active = -1;
    this.#list.replaceChildren(
      ...items.map(({ tag, posts }, at) => {
        const option = element(
          "li",
          { id: `${this.#list.id}-${at}`, role: "option", ariaSelected: "false" },
          element("bdi", {}, tag),
          element("span", { className: "count" }, String(posts)),
        );
        option.dataset["tag"] = tag;
        return option;
      }),
    );
    this.#list.hidden = items.length === 0;
    this.#input.setAttribute("aria-expanded", String(items.length > 0));
    this.#input.removeAttribute("aria-activedescendant");
  }

  #mark(at: number): void {
    this.#active = at;
    for (const [index, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(index === at));
    }
    this.#input.setAttribute("aria-activedescendant", `${this.#list.id}-${at}`);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#open([]);
  }

  #add(text: string): void {
    this.#tags = parseTags([...this.#tags, text].join(",")).slice(0, MAX_TAGS);
    this.#input.value = "";
    this.#close();
    this.#show();
    this.changed();
  }

  #remove(at: number): void {
    this.#tags.splice(at, 1);
    this.#show();
    this.changed();
    this.#input.focus();
  }

  #show(): void {
    this.field.value = this.#tags.join(", ");
    this.#chips.replaceChildren(
      ...this.#tags.map((tag, at) => {
        const button = element("button", { type: "button", ariaLabel: `Remove ${tag}` }, "×");
        button.addEventListener("click", () => this.#remove(at));
        return element("li", { className: "tag chip" }, element("bdi", {}, tag), button);
      }),
    );
    this.#chips.hidden = this.#tags.length === 0;
  }
}
