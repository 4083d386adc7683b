// Saves what is written, some seconds after the last key, one request at a time. It holds no part of a page, so that
// every way it can go is tested.
//
// What was typed is never lost to a refusal or a silence: the text stays in the editor and in the browser's storage,
// and is sent again.

import type { ApiResult } from "../lib/http";
import { isSame, type Source, type Stored, type Text } from "./post";

/** Milliseconds. */
export const PAUSE = 2_500;
/** Whoever types without a pause is saved as often as this. */
export const LONGEST = 15_000;
const RETRY = 5_000;
const LONGEST_RETRY = 60_000;

export type State =
  | { is: "saved"; at: number | null }
  | { is: "unsaved" }
  | { is: "saving" }
  /** Kept in the browser, for a reason that is no fault. */
  | { is: "kept"; why: "untitled" | "asked" }
  | { is: "unavailable" }
  | { is: "signed-out" }
  | { is: "refused"; words: string }
  | { is: "conflict"; version: number | null };

export interface Service {
  create(text: Text, key: string): Promise<ApiResult<Source>>;
  change(id: string, text: Text, version: number): Promise<ApiResult<Source>>;
  errorMessage(answer: Exclude<ApiResult<Source>, { kind: "done" }>): string;
}

export interface Options {
  service: Service;
  /** What is written now. */
  text: () => Text;
  /** The post as the page was made with it; none yet for a new one. */
  stored: Stored | null;
  saved: Text;
  /** Or only when the author says so, as with published posts. */
  automatic: boolean;
  key: string;
  show: (state: State) => void;
  /** Called after each success. */
  onSaved: (stored: Stored, text: Text) => void;
  now?: () => number;
}

export class Saver {
  stored: Stored | null;
  /** What the service is known to have. */
  saved: Text;
  #state: State = { is: "saved", at: null };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstChange: number | null = null;
  #running: Promise<boolean> | null = null;
  #failures = 0;
  /** What the post is being created with. Nobody knows whether an unanswered attempt did it, so it is repeated as it was. */
  #creation: Text | null = null;
  readonly #now: () => number;

  constructor(private readonly options: Options) {
    this.stored = options.stored;
    this.saved = options.saved;
    this.#now = options.now ?? Date.now;
  }

  get state(): State {
    return this.#state;
  }

  get isDirty(): boolean {
    return !isSame(this.options.text(), this.saved);
  }

  /** Something was typed. */
  changed(): void {
    if (this.#state.is === "conflict") return;
    if (!this.isDirty) {
      this.#rest();
      return;
    }
    if (!this.options.automatic) this.#show({ is: "kept", why: "asked" });
    else if (this.options.text().title.trim() === "") this.#show({ is: "kept", why: "untitled" });
    else {
      if (this.#state.is !== "unavailable" && this.#state.is !== "saving") this.#show({ is: "unsaved" });
      this.#firstChange ??= this.#now();
      const latest = this.#firstChange + LONGEST - this.#now();
      this.#in(Math.max(Math.min(PAUSE, latest), 0));
    }
  }

  /** Saves now what is unsaved. Whether the service then has what is written. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.isDirty || this.#running) {
      if (this.#running) {
        if (!(await this.#running)) return false;
      } else if (this.#state.is === "conflict" || !(await this.#save())) return false;
    }
    return true;
  }

  /** There is a network again, or somebody signed in again. */
  retry(): void {
    if (this.#state.is !== "unavailable" && this.#state.is !== "signed-out") return;
    this.#failures = 0;
    this.#in(0);
  }

  /** The conflict is settled: the service has `text` as `version`, and what is written goes on from there. */
  settle(version: number, text: Text): void {
    if (this.stored) this.stored = { ...this.stored, version };
    this.saved = text;
    this.#rest();
    this.changed();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#firstChange = null;
    if (!this.#running) this.#show({ is: "saved", at: this.#state.is === "saved" ? this.#state.at : null });
  }

  #in(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), wait);
  }

  #save(): Promise<boolean> {
    this.#running = this.#send().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #send(): Promise<boolean> {
    const text = this.#creation ?? this.options.text();
    this.#firstChange = null;
    this.#show({ is: "saving" });
    const { service, key } = this.options;
    if (!this.stored) this.#creation = text;
    const answer = await (this.stored
      ? service.change(this.stored.id, text, this.stored.version)
      : service.create(text, key));
    if (answer.kind === "done" || answer.kind === "refused") this.#creation = null;
    if (answer.kind === "done") {
      this.#failures = 0;
      this.stored = { id: answer.data.id, version: answer.data.version };
      this.saved = text;
      this.#show(this.isDirty ? { is: "unsaved" } : { is: "saved", at: this.#now() });
      this.options.onSaved(this.stored, text);
      this.changed();
      return true;
    }
    this.#failed(answer);
    return false;
  }

  #failed(answer: Exclude<ApiResult<Source>, { kind: "done" }>): void {
    if (answer.kind === "refused") {
      if (answer.status === 412) this.#show({ is: "conflict", version: answer.version });
      else if (answer.status === 401) this.#show({ is: "signed-out" });
      else if (answer.status === 429 || answer.status === 503) this.#later();
      else this.#show({ is: "refused", words: this.options.service.errorMessage(answer) });
      return;
    }
    this.#later();
  }

  /** Nobody answers: again in a while, and ever more slowly. */
  #later(): void {
    this.#show({ is: "unavailable" });
    this.#in(Math.min(RETRY * 2 ** this.#failures, LONGEST_RETRY));
    this.#failures += 1;
  }

  #show(state: State): void {
    this.#state = state;
    this.options.show(state);
  }
}
