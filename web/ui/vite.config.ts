import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

// The web service reads `dist/` once at its start. File names contain a hash of the content, so that browsers can cache
// files forever; `manifest.json` maps entries to files. Nothing is inlined, since the content security policy forbids it.
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
    // The editor is the largest chunk; reading pages do not load it.
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
