// Copies of unsaved posts in the browser, in case the network, the service or the tab fails.

import { forget, keys, load, save } from "../lib/storage";
import { isEmpty, isSame, isText, type Text } from "./post";

export interface Backup {
  text: Text;
  /** The version of the post that the text is based on; `null` for a new post. */
  version: number | null;
  at: number;
}

/** Milliseconds after which a copy is dropped. */
const MAX_AGE = 60 * 24 * 60 * 60 * 1000;
/** Maximum number of copies of new posts. */
const MAX_NEW_POSTS = 10;

const isBackup = (value: unknown): value is Backup => {
  if (typeof value !== "object" || value === null) return false;
  const { text, version, at } = value as Partial<Record<keyof Backup, unknown>>;
  return isText(text) && typeof at === "number" && (version === null || typeof version === "number");
};

/** The storage key of a copy: the post's id, or a key of this tab until the post has an id. */
export const backupKey = (user: string, post: string | null, tab: string): string =>
  `post:${user}:${post ?? `new:${tab}`}`;

/** Stores a copy; returns `false` if the browser's storage is full. An empty new post is not stored. */
export function saveBackup(key: string, text: Text, version: number | null, now: number = Date.now()): boolean {
  if (version === null && isEmpty(text)) {
    forget(key);
    return true;
  }
  return save(key, { text, version, at: now } satisfies Backup);
}

export function loadBackup(key: string, now: number = Date.now()): Backup | null {
  const backup = load(key, isBackup);
  if (!backup) return null;
  if (now - backup.at <= MAX_AGE) return backup;
  forget(key);
  return null;
}

/** The latest unsaved new post in this browser, with its key. Drops all but the latest few. */
export function findNewPost(
  user: string,
  tab: string,
  now: number = Date.now(),
): { key: string; backup: Backup } | null {
  const own = backupKey(user, null, tab);
  const found = keys(`post:${user}:new:`)
    .filter((key) => key !== own)
    .flatMap((key) => {
      const backup = loadBackup(key, now);
      return backup ? [{ key, backup }] : [];
    })
    .sort((a, b) => b.backup.at - a.backup.at);
  for (const { key } of found.slice(MAX_NEW_POSTS)) forget(key);
  return found[0] ?? null;
}

export type Offer =
  | { is: "nothing" }
  /** The copy is based on the saved version. */
  | { is: "newer"; backup: Backup }
  /** The copy is based on an older version. */
  | { is: "diverged"; backup: Backup };

/** What to offer when the page opens with `saved` as `version`. */
export function offer(backup: Backup | null, saved: Text, version: number | null): Offer {
  if (!backup || isSame(backup.text, saved)) return { is: "nothing" };
  return { is: backup.version === version ? "newer" : "diverged", backup };
}
