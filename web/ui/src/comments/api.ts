// Calls of the comments API.

import { type ApiResult, send } from "../lib/http";

export type Status = "pending" | "approved" | "rejected";

/** A comment as its author sees it. */
export interface OwnComment {
  id: string;
  parent_id: string | null;
  status: Status;
  revision: number;
  body: string | null;
  /** The text visible to readers. */
  approved: { revision: number; body: string } | null;
  reason: string | null;
  version: number;
}

const PATH = "/api/comments";

export function post(
  comment: { post_id: string; parent_id: string | null; body: string },
  key: string,
): Promise<ApiResult<OwnComment>> {
  return send(PATH, { method: "POST", json: comment, idempotencyKey: key });
}

export const read = (id: string): Promise<ApiResult<OwnComment>> => send(`${PATH}/${id}`);

export function edit(id: string, body: string, version: number | null): Promise<ApiResult<OwnComment>> {
  return send(`${PATH}/${id}`, { method: "PATCH", json: { body }, ifMatch: version });
}

export const remove = (id: string): Promise<ApiResult<null>> => send(`${PATH}/${id}`, { method: "DELETE" });
