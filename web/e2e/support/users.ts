// The users of a test, each with a unique name and separate cookies.

import { randomBytes } from "node:crypto";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "@playwright/test";
import { Api } from "./api.ts";
import type { Guard } from "./guard.ts";

export const password = "seven green umbrellas";

export interface Credentials {
  username: string;
  name: string;
  email: string;
}

export interface User extends Credentials {
  id: string;
  api: Api;
  context: BrowserContext;
  page: Page;
}

export type Session = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** Unique credentials that are not signed up yet. */
export function newCredentials(first: string): Credentials {
  const username = `${first.toLowerCase()}_${randomBytes(5).toString("hex")}`;
  return { username, name: `${first} Example`, email: `${username}@example.org` };
}

export class Users {
  readonly #contexts: BrowserContext[] = [];
  readonly #browser: Browser;
  readonly #guard: Guard;
  readonly #options: BrowserContextOptions;

  constructor(browser: Browser, guard: Guard, options: BrowserContextOptions) {
    this.#browser = browser;
    this.#guard = guard;
    this.#options = options;
  }

  /** A page in a new browser context, without cookies or with those of a session. */
  async visitor(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ ...this.#options, ...options });
    this.#guard.watch(context);
    this.#contexts.push(context);
    return context.newPage();
  }

  /** Signs up a new user. */
  async create(first: string, options: BrowserContextOptions = {}): Promise<User> {
    const page = await this.visitor(options);
    const api = new Api(page.context().request);
    const who = newCredentials(first);
    const id = await api.signUp(who.username, who.name, password);
    return { ...who, id, api, page, context: page.context() };
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }
}
