// The parts of OpenAPI 3.1 that the reference shows, parsed from an unvalidated document.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  title?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

interface Content {
  content?: Record<string, { schema?: Schema }>;
  description?: string;
}

export interface Operation {
  method: string;
  path: string;
  /** Unique in the page and stable. */
  id: string;
  tag: string;
  summary: string;
  description: string;
  parameters: Parameter[];
  body: { type: string; schema: Schema; required: boolean } | null;
  responses: { status: string; description: string; type: string | null; schema: Schema | null }[];
  needsUser: boolean;
}

export interface Document {
  title: string;
  description: string;
  operations: Operation[];
  /** Resolves a `$ref` of this document; an invalid one resolves to an empty schema. */
  resolve(schema: Schema): Schema;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function parse(source: unknown): Document {
  const root = isObject(source) ? source : {};
  const info = isObject(root["info"]) ? root["info"] : {};
  const paths = isObject(root["paths"]) ? root["paths"] : {};
  const operations = Object.entries(paths).flatMap(([path, item]) => {
    if (!isObject(item)) return [];
    return METHODS.flatMap((method) => {
      const found = item[method];
      return isObject(found) ? [operation(root, method, path, item, found)] : [];
    });
  });
  return {
    title: text(info["title"]) || "API",
    description: text(info["description"]),
    operations,
    resolve: (schema) => follow(root, schema) as Schema,
  };
}

function operation(root: Json, method: string, path: string, item: Json, found: Json): Operation {
  const list = (value: unknown) => (Array.isArray(value) ? value : []);
  const parameters = [...list(item["parameters"]), ...list(found["parameters"])].map(
    (one) => follow(root, one) as unknown as Parameter,
  );
  const tag = list(found["tags"]).find((name) => typeof name === "string") as string | undefined;
  return {
    method: method.toUpperCase(),
    path,
    id: `${method}${path.replace(/[^A-Za-z0-9]+/g, "-")}`.replace(/-$/, ""),
    tag: tag ?? "",
    summary: text(found["summary"]),
    description: text(found["description"]),
    parameters,
    body: body(root, found["requestBody"]),
    responses: responses(root, found["responses"]),
    needsUser: list(found["security"]).length > 0 && !list(found["security"]).some(isOptional),
  };
}

/** An empty requirement makes authentication optional. */
const isOptional = (requirement: unknown): boolean => isObject(requirement) && Object.keys(requirement).length === 0;

function body(root: Json, value: unknown): Operation["body"] {
  if (!isObject(value)) return null;
  const found = follow(root, value) as Content & { required?: boolean };
  const [first] = Object.entries(found.content ?? {});
  if (!first) return null;
  return { type: first[0], schema: first[1].schema ?? {}, required: found.required ?? false };
}

function responses(root: Json, value: unknown): Operation["responses"] {
  if (!isObject(value)) return [];
  return Object.entries(value)
    .map(([status, response]) => {
      const found = follow(root, response) as Content;
      const [first] = Object.entries(found.content ?? {});
      return {
        status,
        description: found.description ?? "",
        type: first?.[0] ?? null,
        schema: first?.[1].schema ?? null,
      };
    })
    .sort((a, b) => a.status.localeCompare(b.status));
}

/** Follows chains of references, but not cycles. */
function follow(root: Json, value: unknown): Json {
  let now: unknown = value;
  for (let steps = 0; steps < 10 && isObject(now) && typeof now["$ref"] === "string"; steps += 1) {
    now = pointer(root, now["$ref"]);
  }
  return isObject(now) ? now : {};
}

function pointer(root: Json, ref: string): unknown {
  if (!ref.startsWith("#/")) return {};
  const steps = ref
    .slice(2)
    .split("/")
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), root);
}

/** The last segment of a schema's `$ref`. */
export const refName = (schema: Schema): string | null => schema.$ref?.split("/").at(-1) ?? null;

/** A short description of a schema's type: `string, uuid`, `array of PostSummary`, `"like" or null`. */
export function typeLabel(schema: Schema, resolve: (schema: Schema) => Schema): string {
  const name = refName(schema);
  const full = resolve(schema);
  if (full.enum) return full.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (full.const !== undefined) return JSON.stringify(full.const);
  const choices = full.oneOf ?? full.anyOf;
  if (choices) return choices.map((choice) => typeLabel(choice, resolve)).join(" or ");
  if (full.allOf?.length === 1 && full.allOf[0]) return typeLabel(full.allOf[0], resolve);
  if (name && full.properties) return name;
  const types = (Array.isArray(full.type) ? full.type : [full.type ?? (full.properties ? "object" : "any")]).map(
    (type) => {
      if (type === "array") return `array of ${full.items ? typeLabel(full.items, resolve) : "any"}`;
      return full.format && type !== "null" ? `${type}, ${full.format}` : type;
    },
  );
  return types.join(" or ");
}

/** The limits of a value. */
export function limitLabel(schema: Schema): string {
  const between = (low: number | undefined, high: number | undefined, what: string) => {
    if (low !== undefined && high !== undefined) return `${low} to ${high}${what}`;
    if (high !== undefined) return `at most ${high}${what}`;
    return low === undefined ? null : `at least ${low}${what}`;
  };
  return [
    between(schema.minimum, schema.maximum, ""),
    between(schema.minLength, schema.maxLength, " characters"),
    between(schema.minItems, schema.maxItems, " items"),
  ]
    .filter((limit) => limit !== null)
    .join(", ");
}
