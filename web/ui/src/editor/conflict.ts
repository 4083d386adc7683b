// Asks the author which of two conflicting texts to keep.

import { ask } from "../lib/dialog";
import { element } from "../lib/dom";
import { diff, type Piece, type Skipped, shortened } from "./diff";
import type { Text } from "./post";

/** Renders the differences from `before` to `after`. */
export function showDiff(before: string, after: string): HTMLElement {
  const view = element("div", { className: "diff", tabIndex: 0, dir: "auto" });
  view.setAttribute("role", "region");
  view.setAttribute("aria-label", "Differences");
  view.append(...shortened(diff(before, after)).map(piece));
  return view;
}

function piece(part: Piece | Skipped): Node {
  switch (part.is) {
    case "same":
      return document.createTextNode(part.text);
    case "added":
      return element("ins", {}, part.text);
    case "removed":
      return element("del", {}, part.text);
    case "skipped":
      return element(
        "span",
        { className: "skipped" },
        `${part.lines} ${part.lines === 1 ? "line" : "lines"} unchanged`,
      );
  }
}

/** All fields of a post as one text, so that the differences include the title. */
export function asText(text: Text): string {
  const more = [text.summary, text.tags.join(", "), text.cover].filter((part) => part !== "");
  return `${[text.title, ...more].join("\n")}\n\n${text.body}\n`;
}

export type Decision = "mine" | "theirs";

/** The post was saved elsewhere, perhaps in another tab. `null` means that the author closed the dialog. */
export async function resolveConflict(mine: Text, theirs: Text): Promise<Decision | null> {
  const words = element(
    "p",
    {},
    "It was saved elsewhere, perhaps in another tab, while you were editing. Nothing is lost.",
  );
  let differences: HTMLElement | null = null;
  for (;;) {
    const choice = await ask<Decision | "show">(
      "This post has changed",
      [words, ...(differences ? [differences] : [])],
      [
        ...(differences ? [] : [{ label: "Show differences", value: "show" as const }]),
        { label: "Use the saved version", value: "theirs" },
        { label: "Keep my version", value: "mine", className: "" },
      ],
    );
    if (choice !== "show") return choice;
    words.textContent = "Struck-through text is only in the saved version; underlined text is only in yours.";
    differences = showDiff(asText(theirs), asText(mine));
  }
}
