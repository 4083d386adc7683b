// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { limitLabel, parse, typeLabel } from "../src/reference/openapi";
import { markdown, section } from "../src/reference/view";

const SOURCE = {
  openapi: "3.1.0",
  info: { title: "Inkstream posts", description: "Posts.\n\nWith `code`." },
  paths: {
    "/api/posts/{id}": {
      get: {
        tags: ["posts"],
        summary: "The source of an own post",
        parameters: [{ name: "id", in: "path", required: true, schema: { $ref: "#/components/schemas/PostId" } }],
        responses: {
          "404": { description: "None" },
          "200": {
            description: "The post",
            content: { "application/json": { schema: { $ref: "#/components/schemas/Post" } } },
          },
        },
        security: [{ session: [] }],
      },
    },
    "/api/posts": {
      post: {
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/Post" } } },
        },
        responses: { "201": { $ref: "#/components/responses/Made" } },
        security: [{}, { session: [] }],
      },
    },
  },
  components: {
    responses: { Made: { description: "Made <b>it</b>" } },
    schemas: {
      PostId: { type: "string", format: "uuid" },
      Post: {
        type: "object",
        required: ["title"],
        properties: {
          title: { type: "string", maxLength: 200, minLength: 1 },
          tags: { type: "array", items: { type: "string" }, maxItems: 10 },
          parent: { anyOf: [{ $ref: "#/components/schemas/Post" }, { type: "null" }] },
          status: { enum: ["draft", "published"] },
        },
      },
      Circle: { $ref: "#/components/schemas/Circle" },
    },
  },
};

test("operations with resolved references", () => {
  const { operations, title } = parse(SOURCE);
  expect(title).toBe("Inkstream posts");
  expect(operations.map(({ id }) => id)).toEqual(["get-api-posts-id", "post-api-posts"]);
  expect(operations[0]?.responses.map(({ status }) => status)).toEqual(["200", "404"]);
  expect(operations[0]?.needsUser).toBe(true);
  expect(operations[1]?.needsUser).toBe(false);
  expect(operations[1]?.responses[0]?.description).toBe("Made <b>it</b>");
  expect(operations[1]?.body?.required).toBe(true);
});

test("type descriptions", () => {
  const { resolve } = parse(SOURCE);
  const words = (schema: object) => typeLabel(schema, resolve);
  expect(words({ $ref: "#/components/schemas/PostId" })).toBe("string, uuid");
  expect(words({ $ref: "#/components/schemas/Post" })).toBe("Post");
  expect(words({ type: "array", items: { $ref: "#/components/schemas/Post" } })).toBe("array of Post");
  expect(words({ type: ["string", "null"], format: "date-time" })).toBe("string, date-time or null");
  expect(words({ enum: ["a", "b"] })).toBe('"a" or "b"');
  expect(words({ $ref: "#/components/schemas/Circle" })).toBe("any");
  expect(words({ $ref: "#/components/schemas/Nowhere" })).toBe("any");
  expect(limitLabel({ minLength: 1, maxLength: 200 })).toBe("1 to 200 characters");
});

test("recursive schemas end, and text is never markup", () => {
  const made = section("posts", "/api/posts/openapi.json", parse(SOURCE));
  expect(made.querySelectorAll(".operation")).toHaveLength(2);
  expect(made.querySelector("b")).toBeNull();
  expect(made.textContent).toContain("Made <b>it</b>");
  expect(markdown("a `b` c").map((p) => p.innerHTML)).toEqual(["a <code>b</code> c"]);
});

test("an invalid source is an empty document", () => {
  for (const invalid of [null, 1, "x", [], {}, { paths: { "/x": 3 } }]) {
    expect(parse(invalid).operations).toEqual([]);
  }
});
