// Saves the text some seconds after the last change, one request at a time. It does not depend on the page, so that all
// its states are tested.
//
// An error never loses text: it stays in the editor and in the browser's storage, and saving is retried.

import type { ApiResult } from "../lib/http";
import { isSame, type Source, type Stored, type Text } from "./post";

/** Milliseconds. */
export const DELAY = 2_500;
/** Maximum delay while the author types without a pause. */
export const MAX_DELAY = 15_000;
const RETRY_DELAY = 5_000;
const MAX_RETRY_DELAY = 60_000;

export type State =
  | { is: "saved"; at: number | null }
  | { is: "unsaved" }
  | { is: "saving" }
  /** Only in the browser: the post has no title yet, or is saved only on request. */
  | { is: "kept"; why: "untitled" | "manual" }
  | { is: "unavailable" }
  | { is: "signed-out" }
  | { is: "refused"; message: string }
  | { is: "conflict"; version: number | null };

export interface Service {
  create(text: Text, key: string): Promise<ApiResult<Source>>;
  change(id: string, text: Text, version: number): Promise<ApiResult<Source>>;
  errorMessage(result: Exclude<ApiResult<Source>, { kind: "done" }>): string;
}

export interface Options {
  service: Service;
  /** The current text. */
  text: () => Text;
  /** The saved post; `null` for a new one. */
  stored: Stored | null;
  saved: Text;
  /** Whether to save without a request by the author; `false` for published posts. */
  automatic: boolean;
  key: string;
  show: (state: State) => void;
  /** Called after each success. */
  onSaved: (stored: Stored, text: Text) => void;
  now?: () => number;
}

export class Saver {
  stored: Stored | null;
  /** The text that the service has. */
  saved: Text;
  #state: State = { is: "saved", at: null };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstChange: number | null = null;
  #running: Promise<boolean> | null = null;
  #failures = 0;
  /** The text of a creation without a response, which may have succeeded: it is repeated unchanged. */
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

  /** Schedules saving after a change. */
  changed(): void {
    if (this.#state.is === "conflict") return;
    if (!this.isDirty) {
      this.#unchanged();
      return;
    }
    if (!this.options.automatic) this.#show({ is: "kept", why: "manual" });
    else if (this.options.text().title.trim() === "") this.#show({ is: "kept", why: "untitled" });
    else {
      if (this.#state.is !== "unavailable" && this.#state.is !== "saving") this.#show({ is: "unsaved" });
      this.#firstChange ??= this.#now();
      const latest = this.#firstChange + MAX_DELAY - this.#now();
      this.#schedule(Math.max(Math.min(DELAY, latest), 0));
    }
  }

  /** Saves unsaved changes now. Returns whether the service has the current text. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.isDirty || this.#running) {
      if (this.#running) {
        if (!(await this.#running)) return false;
      } else if (this.#state.is === "conflict" || !(await this.#save())) return false;
    }
    return true;
  }

  /** Retries, for example when the network is back or the user has signed in again. */
  retry(): void {
    if (this.#state.is !== "unavailable" && this.#state.is !== "signed-out") return;
    this.#failures = 0;
    this.#schedule(0);
  }

  /** Ends a conflict: the service has `text` as `version`, and the current text is based on it. */
  resolve(version: number, text: Text): void {
    if (this.stored) this.stored = { ...this.stored, version };
    this.saved = text;
    this.#unchanged();
    this.changed();
  }

  #unchanged(): void {
    clearTimeout(this.#timer);
    this.#firstChange = null;
    if (!this.#running) this.#show({ is: "saved", at: this.#state.is === "saved" ? this.#state.at : null });
  }

  #schedule(wait: number): void {
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
    const result = await (this.stored
      ? service.change(this.stored.id, text, this.stored.version)
      : service.create(text, key));
    if (result.kind === "done" || result.kind === "refused") this.#creation = null;
    if (result.kind === "done") {
      this.#failures = 0;
      this.stored = { id: result.data.id, version: result.data.version };
      this.saved = text;
      this.#show(this.isDirty ? { is: "unsaved" } : { is: "saved", at: this.#now() });
      this.options.onSaved(this.stored, text);
      this.changed();
      return true;
    }
    this.#failed(result);
    return false;
  }

  #failed(result: Exclude<ApiResult<Source>, { kind: "done" }>): void {
    if (result.kind === "refused") {
      if (result.status === 412) this.#show({ is: "conflict", version: result.version });
      else if (result.status === 401) this.#show({ is: "signed-out" });
      else if (result.status === 429 || result.status === 503) this.#retryLater();
      else this.#show({ is: "refused", message: this.options.service.errorMessage(result) });
      return;
    }
    this.#retryLater();
  }

  /** Retries later, with exponential backoff. */
  #retryLater(): void {
    this.#show({ is: "unavailable" });
    this.#schedule(Math.min(RETRY_DELAY * 2 ** this.#failures, MAX_RETRY_DELAY));
    this.#failures += 1;
  }

  #show(state: State): void {
    this.#state = state;
    this.options.show(state);
  }
}
