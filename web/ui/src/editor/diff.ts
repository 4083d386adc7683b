// The differences between two texts, by lines and then by words.

export interface Piece {
  is: "same" | "added" | "removed";
  text: string;
}

/** Larger comparisons are shown as one replacement, since they would take too long. */
const MAX_STEPS = 4_000_000;

export function diff(before: string, after: string): Piece[] {
  const pieces: Piece[] = [];
  for (const block of compare(lines(before), lines(after))) {
    if (block.removed.length && block.added.length) {
      pieces.push(...words(block.removed.join(""), block.added.join("")));
      continue;
    }
    push(pieces, "removed", block.removed.join(""));
    push(pieces, "added", block.added.join(""));
    push(pieces, "same", block.same.join(""));
  }
  return joined(pieces);
}

const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function words(before: string, after: string): Piece[] {
  const split = (text: string) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
  const pieces: Piece[] = [];
  for (const block of compare(split(before), split(after))) {
    push(pieces, "removed", block.removed.join(""));
    push(pieces, "added", block.added.join(""));
    push(pieces, "same", block.same.join(""));
  }
  return pieces;
}

interface Block {
  same: string[];
  removed: string[];
  added: string[];
}

/** The longest common subsequence, without the common prefix and suffix. */
function compare(before: string[], after: string[]): Block[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const [a, b] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const blocks: Block[] = [{ same: before.slice(0, start), removed: [], added: [] }];
  if (a.length * b.length > MAX_STEPS) blocks.push({ same: [], removed: a, added: b });
  else blocks.push(...common(a, b));
  blocks.push({ same: end ? before.slice(-end) : [], removed: [], added: [] });
  return blocks.filter((block) => block.same.length + block.removed.length + block.added.length > 0);
}

function common(a: string[], b: string[]): Block[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const block: Block = { same: [], removed: [], added: [] };
    while (i < a.length && j < b.length && a[i] === b[j]) {
      block.same.push(a[i] ?? "");
      i += 1;
      j += 1;
    }
    if (block.same.length) {
      blocks.push(block);
      continue;
    }
    while ((i < a.length || j < b.length) && !(i < a.length && j < b.length && a[i] === b[j])) {
      if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) block.removed.push(a[i++] ?? "");
      else block.added.push(b[j++] ?? "");
    }
    blocks.push(block);
  }
  return blocks;
}

function push(pieces: Piece[], is: Piece["is"], text: string): void {
  if (text) pieces.push({ is, text });
}

function joined(pieces: Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last?.is === piece.is) last.text += piece.text;
    else result.push({ ...piece });
  }
  return result;
}

export interface Skipped {
  is: "skipped";
  lines: number;
}

/** Unchanged lines shown before and after a difference. */
const CONTEXT_LINES = 2;

/** Omits long unchanged passages except for the lines next to a difference. */
export function shortened(pieces: Piece[]): (Piece | Skipped)[] {
  return pieces.flatMap((piece, at): (Piece | Skipped)[] => {
    if (piece.is !== "same") return [piece];
    const all = lines(piece.text);
    const head = at === 0 ? 0 : CONTEXT_LINES;
    const tail = at === pieces.length - 1 ? 0 : CONTEXT_LINES;
    if (all.length <= head + tail + 2) return [piece];
    return [
      { is: "same", text: all.slice(0, head).join("") },
      { is: "skipped", lines: all.length - head - tail },
      { is: "same", text: tail ? all.slice(-tail).join("") : "" },
    ];
  });
}
