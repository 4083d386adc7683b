// Sample content for the tests of every page, including texts that may break the layout (long words, other scripts, wide
// code).

import { request } from "@playwright/test";
import { Api, type Comment, type Post } from "./api.ts";
import { baseURL } from "./browser.ts";
import { password, type Session, newCredentials } from "./users.ts";

export type Role = "visitor" | "author" | "newcomer" | "moderator";

export interface Sample {
  sessions: Record<Exclude<Role, "visitor">, Session>;
  author: { id: string; username: string };
  /** With all Markdown features and comments. */
  rich: Post;
  /** With pictures on other sites. */
  pictured: Post;
  /** With one sentence and no comments. */
  bare: Post;
  draft: Post;
  scheduled: Post;
  /** By the author, on `rich`. */
  ownComment: Comment;
  /** By another user on `rich`, and reported by the author. */
  reported: Comment;
  /** Held for review. */
  held: Comment;
  tag: string;
  /** The month in which `rich` was published, such as 2026/11. */
  month: string;
}

const body = (
  who: string,
) => `The outbox is part of the document, so that **state** and *event* are one write. [A link](https://example.org/).

## What it costs

One field. \`save\`, then relay.[^1]

\`\`\`rust
/// Publishes what waits, and takes it out of the document when the bus has acknowledged it. A line that is longer than the column.
async fn relay_once(store: &Store, bus: &Bus) -> Result<usize, RelayError> {
    let pending = store.pending(64).await?; // oldest first
    Ok(bus.publish_all(&pending).await?)
}
\`\`\`

### A table

| what | before | after | how it was measured, and on which machine it was |
|---|---:|---:|---|
| publish | 490 | 33000 | batches of 128, two cores |
| a_very_long_name_that_cannot_be_broken_anywhere_at_all | 1 | 2 | no |

## In other scripts

> مرحبا بالعالم، هذه فقرة من اليمين إلى اليسار.

日本語の段落も、ここにある。Ελληνικά, Tiếng Việt, Kiswahili.

- [x] written
- [ ] read by everybody, even those with Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung

1. one
2. two

## The end

---

[^1]: In this order, says ${who}, and never the other way round.
`;

export async function createSample(moderator: Session): Promise<Sample> {
  const [author, reader, other] = [await signUp("Ada"), await signUp("Greta"), await signUp("Jonas")];
  await author.api.send("PATCH", "/api/users/me", { bio: "Writes about what is written down, and where." });
  const tag = `ink-${author.username.slice(-6)}`;
  let rich = await author.api.post({
    title: "The outbox lives in the document, and what follows from it",
    summary: "Why saving and telling are one write here, and what that costs.",
    tags: [tag, "events", "العربية"],
    body: `A first version by ${author.username}.\n\nIt said less.`,
  });
  rich = await author.api.edit(rich, { body: body(author.username) });
  const bare = await author.api.post({ title: "One sentence", body: `That was it, ${author.username}.`, tags: [tag] });
  const pictured = await author.api.post({
    title: "Two drawings",
    body: `Before.\n\n![A drawing](https://example.org/drawing.png)\n\nAfter, ${author.username}.`,
    cover: "https://example.org/cover.png",
    tags: [tag],
  });
  const draft = await author.api.post({ title: "Half a thought", body: "And", status: "draft" });
  const later = new Date(Date.now() + 7 * 24 * 3600 * 1000).toISOString();
  const scheduled = await author.api.post({
    title: "For next week",
    body: "Written today.",
    status: "draft",
    publish_at: later,
  });

  await other.api.follow(author.id);
  await author.api.follow(other.id);
  await other.api.post({ title: "إلى اليمين", body: "مرحبا بالعالم", tags: ["العربية"] });
  const first = await other.api.approved(
    rich,
    `What happens, ${author.username}, when the bus is away for a *whole day*?\n\n\`\`\`sh\ncurl -sS x\n\`\`\``,
  );
  const ownComment = await author.api.approved(rich, `It grows up to a limit, ${other.username}.`, first);
  await reader.api.approved(rich, `Thank you, ${author.username} and ${other.username}. `.repeat(10), ownComment);
  const held = await reader.api.comment(rich, `${reader.username}: ${manyLinks}`);
  await other.api.report("comment", ownComment.id, "off_topic");
  await author.api.report("comment", first.id, "off_topic");

  const newcomer = await signUp("Newcomer");
  const sessions = { author: await author.close(), newcomer: await newcomer.close(), moderator };
  await Promise.all([reader.close(), other.close()]);
  return {
    sessions,
    author: { id: author.id, username: author.username },
    rich,
    pictured,
    bare,
    draft,
    scheduled,
    ownComment,
    reported: first,
    held,
    tag,
    month: new Date().toISOString().slice(0, 7).replace("-", "/"),
  };
}

/** More links than the default rules allow without review. */
export const manyLinks = Array.from({ length: 8 }, (_, n) => `https://example.org/${n}`).join("\n\n");

async function signUp(first: string) {
  const requests = await request.newContext({ baseURL });
  const [api, who] = [new Api(requests), newCredentials(first)];
  const id = await api.signUp(who.username, who.name, password);
  const close = async (): Promise<Session> => {
    const session = await requests.storageState();
    await requests.dispose();
    return session;
  };
  return { ...who, id, api, close };
}
