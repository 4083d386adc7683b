// Test data is created through the public API.

import { type APIRequestContext, type APIResponse, expect } from "@playwright/test";
import { baseURL } from "./browser.ts";

export interface Post {
  /** The consistency token of the write. */
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

/** The calls of one user: `requests` shares the cookies of that user's pages. */
export class Api {
  readonly #requests: APIRequestContext;

  constructor(requests: APIRequestContext) {
    this.#requests = requests;
  }

  async signUp(username: string, name: string, password: string): Promise<string> {
    const email = `${username}@example.org`;
    const response = await this.send("POST", "/api/users/signup", { username, email, name, password });
    return ((await response.json()) as { id: string }).id;
  }

  async signIn(login: string, password: string): Promise<void> {
    await this.send("POST", "/api/users/signin", { login, password });
  }

  async currentUser(): Promise<{ id: string; username: string; role: string } | null> {
    const response = await this.#requests.get(`${baseURL}/api/users/currentuser`);
    return ((await response.json()) as { currentUser: { id: string; username: string; role: string } | null })
      .currentUser;
  }

  /** Returns the post when it is visible to all readers. */
  async post(post: NewPost): Promise<Post> {
    const response = await this.send("POST", "/api/posts", { status: "published", ...post });
    const made = written<Post>(await response.json(), response);
    if ((post.status ?? "published") === "published" && !post.publish_at) await this.seen(response, `posts/${made.id}`);
    return made;
  }

  async edit(post: Post, change: Partial<NewPost>): Promise<Post> {
    const response = await this.send("PATCH", `/api/posts/${post.id}`, change, { "if-match": `"${post.version}"` });
    await this.seen(response, `posts/${post.id}`);
    return written<Post>(await response.json(), response);
  }

  async comment(post: Post, body: string, parent?: Comment): Promise<Comment> {
    const text = { post_id: post.id, body, ...(parent ? { parent_id: parent.id } : {}) };
    const response = await this.send("POST", "/api/comments", text, { "consistency-token": post.token });
    return (await response.json()) as Comment;
  }

  /** Posts a comment and waits until it is approved. */
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

  /** Throws if the response is an error. A write needs the site's own `Origin`. */
  async send(method: string, path: string, data?: unknown, headers: Record<string, string> = {}): Promise<APIResponse> {
    const response = await this.#requests.fetch(baseURL + path, {
      method,
      headers: { origin: baseURL, ...headers },
      ...(data === undefined ? {} : { data }),
    });
    if (!response.ok()) throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`);
    return response;
  }

  async get<T>(path: string): Promise<T> {
    const response = await this.#requests.get(baseURL + path);
    if (!response.ok()) throw new Error(`GET ${path}: ${response.status()} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Waits until the read side has the write. */
  async seen(written: APIResponse, path: string): Promise<void> {
    const token = written.headers()["consistency-token"] ?? "";
    const response = await this.#requests.get(`${baseURL}/api/query/${path}`, {
      headers: { "consistency-token": token },
    });
    if (response.headers()["stale"]) throw new Error(`the read side does not reach ${token}`);
  }
}

function written<T extends { token: string }>(body: Omit<T, "token">, response: APIResponse): T {
  return { ...body, token: response.headers()["consistency-token"] ?? "" } as T;
}
