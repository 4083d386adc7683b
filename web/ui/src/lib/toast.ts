// Brief messages in a corner. `#toasts` is a live region, so that screen readers announce them.

import { element } from "./dom";

export interface Toast {
  kind?: "notice" | "error";
  /** A button, for example to retry. */
  action?: { label: string; run: () => void };
}

/** Milliseconds for which a message is shown; errors and messages with a button stay until they are dismissed. */
const DURATION = 6000;
/** Maximum number of messages at a time. */
const MAX_VISIBLE = 3;

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
    setTimeout(close, DURATION);
  }
  region.append(box);
  while (region.childElementCount > MAX_VISIBLE) region.firstElementChild?.remove();
}
