// Keyboard shortcuts. The mapping is pure and tested; `startShortcuts` connects it to the page.

import { element, isTyping } from "./dom";
import { load, save } from "./storage";

export type Action = "search" | "next" | "previous" | "home" | "write" | "help";

const KEYS: Record<string, Action> = {
  "/": "search",
  j: "next",
  k: "previous",
  "g h": "home",
  n: "write",
  "?": "help",
};

/** Maximum milliseconds between the keys of a sequence. */
const SEQUENCE_TIMEOUT = 1000;

/** Maps keys to actions; remembers the first key of a sequence. */
export class Keys {
  #first: { key: string; at: number } | null = null;

  press(key: string, at: number): Action | null {
    const before = this.#first && at - this.#first.at < SEQUENCE_TIMEOUT ? `${this.#first.key} ` : "";
    this.#first = null;
    const action = KEYS[before + key] ?? (before ? KEYS[key] : undefined);
    if (action) return action;
    if (Object.keys(KEYS).some((keys) => keys.startsWith(`${key} `))) this.#first = { key, at };
    return null;
  }
}

/** The item after or before the current one; without a current one, the first in view or below. */
export function step<T>(items: readonly T[], current: T | null, direction: 1 | -1, firstInView: number): T | null {
  const at = current === null ? -1 : items.indexOf(current);
  if (at >= 0) return items[at + direction] ?? null;
  const start = direction === 1 ? firstInView : firstInView - 1;
  return items[start] ?? items.at(direction === 1 ? -1 : 0) ?? null;
}

const SETTING = "shortcuts";
const isSetting = (value: unknown): value is "on" | "off" => value === "on" || value === "off";
const areOn = () => load(SETTING, isSetting) !== "off";

/** The elements that `j` and `k` move between. */
const STOPS = ".queue-item:not(.decided), .feed .card, .archive li, .comment:not(.deleted)";

export function startShortcuts(): void {
  const help = document.getElementById("shortcuts");
  if (help instanceof HTMLDialogElement) addSwitch(help);
  for (const button of document.querySelectorAll('[data-action="shortcuts"]')) {
    button.addEventListener("click", () => act("help"));
  }
  const keys = new Keys();
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.composedPath()[0] ?? event.target) || document.querySelector("dialog[open]")) return;
    // The help is always available: it contains the switch.
    const action = areOn() || event.key === "?" ? keys.press(event.key, event.timeStamp) : null;
    if (action && act(action)) event.preventDefault();
  });
}

/** Single-key shortcuts can be switched off, since they interfere with speech input (WCAG 2.1.4). */
function addSwitch(help: HTMLDialogElement): void {
  const box = element("input", { type: "checkbox", checked: areOn() });
  box.addEventListener("change", () => save(SETTING, box.checked ? "on" : "off"));
  const label = element("label", { className: "check" }, box, element("span", {}, "Enable shortcuts in this browser"));
  help.querySelector("dl")?.after(label);
}

function act(action: Action): boolean {
  switch (action) {
    case "search":
      return goSearch();
    case "next":
      return move(1);
    case "previous":
      return move(-1);
    case "home":
      location.assign("/");
      return true;
    case "write":
      location.assign("/write");
      return true;
    case "help": {
      const help = document.getElementById("shortcuts");
      if (!(help instanceof HTMLDialogElement)) return false;
      help.showModal();
      return true;
    }
  }
}

function goSearch(): boolean {
  const fields = [...document.querySelectorAll<HTMLInputElement>('input[type="search"]')];
  const field = fields.find((candidate) => candidate.checkVisibility());
  if (!field) location.assign("/search");
  field?.focus();
  field?.select();
  return true;
}

function move(direction: 1 | -1): boolean {
  const stops = [...document.querySelectorAll<HTMLElement>(STOPS)];
  const current = document.activeElement?.closest<HTMLElement>(STOPS) ?? null;
  const firstInView = stops.findIndex((stop) => stop.getBoundingClientRect().bottom > 0);
  const stop = step(stops, current, direction, Math.max(firstInView, 0));
  if (!stop) return stops.length > 0;
  const target = stop.querySelector<HTMLElement>(":scope > :is(h2, h3) a, :scope > a") ?? stop;
  if (target === stop) stop.tabIndex = -1;
  target.focus({ preventScroll: true });
  stop.scrollIntoView({ block: "nearest" });
  return true;
}
