// The parts of a comment that scripts create: a comment being sent, and the forms for replies and edits.

import { element } from "../lib/dom";

export interface User {
  id: string;
  name: string;
}

/** The signed-in user, from the attributes of the page's body. */
export function currentUser(): User | null {
  const { userId: id, userName: name } = document.body.dataset;
  return id && name ? { id, name } : null;
}

/** A comment that is being sent, as plain text: only the server renders Markdown. */
export function draftComment(key: string, author: User, body: string): HTMLLIElement {
  const avatar = element("span", { className: "avatar" }, [...author.name][0] ?? "");
  avatar.setAttribute("aria-hidden", "true");
  const byline = element(
    "p",
    { className: "byline" },
    element("span", { className: "author" }, avatar, " ", element("bdi", {}, author.name)),
  );
  const paragraphs = body
    .trim()
    .split(/\n{2,}/)
    .map((text) => element("p", {}, text));
  const text = element("div", { className: "comment-body prose small", dir: "auto" }, ...paragraphs);
  const comment = element("li", { className: "comment", id: `comment-${key}` }, byline, text);
  comment.dataset["client"] = "";
  comment.dataset["key"] = key;
  return comment;
}

export interface Form {
  form: HTMLFormElement;
  field: HTMLTextAreaElement;
  button: HTMLButtonElement;
}

/** A form for a reply or an edit, below a comment. */
export function inlineForm(id: string, label: string, action: string, onCancel: () => void): Form {
  const field = element("textarea", { id: `text-${id}`, name: "body", required: true, maxLength: 5000 });
  const button = element("button", { className: "button small" }, action);
  const cancel = element("button", { className: "button quiet small", type: "button" }, "Cancel");
  cancel.addEventListener("click", onCancel);
  const form = element(
    "form",
    { className: "comment-form" },
    element("div", { className: "field" }, element("label", { htmlFor: field.id }, label), field),
    element("div", { className: "actions" }, button, cancel),
  );
  form.dataset["client"] = "";
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && field.value.trim() === "") onCancel();
  });
  return { form, field, button };
}

/** Shows an error message at the field; `null` removes it. */
export function showError(field: HTMLTextAreaElement, message: string | null): void {
  const id = `${field.id}-error`;
  const box = field.closest(".field");
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((name) => name && name !== id);
  box?.querySelector(".error")?.remove();
  if (message) {
    described.push(id);
    field.setAttribute("aria-invalid", "true");
    box?.append(element("p", { className: "error", id }, message));
  } else {
    field.removeAttribute("aria-invalid");
  }
  if (described.length) field.setAttribute("aria-describedby", described.join(" "));
  else field.removeAttribute("aria-describedby");
}

/** The list of replies below a comment; created when missing. */
export function repliesOf(comment: HTMLElement): HTMLElement {
  const there = comment.querySelector<HTMLElement>(":scope > .replies");
  if (there) return there;
  const list = element("ol", { className: "replies" });
  comment.append(list);
  return list;
}

/** The comment that contains the node. */
export function commentOf(node: Element): HTMLElement | null {
  return node.closest<HTMLElement>("li.comment");
}
