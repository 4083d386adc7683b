// The text field: CodeMirror with Markdown, in a shadow root, where its styles are constructed style sheets, which a
// strict content security policy allows without a nonce.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { markdownKeymap, markdownLanguage } from "@codemirror/lang-markdown";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { formatKeymap } from "./format";

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "transparent", fontSize: "var(--text-read)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--serif)", lineHeight: "1.6", overflow: "visible" },
  ".cm-content": { padding: "0 0 40vh", caretColor: "var(--accent)", maxWidth: "var(--measure)" },
  ".cm-line": { padding: "0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-placeholder": { color: "var(--ink-faint)", fontStyle: "italic" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "light-dark(#bfe0e8, #1f5565)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  ".cm-searchMatch": { backgroundColor: "var(--mark)", color: "var(--ink)" },
  ".cm-searchMatch.cm-searchMatch-selected": { outline: "2px solid var(--accent)" },
  ".cm-panels": {
    backgroundColor: "var(--paper-raised)",
    color: "var(--ink)",
    fontFamily: "var(--sans)",
    fontSize: "var(--text-s)",
    border: "1px solid var(--line)",
    borderRadius: "var(--radius)",
    zIndex: "3",
  },
  ".cm-panel.cm-search": { padding: "0.5rem 2rem 0.5rem 0.75rem" },
  ".cm-panel.cm-search label": { fontSize: "var(--text-xs)" },
  ".cm-textfield": {
    backgroundColor: "var(--paper)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    padding: "0.25rem 0.5rem",
    fontSize: "var(--text-s)",
  },
  ".cm-button": {
    background: "var(--paper-sunk)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    padding: "0.25rem 0.6rem",
    fontSize: "var(--text-xs)",
    color: "var(--ink)",
  },
});

/** Markup is less prominent than the text. */
const highlighting = HighlightStyle.define([
  { tag: tags.heading1, fontFamily: "var(--display)", fontSize: "1.55em", lineHeight: "1.3" },
  { tag: tags.heading2, fontFamily: "var(--display)", fontSize: "1.35em", lineHeight: "1.35" },
  { tag: tags.heading3, fontFamily: "var(--display)", fontSize: "1.18em" },
  { tag: [tags.heading4, tags.heading5, tags.heading6], fontWeight: "700" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url], color: "var(--accent)" },
  { tag: tags.quote, color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: tags.monospace, fontFamily: "var(--mono)", fontSize: "0.8em", color: "var(--hl-fg)" },
  { tag: tags.processingInstruction, color: "var(--ink-faint)" },
  { tag: tags.contentSeparator, color: "var(--ink-faint)" },
  { tag: tags.labelName, color: "var(--hl-ty)" },
  { tag: tags.comment, color: "var(--hl-co)" },
]);

export interface Code {
  view: EditorView;
  text(): string;
  replace(text: string): void;
}

/** Creates an editor with the text of `field` in `place`, and calls `changed` after every change. */
export function makeCode(place: HTMLElement, field: HTMLTextAreaElement, label: string, changed: () => void): Code {
  const root = place.attachShadow({ mode: "open" });
  // Tab moves the focus, as in any form; Ctrl+] indents.
  const extensions: Extension[] = [
    history(),
    drawSelection(),
    dropCursor(),
    search({ top: true }),
    highlightSelectionMatches(),
    // Without the parsers for HTML, CSS and JavaScript that `markdown()` includes.
    markdownLanguage.extension,
    syntaxHighlighting(highlighting),
    theme,
    EditorView.lineWrapping,
    EditorView.perLineTextDirection.of(true),
    placeholder(field.placeholder || "Write…"),
    keymap.of([...formatKeymap, ...markdownKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
    EditorView.contentAttributes.of({
      "aria-label": label,
      tabindex: "0",
      spellcheck: "true",
      autocorrect: "on",
      autocapitalize: "sentences",
      dir: "auto",
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) changed();
    }),
  ];
  const state = EditorState.create({ doc: field.value, extensions });
  const view = new EditorView({ state, parent: root, root });
  return {
    view,
    text: () => view.state.doc.toString(),
    // A single change, so that it can be undone.
    replace: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
  };
}
