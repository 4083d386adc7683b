// Live updates of a post as server-sent events. The browser reconnects by itself after a broken connection, but not after
// an error response; then this class does, with exponential backoff. A hidden page holds no connection, since browsers
// limit their number.

/** Milliseconds. */
const MIN_BACKOFF = 2_000;
const MAX_BACKOFF = 60_000;
/** Changes within this time are reported together. */
const BATCH_DELAY = 150;

export interface Update {
  kinds: readonly string[];
}

/** The delay before the next attempt: exponential, at most a minute, with jitter. */
export function backoff(attempt: number, random: number): number {
  const wait = Math.min(MIN_BACKOFF * 2 ** attempt, MAX_BACKOFF);
  return wait * (0.5 + random / 2);
}

export function parseChange(data: string, key: string): string[] | null {
  try {
    const change: unknown = JSON.parse(data);
    if (typeof change !== "object" || change === null) return null;
    const { key: changed, kinds } = change as { key?: unknown; kinds?: unknown };
    if (changed !== key || !Array.isArray(kinds)) return null;
    return kinds.filter((kind) => typeof kind === "string");
  } catch {
    return null;
  }
}

export class Live {
  #source: EventSource | null = null;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #batch: ReturnType<typeof setTimeout> | undefined;
  #kinds = new Set<string>();

  constructor(
    private readonly post: string,
    private readonly onUpdate: (update: Update) => void,
  ) {}

  /** Connects while the page is visible. */
  start(): void {
    document.addEventListener("visibilitychange", () => this.#update());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#update());
    addEventListener("online", () => {
      this.#attempt = 0;
      this.#update();
    });
    this.#update();
  }

  #update(): void {
    if (document.visibilityState === "hidden") this.#close();
    else if (!this.#source) this.#open();
  }

  #open(): void {
    clearTimeout(this.#retry);
    const source = new EventSource(`/api/query/live?posts=${encodeURIComponent(this.post)}`);
    this.#source = source;
    // Changes before this connection were not received, so refresh.
    source.addEventListener("ready", () => {
      this.#attempt = 0;
      this.#collect(["comments"]);
    });
    source.addEventListener("resync", () => this.#collect(["comments"]));
    source.addEventListener("change", (event) => {
      const kinds = parseChange((event as MessageEvent<string>).data, `post:${this.post}`);
      if (kinds) this.#collect(kinds);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      this.#close();
      this.#retry = setTimeout(() => this.#update(), backoff(this.#attempt, Math.random()));
      this.#attempt += 1;
    });
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #collect(kinds: readonly string[]): void {
    for (const kind of kinds) this.#kinds.add(kind);
    clearTimeout(this.#batch);
    this.#batch = setTimeout(() => {
      const update = { kinds: [...this.#kinds] };
      this.#kinds.clear();
      this.onUpdate(update);
    }, BATCH_DELAY);
  }
}
