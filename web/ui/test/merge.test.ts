// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { mergeComments } from "../src/comments/merge";

interface Comment {
  id: string;
  text?: string;
  cls?: string;
  replies?: Comment[];
}

function list(comments: Comment[]): HTMLOListElement {
  const ol = document.createElement("ol");
  ol.className = "comments";
  ol.innerHTML = comments.map(html).join("");
  return ol;
}

function html({ id, text = id, cls = "", replies = [] }: Comment): string {
  const below = replies.length ? `<ol class="replies">${replies.map(html).join("")}</ol>` : "";
  return `<li class="comment ${cls}" id="comment-${id}" data-id="${id}"><p class="byline">${id} <time data-local="time" datetime="2026-03-12T10:00:00Z">then</time></p><div class="comment-body">${text}</div><div class="actions"><a data-action="reply">Reply</a></div>${below}</li>`;
}

/** The tree as `a(b c) d`. */
function shape(ol: Element): string {
  return [...ol.children]
    .map((item) => {
      const below = item.querySelector(":scope > .replies");
      const name = (item as HTMLElement).dataset["id"] ?? "?";
      return below?.children.length ? `${name}(${shape(below)})` : name;
    })
    .join(" ");
}

let live: HTMLOListElement;
beforeEach(() => {
  live = list([{ id: "a", replies: [{ id: "b" }] }, { id: "d" }]);
  document.body.replaceChildren(live);
});

const body = (id: string) => live.querySelector(`[data-id="${id}"] > .comment-body`)?.textContent;

test("merging is idempotent", () => {
  const fresh = () => list([{ id: "a", replies: [{ id: "b" }, { id: "c" }] }, { id: "d" }, { id: "e" }]);
  const { arrived } = mergeComments(live, fresh());
  expect(arrived.map((comment) => comment.dataset["id"])).toEqual(["c", "e"]);
  expect(shape(live)).toBe("a(b c) d e");
  const before = live.innerHTML;
  const nodes = [...live.querySelectorAll("*")];
  expect(mergeComments(live, fresh()).arrived).toEqual([]);
  expect(live.innerHTML).toBe(before);
  expect([...live.querySelectorAll("*")]).toEqual(nodes);
});

test("new comments are in the server's order", () => {
  mergeComments(live, list([{ id: "x" }, { id: "a", replies: [{ id: "b" }] }, { id: "y" }, { id: "d" }]));
  expect(shape(live)).toBe("x a(b) y d");
});

test("changed comments are updated and others are not touched", () => {
  const same = live.querySelector('[data-id="d"] > .comment-body');
  mergeComments(live, list([{ id: "a", text: "new", cls: "pending", replies: [{ id: "b" }] }, { id: "d" }]));
  expect(body("a")).toBe("new");
  expect(live.querySelector('[data-id="a"]')?.className).toContain("pending");
  expect(live.querySelector('[data-id="d"] > .comment-body')).toBe(same);
});

test("removed comments are removed with their replies", () => {
  mergeComments(live, list([{ id: "d" }]));
  expect(shape(live)).toBe("d");
});

test("a comment being sent keeps its place until the server has it", () => {
  const own = document.createElement("li");
  own.className = "comment pending";
  own.dataset["client"] = "";
  live.append(own);
  mergeComments(live, list([{ id: "a", replies: [{ id: "b" }] }, { id: "d" }, { id: "e" }]));
  expect(live.contains(own)).toBe(true);
  own.dataset["id"] = "own";
  own.innerHTML = '<p class="byline">me</p><div class="comment-body">plain</div>';
  const { arrived } = mergeComments(
    live,
    list([{ id: "a", replies: [{ id: "b" }] }, { id: "d" }, { id: "e" }, { id: "own", text: "rendered" }]),
  );
  expect(arrived).toEqual([]);
  expect(shape(live)).toBe("a(b) d e own");
  expect(body("own")).toBe("rendered");
  expect(live.querySelectorAll('[data-id="own"]')).toHaveLength(1);
  expect("client" in own.dataset).toBe(false);
});

test("a sent comment that is missing in the response is kept", () => {
  const own = list([{ id: "own" }]).firstElementChild as HTMLElement;
  own.dataset["client"] = "";
  live.append(own);
  mergeComments(live, list([{ id: "a", replies: [{ id: "b" }] }, { id: "d" }]));
  expect(shape(live)).toBe("a(b) d own");
});

test("a comment with an open form is not removed", () => {
  const form = document.createElement("form");
  form.dataset["client"] = "";
  form.innerHTML = "<textarea>half a thought</textarea>";
  live.querySelector('[data-id="d"] > .actions')?.after(form);
  mergeComments(live, list([{ id: "a" }]));
  expect(live.contains(form)).toBe(true);
  mergeComments(live, list([{ id: "a" }, { id: "d", text: "edited" }]));
  expect(body("d")).toBe("edited");
  expect(live.querySelector('[data-id="d"] > form')).toBe(form);
});

test("the first replies create their list", () => {
  mergeComments(live, list([{ id: "a", replies: [{ id: "b", replies: [{ id: "c" }] }] }, { id: "d" }]));
  expect(shape(live)).toBe("a(b(c)) d");
});

test("a comment that becomes a placeholder keeps its replies", () => {
  const fresh = list([{ id: "a", replies: [{ id: "b" }] }, { id: "d" }]);
  const gone = fresh.querySelector('[data-id="a"]');
  gone?.classList.add("deleted");
  gone?.querySelector(":scope > .byline")?.remove();
  gone?.querySelector(":scope > .actions")?.remove();
  mergeComments(live, fresh);
  expect(shape(live)).toBe("a(b) d");
  expect(live.querySelector('[data-id="a"] > .byline')).toBeNull();
  expect(live.querySelector('[data-id="a"]')?.classList.contains("deleted")).toBe(true);
});

test("elements added by scripts are ignored", () => {
  const fresh = () => {
    const made = list([
      { id: "a", replies: [{ id: "b" }] },
      { id: "d", text: "<pre><code>x</code></pre>" },
    ]);
    return made;
  };
  mergeComments(live, fresh());
  const pre = live.querySelector('[data-id="d"] pre');
  pre?.insertAdjacentHTML("beforeend", '<button class="copy">Copy</button>');
  pre?.querySelector("code")?.setAttribute("tabindex", "0");
  mergeComments(live, fresh());
  expect(live.querySelector('[data-id="d"] pre')).toBe(pre);
});
