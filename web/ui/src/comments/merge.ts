// Merges the comments that the server rendered into the page without disturbing what the user is doing there.
//
// Comments are identified by `data-id`, so merging is idempotent. Elements that exist only in this page have `data-client`:
// open forms, and comments that are being sent and are not yet in any response.

/** Children of a comment that the server renders. */
const PARTS = [".byline", ".comment-body", ".status", ".actions", ".hint"];

export interface Merged {
  /** Comments that are new in the page. */
  arrived: HTMLElement[];
}

/** Updates the list `live` to match the list `fresh`. */
export function mergeComments(live: HTMLOListElement, fresh: HTMLOListElement): Merged {
  const known = new Map<string, HTMLElement>();
  for (const comment of live.querySelectorAll<HTMLElement>("li.comment[data-id]")) {
    known.set(comment.dataset["id"] ?? "", comment);
  }
  const merged: Merged = { arrived: [] };
  mergeList(live, fresh, known, merged);
  const freshIds = new Set([...fresh.querySelectorAll<HTMLElement>("li.comment[data-id]")].map((c) => c.dataset["id"]));
  for (const [id, comment] of known) {
    if (freshIds.has(id) || hasUnsentText(comment)) continue;
    comment.remove();
  }
  return merged;
}

/** Whether removing the comment would lose unsent text. */
function hasUnsentText(comment: HTMLElement): boolean {
  if ("client" in comment.dataset) return true;
  return comment.querySelector("[data-client]") !== null;
}

function mergeList(live: Element, fresh: Element, known: Map<string, HTMLElement>, merged: Merged): void {
  let before: Element | null = null;
  for (const item of childComments(fresh)) {
    const old = known.get(item.dataset["id"] ?? "");
    const comment = old ?? (item.cloneNode(true) as HTMLElement);
    if (old) mergeComment(old, item, known, merged);
    else {
      insert(comment, known, merged);
    }
    placeAfter(live, comment, before);
    before = comment;
  }
}

/** Adds a new comment. Replies that are already in the page move below it. */
function insert(comment: HTMLElement, known: Map<string, HTMLElement>, merged: Merged): void {
  merged.arrived.push(comment);
  for (const reply of comment.querySelectorAll<HTMLElement>("li.comment[data-id]")) {
    const old = known.get(reply.dataset["id"] ?? "");
    if (!old) continue;
    mergeComment(old, reply.cloneNode(true) as HTMLElement, known, merged);
    reply.replaceWith(old);
  }
}

/** Keeps the server's order; client-only comments keep their predecessor. */
function placeAfter(list: Element, comment: Element, before: Element | null): void {
  let next = before ? before.nextElementSibling : list.firstElementChild;
  while (next && next !== comment && next instanceof HTMLElement && "client" in next.dataset) {
    next = next.nextElementSibling;
  }
  if (next !== comment) list.insertBefore(comment, next);
}

function childComments(list: Element): HTMLElement[] {
  return [...list.children].filter(
    (child): child is HTMLElement => child instanceof HTMLElement && child.dataset["id"] !== undefined,
  );
}

function mergeComment(live: HTMLElement, fresh: HTMLElement, known: Map<string, HTMLElement>, merged: Merged): void {
  copyAttributes(live, fresh);
  for (const part of PARTS) mergePart(live, fresh, part);
  const replies = fresh.querySelector(":scope > .replies");
  if (!replies) return;
  let own = live.querySelector(":scope > .replies");
  if (!own) {
    own = replies.cloneNode(false) as Element;
    live.append(own);
  }
  mergeList(own, replies, known, merged);
}

function copyAttributes(live: HTMLElement, fresh: HTMLElement): void {
  for (const name of live.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && name !== "tabindex") live.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
}

/** An unchanged part is not replaced, so that the selection and the focus in it are kept. */
function mergePart(live: HTMLElement, fresh: HTMLElement, part: string): void {
  const old = live.querySelector<HTMLElement>(`:scope > ${part}`);
  const now = fresh.querySelector<HTMLElement>(`:scope > ${part}`);
  if (!now) {
    old?.remove();
    return;
  }
  if (!old) {
    const replies = live.querySelector(":scope > .replies, :scope > form");
    live.insertBefore(now.cloneNode(true), part === ".byline" ? live.firstChild : replies);
    return;
  }
  if (serverHtml(old) === serverHtml(now)) return;
  const copy = now.cloneNode(true) as HTMLElement;
  // An open edit form hides this part.
  copy.hidden = old.hidden;
  old.replaceWith(copy);
}

/** The HTML without what scripts have added. */
function serverHtml(part: HTMLElement): string {
  const copy = part.cloneNode(true) as HTMLElement;
  for (const added of copy.querySelectorAll(".copy")) added.remove();
  for (const scroller of copy.querySelectorAll("[tabindex]")) scroller.removeAttribute("tabindex");
  for (const time of copy.querySelectorAll("time")) {
    time.removeAttribute("title");
    time.textContent = "";
  }
  copy.hidden = false;
  return copy.outerHTML;
}
