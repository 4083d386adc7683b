// Renders the reference as elements, so that text of a document is never interpreted as markup.

import { element } from "../lib/dom";
import { type Document, limitLabel, type Operation, type Schema, typeLabel } from "./openapi";

/** Maximum depth of nested objects; deeper ones are only named. */
const MAX_DEPTH = 4;

export function navigation(name: string, document: Document): HTMLElement {
  const items = document.operations.map((operation) => {
    const link = element(
      "a",
      { href: `#${operation.id}` },
      element("span", { className: `method ${operation.method.toLowerCase()}` }, operation.method),
      " ",
      element("span", { className: "path" }, operation.path),
    );
    return element("li", {}, link);
  });
  return element("section", {}, element("h2", {}, name), element("ol", {}, ...items));
}

export function section(name: string, url: string, document: Document): HTMLElement {
  const head = element(
    "header",
    {},
    element("h2", { id: `service-${name}` }, document.title),
    ...markdown(document.description),
    element("p", { className: "hint" }, element("a", { href: url }, "OpenAPI document")),
  );
  const made = element(
    "section",
    { className: "service" },
    head,
    ...document.operations.map((o) => operation(o, document)),
  );
  made.setAttribute("aria-labelledby", `service-${name}`);
  return made;
}

function operation(operation: Operation, { resolve }: Document): HTMLElement {
  const title = element(
    "h3",
    {},
    element("span", { className: `method ${operation.method.toLowerCase()}` }, operation.method),
    " ",
    element("code", {}, operation.path),
  );
  const made = element("article", { className: "operation", id: operation.id }, title);
  if (operation.summary) made.append(element("p", { className: "summary" }, operation.summary));
  made.append(...markdown(operation.description));
  if (operation.needsUser) made.append(element("p", { className: "hint" }, "Requires authentication."));
  if (operation.parameters.length) {
    const rows = operation.parameters.map((parameter) =>
      row(parameter.name, parameter.schema ?? {}, parameter.required ?? false, resolve, 0, {
        place: parameter.in,
        description: parameter.description ?? "",
      }),
    );
    made.append(element("h4", {}, "Parameters"), element("dl", { className: "fields" }, ...rows.flat()));
  }
  if (operation.body) {
    const words = `Request body: ${typeLabel(operation.body.schema, resolve)}${operation.body.required ? "" : ", optional"}`;
    made.append(element("h4", {}, words), ...fields(operation.body.schema, resolve, 0));
  }
  if (operation.responses.length) {
    made.append(element("h4", {}, "Responses"), ...operation.responses.map((entry) => response(entry, resolve)));
  }
  return made;
}

type Resolve = Document["resolve"];

function response({ status, description, schema }: Operation["responses"][number], resolve: Resolve): HTMLElement {
  const good = status.startsWith("2");
  const line = [
    element(
      "span",
      { className: `badge ${good ? "approved" : status.startsWith("3") ? "draft" : "rejected"}` },
      status,
    ),
    " ",
    ...inline(description),
  ];
  const inside = schema ? fields(schema, resolve, 0) : [];
  if (!inside.length) return element("p", { className: "response" }, ...line);
  const details = element("details", { className: "response" }, element("summary", {}, ...line), ...inside);
  details.open = good;
  return details;
}

/** The properties of a schema; none for plain values. */
function fields(schema: Schema, resolve: Resolve, depth: number): HTMLElement[] {
  const full = resolve(schema);
  if (full.items && depth <= MAX_DEPTH) return fields(full.items, resolve, depth);
  const parts = [...(full.allOf ?? []), ...(full.oneOf ?? []), ...(full.anyOf ?? [])];
  if (parts.length) return parts.flatMap((part) => fields(part, resolve, depth));
  const entries = Object.entries(full.properties ?? {});
  if (!entries.length || depth > MAX_DEPTH) return [];
  const required = new Set(full.required ?? []);
  const rows = entries.flatMap(([name, property]) => row(name, property, required.has(name), resolve, depth));
  return [element("dl", { className: "fields" }, ...rows)];
}

function row(
  name: string,
  schema: Schema,
  required: boolean,
  resolve: Resolve,
  depth: number,
  extra: { place?: string; description?: string } = {},
): HTMLElement[] {
  const full = resolve(schema);
  const term = element("dt", {}, element("code", {}, name));
  const notes = [typeLabel(schema, resolve), limitLabel(full), extra.place ? `in ${extra.place}` : ""].filter(Boolean);
  term.append(" ", element("span", { className: "type" }, notes.join(", ")));
  if (required) term.append(" ", element("span", { className: "required" }, "required"));
  const words = extra.description || schema.description || full.description || "";
  const detail = element("dd", {}, ...markdown(words));
  const inner = fields(schema, resolve, depth + 1);
  if (inner.length) detail.append(element("details", {}, element("summary", {}, "Fields"), ...inner));
  return [term, detail];
}

/** Renders paragraphs and `code`, the only markup in the documents. */
export function markdown(text: string): HTMLElement[] {
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => element("p", {}, ...inline(paragraph)));
}

function inline(text: string): (HTMLElement | string)[] {
  return text.split(/`([^`]+)`/).map((part, at) => (at % 2 ? element("code", {}, part) : part));
}
