// Creates the site's fonts from the variable fonts of npm: an instance for each use, one file per subset, and the
// stylesheet that declares them. Each has a fallback face that is scaled to the same metrics.
//
// The layout never shifts: a font that is not available for the first paint is used from the next page on
// (`font-display: optional`). Pages preload the fonts that they show.
//
// The fonts are recreated only when this file or the packages have changed.

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { entireMetricsCollection } from "@capsizecss/metrics/entireMetricsCollection";
import { fromBuffer } from "@capsizecss/unpack";
import subsetFont from "subset-font";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../src/generated/fonts");
const require = createRequire(import.meta.url);

/** The faces of running text and of titles, which have a larger optical size. */
const FACES = [
  {
    family: "Inkstream Text",
    from: "newsreader",
    file: "opsz-normal",
    axes: { opsz: 16, wght: 400 },
    weight: "400",
    style: "normal",
    like: "serif",
    name: "text",
  },
  {
    family: "Inkstream Text",
    from: "newsreader",
    file: "opsz-normal",
    axes: { opsz: 16, wght: 650 },
    weight: "700",
    style: "normal",
    like: "serif",
    name: "text-bold",
  },
  {
    family: "Inkstream Text",
    from: "newsreader",
    file: "opsz-italic",
    axes: { opsz: 16, wght: 400 },
    weight: "400",
    style: "italic",
    like: "serif",
    name: "text-italic",
  },
  {
    family: "Inkstream Title",
    from: "newsreader",
    file: "opsz-normal",
    axes: { opsz: 48, wght: 480 },
    weight: "500",
    style: "normal",
    like: "serif",
    name: "title",
  },
  {
    family: "Inkstream Sans",
    from: "instrument-sans",
    file: "wght-normal",
    axes: { wght: { min: 400, max: 700 } },
    weight: "400 700",
    style: "normal",
    like: "sans",
    name: "sans",
  },
  {
    family: "Inkstream Mono",
    from: "jetbrains-mono",
    file: "wght-normal",
    axes: { wght: 420 },
    weight: "400",
    style: "normal",
    like: "mono",
    name: "mono",
  },
];

/**
 * Fonts that readers have already, by kind: their metrics, and the full names of fonts that have them (the free ones are
 * made to the same widths). Each becomes a scaled face of its own; the first that a reader has is shown.
 */
const FALLBACKS = {
  serif: [
    ["georgia", ["Georgia", "Gelasio"]],
    ["timesNewRoman", ["Times New Roman", "Liberation Serif", "Tinos"]],
    ["notoSerif", ["Noto Serif", "Noto Serif Regular", "NotoSerif-Regular"]],
  ],
  sans: [
    ["arial", ["Arial", "Liberation Sans", "Arimo", "Helvetica"]],
    ["roboto", ["Roboto", "Roboto Regular"]],
  ],
  mono: [["courierNew", ["Courier New", "Liberation Mono", "Cousine"]]],
};

const packageFolder = (name) => dirname(require.resolve(`@fontsource-variable/${name}/package.json`));

function characters(range) {
  let text = "";
  for (const part of range.split(",")) {
    const [from, to = from] = part
      .trim()
      .slice(2)
      .split("-")
      .map((hex) => Number.parseInt(hex, 16));
    for (let code = from; code <= to; code += 1) {
      if (code < 0xd800 || code > 0xdfff) text += String.fromCodePoint(code);
    }
  }
  return text;
}

const percent = (value) => `${(value * 100).toFixed(2)}%`;

/** The declarations that make a local font as wide and as high as `metrics`. */
function fallback(face, metrics, [key, names]) {
  const local = entireMetricsCollection[key];
  const scale = metrics.xWidthAvg / metrics.unitsPerEm / (local.xWidthAvg / local.unitsPerEm);
  const em = metrics.unitsPerEm * scale;
  return `@font-face {
  font-family: "${face.family} like ${names[0]}";
  src: ${names.map((name) => `local("${name}")`).join(", ")};
  size-adjust: ${percent(scale)};
  ascent-override: ${percent(metrics.ascent / em)};
  descent-override: ${percent(Math.abs(metrics.descent) / em)};
  line-gap-override: ${percent(metrics.lineGap / em)};
}
`;
}

async function make() {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  let css = "/* Made by scripts/fonts.mjs. */\n";
  let fallbacks = "";
  const licences = new Map();
  for (const face of FACES) {
    const folder = packageFolder(face.from);
    const subsets = JSON.parse(await readFile(join(folder, "unicode.json"), "utf8"));
    licences.set(face.from, await readFile(join(folder, "LICENSE"), "utf8"));
    // The common subset comes last: browsers try the last declared face first.
    const names = Object.keys(subsets).sort((a, b) => Number(a === "latin") - Number(b === "latin"));
    for (const subset of names) {
      const source = await readFile(join(folder, "files", `${face.from}-${subset}-${face.file}.woff2`));
      const options = { targetFormat: "woff2", variationAxes: face.axes };
      const font = await subsetFont(source, characters(subsets[subset]), options);
      const file = `${face.name}-${subset}.woff2`;
      await writeFile(join(out, file), font);
      css += `@font-face {
  font-family: "${face.family}";
  font-style: ${face.style};
  font-weight: ${face.weight};
  font-display: optional;
  src: url("./${file}") format("woff2");
  unicode-range: ${subsets[subset]};
}
`;
      // Browsers synthesise the bold and italic styles of a fallback.
      if (subset !== "latin" || fallbacks.includes(`"${face.family} like`)) continue;
      const metrics = await fromBuffer(font);
      for (const local of FALLBACKS[face.like]) fallbacks += fallback(face, metrics, local);
    }
  }
  await writeFile(join(out, "fonts.css"), css + fallbacks);
  const texts = [...licences].map(([name, text]) => `${name}\n${"=".repeat(name.length)}\n\n${text}`);
  await writeFile(join(out, "licences.txt"), texts.join("\n\n"));
}

/** Changes with this file and with the packages' versions. */
async function stamp() {
  const hash = createHash("sha256").update(await readFile(fileURLToPath(import.meta.url)));
  hash.update(await readFile(join(here, "../package-lock.json")));
  return hash.digest("hex");
}

const now = await stamp();
const before = await readFile(join(out, "stamp"), "utf8").catch(() => "");
if (now !== before) {
  await make();
  await writeFile(join(out, "stamp"), now);
}
