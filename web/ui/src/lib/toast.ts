// Brief messages in a corner, read out by screen readers: the page's `#toasts` is a live region.

import { element } from "./dom";

export interface Toast {
  kind?: "notice" | "error";
  /** A button beside the words, e.g. to try again. */
  action?: { label: string; run: () => void };
}

/** Milliseconds that a message stays; errors and those with a button stay until they are dismissed. */
const STAYS = 6000;
/** More than this at once would cover the page. */
const MOST = 3;

export function toast(message: string, { kind = "notice", action }: Toast = {}): void {
  const region = document.getElementById("toasts");
  if (!region) return;
  const box = element("div", { className: kind === "error" ? "toast error" : "toast" }, element("span", {}, message));
  const close = () => box.remove();
  if (action) {
    const button = element("button", { type: "button" }, action.label);
    button.addEventListener("click", () => {
      close();
      action.run();
    });
    box.append(button);
  }
  if (action || kind === "error") {
    const button = element("button", { type: "button", ariaLabel: "Dismiss" }, "×");
    button.addEventListener("click", close);
    box.append(button);
  } else {
    setTimeout(close, STAYS);
  }
  region.append(box);
  while (region.childElementCount > MOST) region.firstElementChild?.remove();
}
