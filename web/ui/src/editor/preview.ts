// The preview: what readers will see, by the renderer that makes it for them.

import { startCode } from "../lib/code";
import { type ApiResult, send } from "../lib/http";

interface Rendered {
  html: string;
  words: number;
  reading_minutes: number;
}

/** Milliseconds after the last key. */
const PAUSE = 350;

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
    private readonly ask = (body: string, signal: AbortSignal): Promise<ApiResult<Rendered>> =>
      send("/api/query/preview", { method: "POST", json: { body }, signal }),
  ) {}

  /** Something was typed. */
  changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), PAUSE);
  }

  /** Renders what is written now; an answer about an older text is given up. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const body = this.text();
    if (body === this.#shown) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const answer = await this.ask(body, request.signal);
    if (request.signal.aborted) return;
    const note = this.place.parentElement?.querySelector<HTMLElement>("[data-role=preview-note]");
    if (note) note.hidden = answer.kind === "done";
    // An old preview is better than none; the note says that it is old.
    if (answer.kind !== "done") return;
    this.#shown = body;
    this.place.innerHTML = answer.data.html;
    startCode(this.place.parentElement ?? document);
    this.counted({ words: answer.data.words, minutes: answer.data.reading_minutes });
  }
}

/** Words that a reader would count, without waiting for the server. */
export function countWords(text: string, language = "en"): number {
  let words = 0;
  for (const { isWordLike } of new Intl.Segmenter(language, { granularity: "word" }).segment(text)) {
    if (isWordLike) words += 1;
  }
  return words;
}
