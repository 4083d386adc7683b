// Code blocks: a button that copies, and scrolling by keyboard where a block is wider than the page.

import { element } from "./dom";

const SAID_FOR = 2000;

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
  const say = (word: string) => {
    button.textContent = word;
    button.setAttribute("aria-label", word);
    setTimeout(() => {
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy code");
    }, SAID_FOR);
  };
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(code.textContent ?? "").then(
      () => say("Copied"),
      () => say("Copy failed"),
    );
  });
  return button;
}
