// Requests to the services, with the user's cookies. A request never throws: its result is the response, a problem
// document, or that the service is unavailable.

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
  /** The aggregate's version, from `ETag`. */
  version: number | null;
}

export interface Refused {
  kind: "refused";
  status: number;
  problem: Problem;
  /** The current version, if the response has one (412). */
  version: number | null;
}

/** No response in time, or none of the service. */
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
  /** Continues when the user leaves the page. */
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
  // A gateway reports that the service is unavailable.
  if (status === 502 || status === 504) return { kind: "unavailable" };
  if (type.includes("problem+json")) {
    return { kind: "refused", status, problem: (await response.json()) as Problem, version };
  }
  if (status >= 500) return { kind: "unavailable" };
  return { kind: "refused", status, problem: { title: response.statusText || `Status ${status}` }, version };
}

export function parseVersion(etag: string | null): number | null {
  const digits = etag?.match(/^(?:W\/)?"(\d+)"$/)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The message for a result other than `done`. */
export function errorMessage(result: Refused | Unavailable | Aborted): string {
  if (result.kind === "aborted") return "The request was cancelled.";
  if (result.kind === "unavailable") {
    return navigator.onLine ? "The server is not responding. Try again in a moment." : "You are offline.";
  }
  if (result.status === 401) return "You are signed out. Sign in and try again.";
  const { errors, detail, title } = result.problem;
  if (errors?.length) return errors.map(sentence).join(" ");
  return detail ?? title;
}

/** The message of an error as a sentence. */
export function sentence({ message }: FieldError): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
