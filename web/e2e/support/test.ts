// The fixtures of every test: `users` with their browsers, a `moderator`, `sample` content, and the guard.

import { test as base, expect, request } from "@playwright/test";
import { Api } from "./api.ts";
import { baseURL } from "./browser.ts";
import { Guard } from "./guard.ts";
import { Users, type User, password, type Session, newCredentials } from "./users.ts";
import { grant } from "./platform.ts";
import { createSample, type Sample } from "./sample.ts";

interface Each {
  guard: Guard;
  users: Users;
  moderator: User;
}

interface Shared {
  moderatorSession: Session;
  sample: Sample;
}

export const test = base.extend<Each, Shared>({
  guard: [
    async ({}, use) => {
      const guard = new Guard();
      await use(guard);
      expect(guard.errors, "errors in the browser").toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, guard }, use) => {
    guard.watch(context);
    await use(context);
  },
  users: async ({ browser, guard, contextOptions, viewport, colorScheme, javaScriptEnabled }, use) => {
    const users = new Users(browser, guard, { ...contextOptions, viewport, colorScheme, javaScriptEnabled });
    await use(users);
    await users.close();
  },
  moderatorSession: [
    async ({}, use) => {
      const requests = await request.newContext({ baseURL });
      const [api, who] = [new Api(requests), newCredentials("Mo")];
      await api.signUp(who.username, who.name, password);
      await grant(who.username, "moderator");
      // The token contains the role.
      await api.signIn(who.username, password);
      await use(await requests.storageState());
      await requests.dispose();
    },
    { scope: "worker" },
  ],
  sample: [
    async ({ moderatorSession }, use) => {
      await use(await createSample(moderatorSession));
    },
    { scope: "worker" },
  ],
  moderator: async ({ users, moderatorSession }, use) => {
    const page = await users.visitor({ storageState: moderatorSession });
    const api = new Api(page.context().request);
    const user = await api.currentUser();
    if (user?.role !== "moderator") throw new Error(`not a moderator: ${JSON.stringify(user)}`);
    const { id, username } = user;
    await use({ id, username, name: "Mo Example", email: "", api, page, context: page.context() });
  },
});

export { expect };
