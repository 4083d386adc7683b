// What tests need to be there before they begin is made through the public API, as any client would.

import { type APIRequestContext, type APIResponse, expect } from "@playwright/test";
import { baseURL } from "./browser.ts";

export interface Post {
  /** Names what was written, for whoever must not be told that there is no such post. */
  token: string;
  id: string;
  slug: string;
  title: string;
  version: number;
}

export interface NewPost {
  title: string;
  body: string;
  summary?: string;
  tags?: string[];
  cover?: string;
  status?: "draft" | "published";
  publish_at?: string;
}

export interface Comment {
  id: string;
  status: string;
}

/** One visitor's calls: `requests` shares the cookies of that visitor's pages. */
export class Api {
  readonly #requests: APIRequestContext;

  constructor(requests: APIRequestContext) {
    this.#requests = requests;
  }

  async signUp(username: string, name: string, password: string): Promise<string> {
    const email = `${username}@example.org`;
    const answer = await this.send("POST", "/api/users/signup", { username, email, name, password });
    return ((await answer.json()) as { id: string }).id;
  }

  async signIn(login: string, password: string): Promise<void> {
    await this.send("POST", "/api/users/signin", { login, password });
  }

  async currentUser(): Promise<{ id: string; username: string; role: string } | null> {
    const answer = await this.#requests.get(`${baseURL}/api/users/currentuser`);
    return ((await answer.json()) as { currentUser: { id: string; username: string; role: string } | null })
      .currentUser;
  }

  /** Gives it back when every reader sees it. */
  async post(post: NewPost): Promise<Post> {
    const answer = await this.send("POST", "/api/posts", { status: "published", ...post });
    const made = written<Post>(await answer.json(), answer);
    if ((post.status ?? "published") === "published" && !post.publish_at) await this.seen(answer, `posts/${made.id}`);
    return made;
  }

  async edit(post: Post, change: Partial<NewPost>): Promise<Post> {
    const answer = await this.send("PATCH", `/api/posts/${post.id}`, change, { "if-match": `"${post.version}"` });
    await this.seen(answer, `posts/${post.id}`);
    return written<Post>(await answer.json(), answer);
  }

  async comment(post: Post, body: string, parent?: Comment): Promise<Comment> {
    const text = { post_id: post.id, body, ...(parent ? { parent_id: parent.id } : {}) };
    const answer = await this.send("POST", "/api/comments", text, { "consistency-token": post.token });
    return (await answer.json()) as Comment;
  }

  /** A comment that others see: the rules have looked at it. */
  async approved(post: Post, body: string, parent?: Comment): Promise<Comment> {
    const made = await this.comment(post, body, parent);
    const status = async () => (await this.get<Comment>(`/api/comments/${made.id}`)).status;
    await expect.poll(status, { intervals: [50, 100, 200] }).toBe("approved");
    return { ...made, status: "approved" };
  }

  async follow(userId: string): Promise<void> {
    await this.send("PUT", `/api/users/${userId}/follow`);
  }

  async report(kind: "comment" | "post", id: string, reason: string): Promise<void> {
    await this.send("POST", "/api/moderation/reports", { target: { kind, id }, reason });
  }

  /** A refusal is an error that says why. A write must come from the site's own pages, so it says that it does. */
  async send(method: string, path: string, data?: unknown, headers: Record<string, string> = {}): Promise<APIResponse> {
    const answer = await this.#requests.fetch(baseURL + path, {
      method,
      headers: { origin: baseURL, ...headers },
      ...(data === undefined ? {} : { data }),
    });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer;
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.#requests.get(baseURL + path);
    if (!answer.ok()) throw new Error(`GET ${path}: ${answer.status()} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** The read side waits until it knows the write that `written` tells of. */
  async seen(written: APIResponse, path: string): Promise<void> {
    const token = written.headers()["consistency-token"] ?? "";
    const answer = await this.#requests.get(`${baseURL}/api/query/${path}`, {
      headers: { "consistency-token": token },
    });
    if (answer.headers()["stale"]) throw new Error(`the read side does not come to know ${token}`);
  }
}

function written<T extends { token: string }>(answer: Omit<T, "token">, response: APIResponse): T {
  return { ...answer, token: response.headers()["consistency-token"] ?? "" } as T;
}
