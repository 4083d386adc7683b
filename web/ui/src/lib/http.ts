// Requests to the services, with the visitor's own cookies. A request never throws: it is answered, refused with a
// problem document, or nobody answers.

/** One entry of a problem's `errors` (RFC 9457, extended). */
export interface FieldError {
  message: string;
  code: string;
  field?: string;
}

export interface Problem {
  title: string;
  detail?: string;
  errors?: FieldError[];
}

export interface Done<T> {
  kind: "done";
  status: number;
  data: T;
  /** The aggregate's version, out of `ETag`. */
  version: number | null;
}

export interface Refused {
  kind: "refused";
  status: number;
  problem: Problem;
  /** The present version, if the answer names one (412). */
  version: number | null;
}

/** No answer in time, or none of ours. */
export interface Unavailable {
  kind: "unavailable";
}

export interface Aborted {
  kind: "aborted";
}

export type ApiResult<T> = Done<T> | Refused | Unavailable | Aborted;

export interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  json?: unknown;
  ifMatch?: number | null;
  idempotencyKey?: string;
  signal?: AbortSignal;
  /** Milliseconds. */
  timeout?: number;
  /** Goes on even when the page is left. */
  keepalive?: boolean;
}

const TIMEOUT = 10_000;

export async function send<T = unknown>(path: string, options: Options = {}): Promise<ApiResult<T>> {
  const timeout = AbortSignal.timeout(options.timeout ?? TIMEOUT);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    const response = await fetch(path, { ...request(options), signal });
    return await read<T>(response);
  } catch {
    return options.signal?.aborted ? { kind: "aborted" } : { kind: "unavailable" };
  }
}

function request({ method = "GET", json, ifMatch, idempotencyKey, keepalive }: Options): RequestInit {
  const headers = new Headers({ accept: "application/json" });
  if (json !== undefined) headers.set("content-type", "application/json");
  if (ifMatch != null) headers.set("if-match", `"${ifMatch}"`);
  if (idempotencyKey) headers.set("idempotency-key", idempotencyKey);
  const init: RequestInit = { method, headers, keepalive: keepalive ?? false };
  if (json !== undefined) init.body = JSON.stringify(json);
  return init;
}

async function read<T>(response: Response): Promise<ApiResult<T>> {
  const { status } = response;
  const version = parseVersion(response.headers.get("etag"));
  const type = response.headers.get("content-type") ?? "";
  if (response.ok) {
    const data = type.includes("json") ? await response.json() : null;
    return { kind: "done", status, data: data as T, version };
  }
  if (type.includes("problem+json")) {
    return { kind: "refused", status, problem: (await response.json()) as Problem, version };
  }
  // A proxy's own words about a service that is not there.
  if (status >= 500) return { kind: "unavailable" };
  return { kind: "refused", status, problem: { title: response.statusText || `Status ${status}` }, version };
}

export function parseVersion(etag: string | null): number | null {
  const digits = etag?.match(/^(?:W\/)?"(\d+)"$/)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** What to tell the reader of an answer that is not `done`. */
export function errorMessage(answer: Refused | Unavailable | Aborted): string {
  if (answer.kind === "aborted") return "The request was cancelled.";
  if (answer.kind === "unavailable") {
    return navigator.onLine ? "The server is not responding. Try again in a moment." : "You are offline.";
  }
  if (answer.status === 401) return "You are signed out. Sign in and try again.";
  const { errors, detail, title } = answer.problem;
  if (errors?.length) return errors.map(sentence).join(" ");
  return detail ?? title;
}

/** The service's words about a field as a sentence. */
export function sentence({ message }: FieldError): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
