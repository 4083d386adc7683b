// Code blocks: a copy button, and scrolling by keyboard where a block is wider than the page.

import { element } from "./dom";

/** Milliseconds for which the result of copying is shown. */
const FEEDBACK = 2000;

export function startCode(root: ParentNode = document): void {
  for (const pre of root.querySelectorAll<HTMLPreElement>(".prose pre")) {
    const code = pre.querySelector("code");
    if (!code || pre.querySelector(".copy")) continue;
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
    if (navigator.clipboard) pre.append(copyButton(code));
  }
  for (const table of root.querySelectorAll<HTMLTableElement>(".prose table")) {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
  }
}

function copyButton(code: HTMLElement): HTMLButtonElement {
  const button = element("button", { type: "button", className: "copy" }, "Copy");
  button.setAttribute("aria-label", "Copy code");
  const show = (word: string) => {
    button.textContent = word;
    button.setAttribute("aria-label", word);
    setTimeout(() => {
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy code");
    }, FEEDBACK);
  };
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(code.textContent ?? "").then(
      () => show("Copied"),
      () => show("Copy failed"),
    );
  });
  return button;
}
