// What every test stands on: `people` with their browsers, a `moderator`, and the guard that no test can do without.

import { test as base, expect, request } from "@playwright/test";
import { Api } from "./api.ts";
import { baseURL } from "./browser.ts";
import { Guard } from "./guard.ts";
import { People, type Person, password, type Session, stranger } from "./people.ts";
import { grant } from "./platform.ts";
import { makeWorld, type World } from "./world.ts";

interface Each {
  guard: Guard;
  people: People;
  moderator: Person;
}

interface Shared {
  moderatorSession: Session;
  world: World;
}

export const test = base.extend<Each, Shared>({
  guard: [
    async ({}, use) => {
      const guard = new Guard();
      await use(guard);
      expect(guard.complaints, "what the browser complained about").toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, guard }, use) => {
    guard.watch(context);
    await use(context);
  },
  people: async ({ browser, guard, contextOptions, viewport, colorScheme, javaScriptEnabled }, use) => {
    const people = new People(browser, guard, { ...contextOptions, viewport, colorScheme, javaScriptEnabled });
    await use(people);
    await people.leave();
  },
  moderatorSession: [
    async ({}, use) => {
      const requests = await request.newContext({ baseURL });
      const [api, who] = [new Api(requests), stranger("Mo")];
      await api.signUp(who.username, who.name, password);
      await grant(who.username, "moderator");
      // The role stands in the token.
      await api.signIn(who.username, password);
      await use(await requests.storageState());
      await requests.dispose();
    },
    { scope: "worker" },
  ],
  world: [
    async ({ moderatorSession }, use) => {
      await use(await makeWorld(moderatorSession));
    },
    { scope: "worker" },
  ],
  moderator: async ({ people, moderatorSession }, use) => {
    const page = await people.visitor({ storageState: moderatorSession });
    const api = new Api(page.context().request);
    const user = await api.currentUser();
    if (user?.role !== "moderator") throw new Error(`not a moderator: ${JSON.stringify(user)}`);
    const { id, username } = user;
    await use({ id, username, name: "Mo Example", email: "", api, page, context: page.context() });
  },
});

export { expect };
