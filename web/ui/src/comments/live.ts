// News of a post as server-sent events. The browser connects again by itself after a broken line; after a refusal it
// does not, so this does, ever more slowly. While nobody looks there is no connection: a browser has few of them.

/** Milliseconds. */
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;
/** Many changes at once are one piece of news. */
const GATHER = 150;

export interface News {
  kinds: readonly string[];
}

/** The wait before the next attempt: doubled each time, up to a minute, and not the same for all readers. */
export function backoff(attempt: number, random: number): number {
  const wait = Math.min(FIRST_WAIT * 2 ** attempt, LONGEST_WAIT);
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
  #gather: ReturnType<typeof setTimeout> | undefined;
  #kinds = new Set<string>();

  constructor(
    private readonly post: string,
    private readonly tell: (news: News) => void,
  ) {}

  /** Connects while the page is seen. */
  start(): void {
    document.addEventListener("visibilitychange", () => this.#follow());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#follow());
    addEventListener("online", () => {
      this.#attempt = 0;
      this.#follow();
    });
    this.#follow();
  }

  #follow(): void {
    if (document.visibilityState === "hidden") this.#close();
    else if (!this.#source) this.#open();
  }

  #open(): void {
    clearTimeout(this.#retry);
    const source = new EventSource(`/api/query/live?posts=${encodeURIComponent(this.post)}`);
    this.#source = source;
    // Whatever happened before this connection was not told: look.
    source.addEventListener("ready", () => {
      this.#attempt = 0;
      this.#heard(["comments"]);
    });
    source.addEventListener("resync", () => this.#heard(["comments"]));
    source.addEventListener("change", (event) => {
      const kinds = parseChange((event as MessageEvent<string>).data, `post:${this.post}`);
      if (kinds) this.#heard(kinds);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      this.#close();
      this.#retry = setTimeout(() => this.#follow(), backoff(this.#attempt, Math.random()));
      this.#attempt += 1;
    });
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #heard(kinds: readonly string[]): void {
    for (const kind of kinds) this.#kinds.add(kind);
    clearTimeout(this.#gather);
    this.#gather = setTimeout(() => {
      const news = { kinds: [...this.#kinds] };
      this.#kinds.clear();
      this.tell(news);
    }, GATHER);
  }
}
