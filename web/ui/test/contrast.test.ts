// The contrast of all colour pairs in the styles: WCAG 2.2 AA, in both schemes.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");

type Scheme = "light" | "dark";
const colours = new Map<string, Record<Scheme, string>>();
for (const [, name = "", light = "", dark = ""] of css.matchAll(
  /(--[a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g,
)) {
  colours.set(name, { light, dark });
}

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const PAPERS = ["--paper", "--paper-raised", "--paper-sunk"];
const TEXT = 4.5;
/** Borders of controls and other graphics. */
const SHAPE = 3;

const pairs: [string, string, number][] = [
  ...["--ink", "--ink-soft", "--ink-faint", "--accent", "--accent-strong", "--danger"].flatMap((ink) =>
    PAPERS.map((paper): [string, string, number] => [ink, paper, TEXT]),
  ),
  ...["--good", "--warn"].flatMap((ink) =>
    ["--paper", "--paper-raised"].map((paper): [string, string, number] => [ink, paper, TEXT]),
  ),
  ...["--good", "--warn", "--danger"].map((ink): [string, string, number] => [ink, `${ink}-soft`, TEXT]),
  ...["--ink", "--ink-soft"].flatMap((ink) =>
    ["--accent-soft", "--good-soft", "--warn-soft", "--danger-soft"].map((p): [string, string, number] => [
      ink,
      p,
      TEXT,
    ]),
  ),
  ["--accent-strong", "--accent-soft", TEXT],
  ["--accent", "--accent-soft", TEXT],
  ["--ink-faint", "--accent-soft", TEXT],
  ["--on-accent", "--accent", TEXT],
  ["--on-accent", "--accent-strong", TEXT],
  ["--on-danger", "--danger", TEXT],
  ["--ink", "--mark", TEXT],
  ["--paper", "--ink", TEXT],
  ...PAPERS.flatMap((paper): [string, string, number][] => [
    ["--line-strong", paper, SHAPE],
    ["--accent", paper, SHAPE],
  ]),
  ...[...colours.keys()]
    .filter((name) => name.startsWith("--hl-") && name !== "--hl-bg")
    .map((ink): [string, string, number] => [ink, "--hl-bg", TEXT]),
];

test("the tokens are parsed", () => {
  expect(colours.size).toBeGreaterThan(35);
});

for (const scheme of ["light", "dark"] as const) {
  test.each(pairs)(`${scheme}: %s on %s is at least %d:1`, (ink, paper, least) => {
    const [a, b] = [colours.get(ink), colours.get(paper)];
    if (!a || !b) throw new Error(`${ink} or ${paper} is not defined for both schemes`);
    expect(contrast(a[scheme], b[scheme])).toBeGreaterThanOrEqual(least);
  });
}

test("every highlighting class of the renderer has a colour", () => {
  const palette = readFileSync(new URL("../../../content/src/palette.rs", import.meta.url), "utf8");
  const prose = readFileSync(new URL("../src/styles/prose.css", import.meta.url), "utf8");
  const classes = [...palette.matchAll(/\("(hl-[a-z]{2})",/g)].map(([, name]) => name);
  expect(classes.length).toBeGreaterThan(10);
  for (const name of classes) {
    expect(colours.has(`--${name}`), name).toBe(true);
    expect(prose).toContain(`.${name} {`);
  }
});

test("styles use only colours from the tokens", () => {
  for (const file of ["base", "layout", "prose", "forms", "components", "editor", "reference"]) {
    const text = readFileSync(new URL(`../src/styles/${file}.css`, import.meta.url), "utf8");
    const rest = text.replace(/light-dark\([^)]*\)/g, "");
    expect(rest.match(/#[0-9a-f]{3,8}\b/gi) ?? [], file).toEqual([]);
  }
});

test("styles use only existing tokens", () => {
  const known = new Set(
    [
      ...(css + readFileSync(new URL("../src/styles/components.css", import.meta.url), "utf8")).matchAll(
        /^\s*(--[a-z0-9-]+):/gm,
      ),
    ].map(([, name]) => name),
  );
  for (const file of ["base", "layout", "prose", "forms", "components", "editor", "reference", "print"]) {
    const text = readFileSync(new URL(`../src/styles/${file}.css`, import.meta.url), "utf8");
    const used = [...text.matchAll(/var\((--[a-z0-9-]+)/g)].map(([, name]) => name);
    expect(
      used.filter((name) => !known.has(name)),
      file,
    ).toEqual([]);
  }
});
