// The platform behind the pages, as its developers handle it: `cargo xtask stop query`, `start query`.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

async function xtask(...args: string[]): Promise<string> {
  const own = process.env["INKSTREAM_XTASK"];
  const [program, before] = own ? [own, []] : ["cargo", ["xtask"]];
  const env = { ...process.env, CARGO_MANIFEST_DIR: new URL("../../../xtask", import.meta.url).pathname };
  const { stdout } = await run(program, [...before, ...args], { env });
  return stdout;
}

export type Part = "auth" | "posts" | "comments" | "moderation" | "query" | "nats-server" | "secantusd";

/** Takes a part of the platform away while `work` runs. Back means: ready again. */
export async function without(part: Part, work: () => Promise<void>): Promise<void> {
  await xtask("stop", part);
  try {
    await work();
  } finally {
    await xtask("start", part);
  }
}

export async function grant(username: string, role: "moderator" | "admin"): Promise<void> {
  await xtask("run", "auth", "grant-role", username, role);
}
