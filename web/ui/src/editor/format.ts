// The commands of the toolbar and of its keyboard shortcuts.

import type { ChangeSpec, EditorState, StateCommand, TransactionSpec } from "@codemirror/state";
import { EditorSelection } from "@codemirror/state";
import type { KeyBinding } from "@codemirror/view";

/** Adds `mark` around each selection, or removes it. */
export function wrap(mark: string): StateCommand {
  return ({ state, dispatch }) => {
    const { length } = mark;
    const change = state.changeByRange((range) => {
      const before = state.sliceDoc(range.from - length, range.from);
      const after = state.sliceDoc(range.to, range.to + length);
      if (before === mark && after === mark && !isLonger(state, range.from, range.to, mark)) {
        return {
          changes: [
            { from: range.from - length, to: range.from },
            { from: range.to, to: range.to + length },
          ],
          range: EditorSelection.range(range.anchor - length, range.head - length),
        };
      }
      return {
        changes: [
          { from: range.from, insert: mark },
          { from: range.to, insert: mark },
        ],
        range: EditorSelection.range(range.anchor + length, range.head + length),
      };
    });
    dispatch(state.update(change, { userEvent: "input", scrollIntoView: true }));
    return true;
  };
}

/** Whether `mark` is part of a longer one: the `*` of `**` does not mark emphasis. */
function isLonger(state: EditorState, from: number, to: number, mark: string): boolean {
  if (mark.length > 1) return false;
  const before = state.sliceDoc(from - 3, from);
  const after = state.sliceDoc(to, to + 3);
  const run = (text: string, end: boolean) => (end ? /\*+$/ : /^\*+/).exec(text)?.[0].length ?? 0;
  return mark === "*" && run(before, true) === 2 && run(after, false) === 2;
}

/** Adds `prefix` to every selected line, or removes it if all lines have it. */
export function prefixLines(prefix: string, replaces?: RegExp): StateCommand {
  return ({ state, dispatch }) => {
    const lines = new Set<number>();
    for (const { from, to } of state.selection.ranges) {
      for (let at = from; at <= to;) {
        const line = state.doc.lineAt(at);
        lines.add(line.from);
        at = line.to + 1;
      }
    }
    const texts = [...lines].map((from) => state.doc.lineAt(from));
    const all = texts.every((line) => line.text.startsWith(prefix));
    const changes: ChangeSpec[] = texts.map((line) => {
      if (all) return { from: line.from, to: line.from + prefix.length };
      const old = replaces?.exec(line.text)?.[0].length ?? 0;
      return { from: line.from, to: line.from + old, insert: prefix };
    });
    dispatch(state.update({ changes, userEvent: "input", scrollIntoView: true }));
    return true;
  };
}

const ANY_HEADING = /^#{1,6} /;

/** Inserts a link or an image with the selection as its text; then selects the address. */
function address(start: string): StateCommand {
  return ({ state, dispatch }) => {
    const { from, to } = state.selection.main;
    const words = state.sliceDoc(from, to);
    const isUrl = /^https?:\/\/\S+$/.test(words);
    const text = isUrl ? "" : words;
    const url = isUrl ? words : "https://";
    const spec: TransactionSpec = { changes: { from, to, insert: `${start}${text}](${url})` } };
    const inText = from + start.length;
    const inUrl = inText + text.length + 2;
    const selection = text ? { anchor: inUrl, head: inUrl + url.length } : { anchor: inText };
    dispatch(state.update(spec, { selection, userEvent: "input", scrollIntoView: true }));
    return true;
  };
}

/** A fenced block for whole lines, inline code within a line. */
const code: StateCommand = (target) => {
  const { state, dispatch } = target;
  const { from, to, empty } = state.selection.main;
  const [first, last] = [state.doc.lineAt(from), state.doc.lineAt(to)];
  if (!empty && first.number === last.number) return wrap("`")(target);
  if (empty && first.text.trim() !== "") return wrap("`")(target);
  const changes = [
    { from: first.from, insert: "```\n" },
    { from: last.to, insert: `${empty ? "" : "\n"}${empty ? "\n" : ""}\`\`\`` },
  ];
  dispatch(state.update({ changes, selection: { anchor: first.from + 3 }, userEvent: "input", scrollIntoView: true }));
  return true;
};

export interface Format {
  name: string;
  /** The text of the button. */
  sign: string;
  key?: string;
  run: StateCommand;
}

export const FORMATS: Format[] = [
  { name: "Bold", sign: "B", key: "Mod-b", run: wrap("**") },
  { name: "Italic", sign: "I", key: "Mod-i", run: wrap("*") },
  { name: "Heading", sign: "H", key: "Mod-Alt-2", run: prefixLines("## ", ANY_HEADING) },
  { name: "Link", sign: "Link", key: "Mod-k", run: address("[") },
  { name: "Quote", sign: "Quote", key: "Mod-Shift-.", run: prefixLines("> ") },
  { name: "Code", sign: "Code", key: "Mod-e", run: code },
  { name: "List", sign: "List", key: "Mod-Shift-8", run: prefixLines("- ", /^(?:[*+]|\d+\.) /) },
  { name: "Image", sign: "Image", run: address("![") },
];

export const formatKeymap: KeyBinding[] = FORMATS.flatMap(({ key, run }) =>
  key ? [{ key, run, preventDefault: true }] : [],
);
