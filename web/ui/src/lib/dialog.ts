// Dialogs of the page, in place of the browser's own.

import { element } from "./dom";

export interface Choice<T> {
  label: string;
  value: T;
  /** Classes of the button. */
  className?: string;
}

/** Shows a dialog and returns the choice; `null` when it was closed. The first button has the focus. */
export function ask<T>(title: string, content: (Node | string)[], choices: Choice<T>[]): Promise<T | null> {
  const heading = element("h2", { id: "ask-title" }, title);
  const row = element("div", { className: "actions" });
  const dialog = element("dialog", {}, heading, ...content, row);
  dialog.setAttribute("aria-labelledby", heading.id);
  let chosen: T | null = null;
  for (const choice of choices) {
    const button = element(
      "button",
      { type: "button", className: `button ${choice.className ?? "quiet"}` },
      choice.label,
    );
    button.addEventListener("click", () => {
      chosen = choice.value;
      dialog.close();
    });
    row.append(button);
  }
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
    dialog.showModal();
    row.querySelector("button")?.focus();
  });
}

/** Asks for confirmation. */
export async function confirm(question: string, label: string): Promise<boolean> {
  const choice = await ask(
    "Are you sure?",
    [element("p", {}, question)],
    [
      { label: "Cancel", value: false },
      { label, value: true, className: "danger" },
    ],
  );
  return choice === true;
}

/** Buttons with `data-confirm` ask before their form is submitted with `confirmed=yes`. */
export function startConfirm(): void {
  document.addEventListener(
    "submit",
    (event) => {
      const { target: form, submitter } = event;
      if (!(form instanceof HTMLFormElement) || !(submitter instanceof HTMLElement)) return;
      const question = submitter.dataset["confirm"];
      if (!question || form.dataset["confirmed"]) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      void confirm(question, submitter.dataset["confirmLabel"] ?? submitter.textContent?.trim() ?? "Yes").then(
        (yes) => {
          if (!yes) return;
          form.dataset["confirmed"] = "yes";
          form.append(element("input", { type: "hidden", name: "confirmed", value: "yes" }));
          form.requestSubmit(submitter);
        },
      );
    },
    true,
  );
}
