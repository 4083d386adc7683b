import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

// The web service reads `dist/` once at its start: every file has a name made from its content, so that browsers may
// keep it for ever, and `manifest.json` says which file an entry has become. Nothing is inlined into scripts or styles,
// since the pages' content security policy allows neither.
export default defineConfig({
  base: "/static/",
  publicDir: "public",
  plugins: [
    {
      name: "font-licences",
      generateBundle() {
        const source = readFileSync(new URL("./src/generated/fonts/licences.txt", import.meta.url), "utf8");
        this.emitFile({ type: "asset", fileName: "font-licences.txt", source });
      },
    },
  ],
  build: {
    outDir: "dist",
    assetsDir: "",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: false,
    // The editor is most of it, and is loaded by nobody who only reads.
    chunkSizeWarningLimit: 420,
    sourcemap: false,
    target: ["chrome123", "firefox120", "safari17.5"],
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    rolldownOptions: {
      input: [
        "src/styles/site.css",
        "src/styles/editor.css",
        "src/styles/reference.css",
        "src/site.ts",
        "src/comments.ts",
        "src/editor.ts",
        "src/moderation.ts",
        "src/reference.ts",
      ],
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Only ends a test that hangs, however slow the machine is.
    testTimeout: 120_000,
  },
});
