// DOM helpers.

/** All elements of an island. */
export function islands<E extends HTMLElement = HTMLElement>(name: string, root: ParentNode = document): E[] {
  return [...root.querySelectorAll<E>(`[data-island~="${name}"]`)];
}

/** A new element with properties and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Whether keys pressed in the target enter text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  return target.matches(
    "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])",
  );
}
