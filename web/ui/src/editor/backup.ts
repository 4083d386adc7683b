// What is written is kept in the browser with every change, for when the network, the service or the tab is gone.

import { forget, keys, load, save } from "../lib/storage";
import { isEmpty, isSame, isText, type Text } from "./post";

export interface Backup {
  text: Text;
  /** The version of the post that it was written upon; none for a new post. */
  version: number | null;
  at: number;
}

/** Milliseconds that a copy is kept. */
const KEPT = 60 * 24 * 60 * 60 * 1000;
/** New posts that a browser keeps. */
const MOST_NEW = 10;

const isBackup = (value: unknown): value is Backup => {
  if (typeof value !== "object" || value === null) return false;
  const { text, version, at } = value as Partial<Record<keyof Backup, unknown>>;
  return isText(text) && typeof at === "number" && (version === null || typeof version === "number");
};

/** Where the copy of a post lies: under its id, or under this tab's own key until it has one. */
export const backupKey = (user: string, post: string | null, tab: string): string =>
  `post:${user}:${post ?? `new:${tab}`}`;

/** Whether it is kept: a browser may be full. An empty new post is nothing to keep. */
export function keep(key: string, text: Text, version: number | null, now: number = Date.now()): boolean {
  if (version === null && isEmpty(text)) {
    forget(key);
    return true;
  }
  return save(key, { text, version, at: now } satisfies Backup);
}

export function find(key: string, now: number = Date.now()): Backup | null {
  const backup = load(key, isBackup);
  if (!backup) return null;
  if (now - backup.at <= KEPT) return backup;
  forget(key);
  return null;
}

/** The newest new post that was left unsaved in this browser, with its key; older ones than the first few are dropped. */
export function findNewPost(
  user: string,
  tab: string,
  now: number = Date.now(),
): { key: string; backup: Backup } | null {
  const own = backupKey(user, null, tab);
  const found = keys(`post:${user}:new:`)
    .filter((key) => key !== own)
    .flatMap((key) => {
      const backup = find(key, now);
      return backup ? [{ key, backup }] : [];
    })
    .sort((a, b) => b.backup.at - a.backup.at);
  for (const { key } of found.slice(MOST_NEW)) forget(key);
  return found[0] ?? null;
}

export type Offer =
  | { is: "nothing" }
  /** The browser's text goes on from what the service has. */
  | { is: "newer"; backup: Backup }
  /** Both went on: from an older version. */
  | { is: "diverged"; backup: Backup };

/** What to offer when a page is opened with `saved` as `version`. */
export function offer(backup: Backup | null, saved: Text, version: number | null): Offer {
  if (!backup || isSame(backup.text, saved)) return { is: "nothing" };
  return { is: backup.version === version ? "newer" : "diverged", backup };
}
