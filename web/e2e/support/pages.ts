// Every page once: for the tests of accessibility, layout and headers, and for the screenshots.

import type { Role, Sample } from "./sample.ts";

export interface PageEntry {
  /** Names the page in test titles and file names. */
  name: string;
  as: Role;
  path: (sample: Sample) => string;
  /** The default is 200. */
  status?: number;
  /** A reading page: small, and complete without scripts. */
  reading?: true;
  /** Form values to submit, for pages that show errors. */
  send?: Record<string, string>;
}

export const pages: readonly PageEntry[] = [
  { name: "home", as: "visitor", path: () => "/", reading: true },
  { name: "post", as: "visitor", path: ({ rich }) => `/p/${rich.slug}`, reading: true },
  { name: "post without comments", as: "visitor", path: ({ bare }) => `/p/${bare.slug}`, reading: true },
  { name: "post with pictures", as: "visitor", path: ({ pictured }) => `/p/${pictured.slug}`, reading: true },
  { name: "profile", as: "visitor", path: ({ author }) => `/@${author.username}`, reading: true },
  { name: "tags", as: "visitor", path: () => "/tags", reading: true },
  { name: "tag", as: "visitor", path: ({ tag }) => `/tags/${tag}`, reading: true },
  { name: "tag without posts", as: "visitor", path: () => "/tags/nothing-bears-this", status: 404 },
  { name: "search", as: "visitor", path: () => "/search", reading: true },
  { name: "search with results", as: "visitor", path: () => "/search?q=outbox", reading: true },
  { name: "search without results", as: "visitor", path: () => "/search?q=zzzzqqqq", reading: true },
  { name: "archive", as: "visitor", path: () => "/archive", reading: true },
  { name: "archive of a month", as: "visitor", path: ({ month }) => `/archive/${month}`, reading: true },
  { name: "not found", as: "visitor", path: () => "/nowhere", status: 404 },
  { name: "post not found", as: "visitor", path: () => "/p/nothing-is-written-here", status: 404 },
  { name: "API reference", as: "visitor", path: () => "/api" },

  { name: "sign up", as: "visitor", path: () => "/signup" },
  {
    name: "sign up refused",
    as: "visitor",
    path: () => "/signup",
    send: { username: "x", password: "y" },
    status: 422,
  },
  { name: "sign in", as: "visitor", path: () => "/signin" },
  { name: "home signed in", as: "author", path: () => "/", reading: true },
  { name: "post signed in", as: "author", path: ({ rich }) => `/p/${rich.slug}`, reading: true },
  { name: "profile signed in", as: "newcomer", path: ({ author }) => `/@${author.username}`, reading: true },
  { name: "following", as: "author", path: () => "/following", reading: true },
  { name: "following no one", as: "newcomer", path: () => "/following", reading: true },
  { name: "settings", as: "author", path: () => "/settings" },
  { name: "settings profile", as: "author", path: () => "/settings/profile" },
  { name: "settings password", as: "author", path: () => "/settings/password" },
  { name: "settings sessions", as: "author", path: () => "/settings/sessions" },
  { name: "settings delete", as: "author", path: () => "/settings/delete" },

  { name: "write", as: "author", path: () => "/write" },
  { name: "write refused", as: "author", path: () => "/write", send: { title: "", body: "" }, status: 422 },
  { name: "own posts", as: "author", path: () => "/posts" },
  { name: "own posts none", as: "newcomer", path: () => "/posts" },
  { name: "edit", as: "author", path: ({ rich }) => `/posts/${rich.id}/edit` },
  { name: "edit draft", as: "author", path: ({ draft }) => `/posts/${draft.id}/edit` },
  { name: "edit scheduled", as: "author", path: ({ scheduled }) => `/posts/${scheduled.id}/edit` },
  { name: "revisions", as: "author", path: ({ rich }) => `/posts/${rich.id}/revisions` },
  { name: "revision", as: "author", path: ({ rich }) => `/posts/${rich.id}/revisions/1` },
  { name: "preview", as: "author", path: ({ draft }) => `/posts/${draft.id}/preview` },

  { name: "own comments", as: "author", path: () => "/comments" },
  { name: "own comments none", as: "newcomer", path: () => "/comments" },
  { name: "edit comment", as: "author", path: ({ ownComment }) => `/comments/${ownComment.id}/edit` },
  {
    name: "report",
    as: "newcomer",
    path: ({ reported }) => `/report?kind=comment&id=${reported.id}`,
  },
  {
    name: "report refused",
    as: "newcomer",
    path: ({ reported }) => `/report?kind=comment&id=${reported.id}`,
    send: { note: "No reason is chosen." },
    status: 422,
  },
  { name: "reports", as: "author", path: () => "/reports" },
  { name: "reports none", as: "newcomer", path: () => "/reports" },
  { name: "moderation refused", as: "author", path: () => "/moderation", status: 403 },
  { name: "moderation", as: "moderator", path: () => "/moderation" },
  { name: "moderation reports", as: "moderator", path: () => "/moderation/reports" },
  { name: "moderation of a comment", as: "moderator", path: ({ reported }) => `/moderation/comments/${reported.id}` },
  { name: "moderation of a held comment", as: "moderator", path: ({ held }) => `/moderation/comments/${held.id}` },
  { name: "moderation of a post", as: "moderator", path: ({ rich }) => `/moderation/posts/${rich.id}` },
  { name: "moderation rules", as: "moderator", path: () => "/moderation/rules" },
];
