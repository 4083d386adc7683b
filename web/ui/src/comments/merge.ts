// Puts what the server says about a post's comments into the page, and leaves alone what the reader is doing there.
//
// A comment is known by its `data-id`, so the same news twice changes nothing. What belongs to this page alone bears
// `data-client`: open forms, and comments on their way that no answer of the server holds yet.

/** Children of a comment that come from the server. */
const PARTS = [".byline", ".comment-body", ".status", ".actions", ".hint"];

export interface Merged {
  /** Comments that were not there before. */
  arrived: HTMLElement[];
}

/** Makes `live` say what `fresh` says; both are lists of comments. */
export function mergeComments(live: HTMLOListElement, fresh: HTMLOListElement): Merged {
  const known = new Map<string, HTMLElement>();
  for (const comment of live.querySelectorAll<HTMLElement>("li.comment[data-id]")) {
    known.set(comment.dataset["id"] ?? "", comment);
  }
  const merged: Merged = { arrived: [] };
  mergeList(live, fresh, known, merged);
  const told = new Set([...fresh.querySelectorAll<HTMLElement>("li.comment[data-id]")].map((c) => c.dataset["id"]));
  for (const [id, comment] of known) {
    if (told.has(id) || isLocal(comment)) continue;
    comment.remove();
  }
  return merged;
}

/** On its way, or with words of the reader in it that would be lost. */
function isLocal(comment: HTMLElement): boolean {
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
      adopt(comment, known, merged);
    }
    placeAfter(live, comment, before);
    before = comment;
  }
}

/** A new comment whose replies may be known already: those move below it as they are. */
function adopt(comment: HTMLElement, known: Map<string, HTMLElement>, merged: Merged): void {
  merged.arrived.push(comment);
  for (const reply of comment.querySelectorAll<HTMLElement>("li.comment[data-id]")) {
    const old = known.get(reply.dataset["id"] ?? "");
    if (!old) continue;
    mergeComment(old, reply.cloneNode(true) as HTMLElement, known, merged);
    reply.replaceWith(old);
  }
}

/** Comments in their order; those of this page alone stay behind the ones that they stood behind. */
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

/** A part that says the same is not touched, so that a selection or the focus in it stays. */
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
  if (plain(old) === plain(now)) return;
  const copy = now.cloneNode(true) as HTMLElement;
  // Hidden behind a form for editing.
  copy.hidden = old.hidden;
  old.replaceWith(copy);
}

/** Its HTML without what scripts have added since. */
function plain(part: HTMLElement): string {
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
