// Posts, edits and deletes comments without a page load. A comment is shown immediately, with its actual state.

import { confirm } from "../lib/dialog";
import { element } from "../lib/dom";
import { type ApiResult, type Refused, errorMessage } from "../lib/http";
import { toast } from "../lib/toast";
import * as api from "./api";
import { draftKey, loadDraft, saveDraft } from "./drafts";
import type { Section } from "./section";
import { showState } from "./status";
import { commentOf, draftComment, type Form, type User, repliesOf, showError, inlineForm } from "./view";

/** Delays between the polls of a pending comment, in milliseconds. */
const POLL_DELAYS = [1_000, 3_000, 10_000, 30_000, 120_000];

/** Delays between the attempts to send a comment, in milliseconds. */
const RETRY_DELAYS = [3_000, 10_000, 30_000, 60_000];

/** A comment that is being sent. */
interface Outgoing {
  parentId: string | null;
  body: string;
  /** The key of its draft, which is kept until the comment is posted. */
  key: string;
}

/** Errors about the text itself, which is then returned to its form. */
const isTextError = (result: ApiResult<unknown>): result is Refused =>
  result.kind === "refused" && [400, 409, 410, 413, 422].includes(result.status);

export class Composer {
  /** The timers of the next polls, by comment. */
  readonly #polls = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly section: Section,
    private readonly user: User,
  ) {}

  start(): void {
    const form = this.section.root.querySelector<HTMLFormElement>(":scope > form.comment-form");
    const field = form?.querySelector("textarea");
    // Without scripts a reply uses this form, with the parent in a hidden field.
    const parentId = form?.querySelector<HTMLInputElement>("[name=parent_id]")?.value;
    const parent = parentId ? this.section.find(parentId) : null;
    if (form && field) this.#connect(form, field, parent, () => undefined);
    this.section.root.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-action]") : null;
      const comment = link && commentOf(link);
      if (!link || !comment || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const action = link.dataset["action"];
      if (action !== "reply" && action !== "edit" && action !== "delete") return;
      event.preventDefault();
      if (action === "reply") this.#reply(comment);
      else if (action === "edit") void this.#edit(comment, link);
      else void this.#delete(comment);
    });
  }

  /** Sends the text of `form` when it is submitted, and stores it as a draft until then. */
  #connect(form: HTMLFormElement, field: HTMLTextAreaElement, parent: HTMLElement | null, onSubmit: () => void): void {
    const parentId = parent?.dataset["id"] ?? null;
    const key = draftKey(this.user.id, this.section.post, parentId ?? "new");
    if (field.value === "") field.value = loadDraft(key);
    field.addEventListener("input", () => {
      saveDraft(key, field.value);
      showError(field, null);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = field.value;
      if (body.trim() === "") {
        showError(field, "Enter a comment.");
        field.focus();
        return;
      }
      showError(field, null);
      field.value = "";
      onSubmit();
      const list = parent ? repliesOf(parent) : this.section.list;
      const comment = draftComment(crypto.randomUUID(), this.user, body);
      list.append(comment);
      void this.#post(comment, { parentId, body, key });
    });
  }

  async #post(comment: HTMLElement, text: Outgoing, attempt = 0): Promise<void> {
    showState(comment, "sending");
    const { parentId, body, key } = text;
    const post_id = this.section.post;
    const result = await api.post({ post_id, parent_id: parentId, body }, comment.dataset["key"] ?? "");
    if (result.kind === "done") {
      // Unless the next comment is being written already.
      if (loadDraft(key).trim() === body.trim()) saveDraft(key, "");
      this.#posted(comment, result.data);
      return;
    }
    if (isTextError(result)) {
      comment.remove();
      this.#returnToForm(parentId, body, errorMessage(result));
      return;
    }
    showState(comment, "failed");
    this.#offerRetry(comment, text, errorMessage(result), attempt);
  }

  /** Replaces the client-only comment with the posted one. */
  #posted(comment: HTMLElement, own: api.OwnComment): void {
    // A live update may have arrived before this response.
    const there = this.section.find(own.id);
    if (there && there !== comment) comment.remove();
    else {
      comment.dataset["id"] = own.id;
      comment.id = `comment-${own.id}`;
      showState(comment, own.status, own);
    }
    toast(own.status === "approved" ? "Comment posted." : "Your comment is awaiting review.");
    void this.section.refresh();
    if (own.status === "pending") this.#poll(own.id, 0);
  }

  /** Polls a pending comment: decisions about comments that readers cannot see cause no live updates. */
  #poll(id: string, attempt: number): void {
    this.#stopPolling(id);
    const wait = POLL_DELAYS[attempt];
    if (wait === undefined) return;
    const timer = setTimeout(async () => {
      const result = await api.read(id);
      // Deleted or edited in the meantime: this poll is obsolete.
      if (this.#polls.get(id) !== timer) return;
      if (result.kind === "done" && result.data.status !== "pending") {
        const comment = this.section.find(id);
        if (comment) showState(comment, result.data.status, result.data);
        this.#stopPolling(id);
        if (result.data.status === "rejected")
          toast("One of your comments was rejected. The reason is shown below it.");
        void this.section.refresh();
      } else if (result.kind === "refused" && (result.status === 404 || result.status === 410)) {
        // Deleted on another page.
        this.#stopPolling(id);
        void this.section.refresh();
      } else this.#poll(id, attempt + 1);
    }, wait);
    this.#polls.set(id, timer);
  }

  #stopPolling(id: string): void {
    clearTimeout(this.#polls.get(id));
    this.#polls.delete(id);
  }

  /** Returns a rejected text to its form, with the error message. */
  #returnToForm(parentId: string | null, body: string, message: string): void {
    const parent = parentId ? this.section.find(parentId) : null;
    const form = parent
      ? this.#reply(parent)
      : this.section.root.querySelector<HTMLFormElement>(":scope > form.comment-form");
    const field = form?.querySelector("textarea");
    if (!field) {
      toast(message, { kind: "error" });
      return;
    }
    field.value = field.value.trim() ? `${body}\n\n${field.value}` : body;
    showError(field, message);
    field.focus();
  }

  /** Retries use the same idempotency key, so that a comment is not posted twice. */
  #offerRetry(comment: HTMLElement, text: Outgoing, why: string, attempt: number): void {
    const again = element("button", { type: "button", className: "button link" }, "Retry now");
    const drop = element("button", { type: "button", className: "button link danger" }, "Discard");
    const status = element(
      "p",
      { className: "status" },
      `${why} Your comment is kept in this browser. `,
      again,
      " ",
      drop,
    );
    status.setAttribute("role", "alert");
    comment.querySelector(":scope > .comment-body")?.after(status);
    const wait = RETRY_DELAYS[attempt];
    const send = () => {
      end();
      if (comment.isConnected) void this.#post(comment, text, attempt + 1);
    };
    const timer = wait === undefined ? undefined : setTimeout(send, wait);
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", send);
    };
    addEventListener("online", send);
    again.addEventListener("click", send);
    drop.addEventListener("click", () => {
      end();
      saveDraft(text.key, "");
      comment.remove();
    });
  }

  #reply(comment: HTMLElement): HTMLFormElement {
    const there = comment.querySelector<HTMLFormElement>(":scope > form[data-client]");
    if (there) {
      there.querySelector("textarea")?.focus();
      return there;
    }
    const name = comment.querySelector(":scope > .byline bdi")?.textContent ?? "this comment";
    const made: Form = inlineForm(`reply-${comment.dataset["id"]}`, `Reply to ${name}`, "Reply", () =>
      close(made, comment),
    );
    place(comment, made.form);
    this.#connect(made.form, made.field, comment, () => made.form.remove());
    made.field.focus();
    return made.form;
  }

  async #edit(comment: HTMLElement, link: HTMLElement): Promise<void> {
    const id = comment.dataset["id"];
    if (!id || comment.querySelector(":scope > form[data-client]")) return;
    link.setAttribute("aria-busy", "true");
    const result = await api.read(id);
    link.removeAttribute("aria-busy");
    if (result.kind !== "done") {
      toast(errorMessage(result), { kind: "error" });
      return;
    }
    const body = comment.querySelector<HTMLElement>(":scope > .comment-body");
    const end = () => {
      if (body) body.hidden = false;
      // A live update may have replaced the body.
      const now = comment.querySelector<HTMLElement>(":scope > .comment-body");
      if (now) now.hidden = false;
      close(made, comment);
    };
    const made: Form = inlineForm(`edit-${id}`, "Edit comment", "Save", end);
    made.field.value = result.data.body ?? "";
    let version = result.data.version;
    made.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      made.button.disabled = true;
      const saved = await api.edit(id, made.field.value, version);
      made.button.disabled = false;
      if (saved.kind === "done") {
        end();
        showState(comment, saved.data.status, saved.data);
        toast(saved.data.status === "approved" ? "Saved." : "Saved. Your changes are awaiting review.");
        void this.section.refresh();
        if (saved.data.status === "pending") this.#poll(id, 0);
      } else if (saved.kind === "refused" && saved.status === 412) {
        version = saved.version ?? version + 1;
        showError(made.field, "This comment was changed elsewhere. Save again to replace it with your text.");
      } else {
        showError(made.field, errorMessage(saved));
      }
    });
    if (body) body.hidden = true;
    place(comment, made.form);
    made.field.focus();
  }

  async #delete(comment: HTMLElement): Promise<void> {
    const id = comment.dataset["id"];
    if (!id || !(await confirm("Your comment will be permanently deleted.", "Delete"))) return;
    comment.setAttribute("aria-busy", "true");
    const polled = this.#polls.has(id);
    this.#stopPolling(id);
    const result = await api.remove(id);
    comment.removeAttribute("aria-busy");
    if (result.kind !== "done") {
      if (polled) this.#poll(id, 0);
      toast(`The comment could not be deleted. ${errorMessage(result)}`, { kind: "error" });
      return;
    }
    // With replies a placeholder stays, which the server renders.
    delete comment.dataset["client"];
    if (!comment.querySelector(".comment")) comment.remove();
    toast("Comment deleted.");
    void this.section.refresh();
  }
}

function place(comment: HTMLElement, form: HTMLFormElement): void {
  const actions = comment.querySelector<HTMLElement>(":scope > .actions");
  if (actions) actions.after(form);
  else comment.querySelector(":scope > .comment-body")?.after(form);
}

function close({ form }: Form, comment: HTMLElement): void {
  form.remove();
  comment.querySelector<HTMLElement>(":scope > .actions [data-action]")?.focus();
}
