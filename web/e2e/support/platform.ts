// Controls the platform: `cargo xtask stop query`, `start query`.

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

export type Component = "auth" | "posts" | "comments" | "moderation" | "query" | "nats-server" | "secantusd";

/** Stops a component while `work` runs, then starts it and waits until it is ready. */
export async function without(component: Component, work: () => Promise<void>): Promise<void> {
  await xtask("stop", component);
  try {
    await work();
  } finally {
    await xtask("start", component);
  }
}

export async function grant(username: string, role: "moderator" | "admin"): Promise<void> {
  await xtask("run", "auth", "grant-role", username, role);
}
