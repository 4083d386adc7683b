// The preview, rendered by the same code as the published post.

import { startCode } from "../lib/code";
import { element } from "../lib/dom";
import { type ApiResult, send } from "../lib/http";

interface Rendered {
  html: string;
  words: number;
  reading_minutes: number;
  /** What readers do not see as it was written. */
  left_out: { line: number; explanation: string }[];
}

/** Milliseconds after the last change. */
const DELAY = 350;

export interface Count {
  words: number;
  minutes: number;
}

export class Preview {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;
  #shown: string | null = null;

  constructor(
    private readonly place: HTMLElement,
    private readonly text: () => string,
    private readonly counted: (count: Count) => void,
    private readonly render = (body: string, signal: AbortSignal): Promise<ApiResult<Rendered>> =>
      send("/write/preview", { method: "POST", json: { body }, signal }),
  ) {}

  /** Schedules a refresh after a change. */
  changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), DELAY);
  }

  /** Renders the current text; a request for an older text is aborted. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const body = this.text();
    if (body === this.#shown) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const result = await this.render(body, request.signal);
    if (request.signal.aborted) return;
    const note = this.place.parentElement?.querySelector<HTMLElement>("[data-role=preview-note]");
    if (note) note.hidden = result.kind === "done";
    // Keep the outdated preview; the note marks it as outdated.
    if (result.kind !== "done") return;
    this.#shown = body;
    this.place.innerHTML = result.data.html;
    this.#showLeftOut(result.data.left_out);
    startCode(this.place.parentElement ?? document);
    this.counted({ words: result.data.words, minutes: result.data.reading_minutes });
  }

  #showLeftOut(parts: Rendered["left_out"]): void {
    this.place.parentElement?.querySelector(".left-out")?.remove();
    if (!parts.length) return;
    const items = parts.map(({ line, explanation }) => element("li", {}, `Line ${line}: ${explanation}`));
    const list = element("ul", { className: "hint left-out" }, ...items);
    list.setAttribute("aria-label", "Left out");
    this.place.before(list);
  }
}

/** The number of words, without a request. */
export function countWords(text: string, language = "en"): number {
  let words = 0;
  for (const { isWordLike } of new Intl.Segmenter(language, { granularity: "word" }).segment(text)) {
    if (isWordLike) words += 1;
  }
  return words;
}
