// The toolbar: one tab stop, with arrow keys inside (the toolbar pattern of WAI-ARIA).

import type { EditorView } from "@codemirror/view";
import { element } from "../lib/dom";
import { FORMATS } from "./format";

const isMac = /Mac|iP(?:hone|ad)/.test(navigator.userAgent);

/** `Mod-Alt-2` as shown to the user: `Ctrl+Alt+2`. */
export function keyLabel(key: string, mac: boolean = isMac): string {
  const names: Record<string, string> = mac
    ? { Mod: "⌘", Alt: "⌥", Shift: "⇧" }
    : { Mod: "Ctrl", Alt: "Alt", Shift: "Shift" };
  const parts = key.split("-").map((part) => names[part] ?? part.toUpperCase());
  return parts.join(mac ? "" : "+");
}

export function fillToolbar(bar: HTMLElement, view: EditorView, extra: HTMLElement[]): void {
  for (const format of FORMATS) {
    const title = format.key ? `${format.name} (${keyLabel(format.key)})` : format.name;
    const button = element("button", { type: "button", title, ariaLabel: format.name }, format.sign);
    button.dataset["format"] = format.name.toLowerCase();
    button.addEventListener("click", () => {
      format.run(view);
      view.focus();
    });
    bar.append(button);
  }
  bar.append(...extra);
  bar.hidden = false;
  enableArrowKeys(bar);
}

function enableArrowKeys(bar: HTMLElement): void {
  const buttons = () => [...bar.querySelectorAll("button")].filter((button) => button.checkVisibility());
  for (const [at, button] of buttons().entries()) button.tabIndex = at === 0 ? 0 : -1;
  bar.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(event.target as HTMLButtonElement);
    const rtl = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
    const steps: Record<string, number> = {
      ArrowRight: at + rtl,
      ArrowLeft: at - rtl,
      Home: 0,
      End: all.length - 1,
    };
    const next = steps[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    const target = all[(next + all.length) % all.length];
    for (const button of all) button.tabIndex = button === target ? 0 : -1;
    target?.focus();
  });
}
