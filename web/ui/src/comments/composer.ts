// Posting, answering, changing and deleting comments without leaving the page. Every one shows at once, with the state
// that it really has.

import { confirm } from "../lib/dialog";
import { element } from "../lib/dom";
import { type ApiResult, type Refused, errorMessage } from "../lib/http";
import { toast } from "../lib/toast";
import * as api from "./api";
import { draftKey, findDraft, keepDraft } from "./drafts";
import type { Section } from "./section";
import { showState } from "./status";
import { commentOf, draftComment, type Form, type Person, repliesOf, showError, inlineForm } from "./view";

/** When a comment that waits is asked about, in milliseconds after it was posted. */
const LOOKS = [1_000, 3_000, 10_000, 30_000, 120_000];

/** When a comment that nobody answered to is sent again by itself, in milliseconds. */
const RETRIES = [3_000, 10_000, 30_000, 60_000];

/** What is on its way. */
interface Sending {
  parentId: string | null;
  body: string;
  /** Where it is kept until it has arrived. */
  key: string;
}

/** Answers that say something about the text itself, so that it goes back to its form. */
const isAboutText = (answer: ApiResult<unknown>): answer is Refused =>
  answer.kind === "refused" && [400, 409, 410, 413, 422].includes(answer.status);

export class Composer {
  /** The timers of the next looks at comments that wait. */
  readonly #watched = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly section: Section,
    private readonly person: Person,
  ) {}

  start(): void {
    const form = this.section.root.querySelector<HTMLFormElement>(":scope > form.comment-form");
    const field = form?.querySelector("textarea");
    // The plain way to a reply is this form with the comment it answers.
    const answered = form?.querySelector<HTMLInputElement>("[name=parent_id]")?.value;
    const parent = answered ? this.section.find(answered) : null;
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

  /** Sends what `form` holds, and keeps it over a reload until then. */
  #connect(form: HTMLFormElement, field: HTMLTextAreaElement, parent: HTMLElement | null, sent: () => void): void {
    const parentId = parent?.dataset["id"] ?? null;
    const key = draftKey(this.person.id, this.section.post, parentId ?? "new");
    if (field.value === "") field.value = findDraft(key);
    field.addEventListener("input", () => {
      keepDraft(key, field.value);
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
      sent();
      const list = parent ? repliesOf(parent) : this.section.list;
      const comment = draftComment(crypto.randomUUID(), this.person, body);
      list.append(comment);
      void this.#post(comment, { parentId, body, key });
    });
  }

  async #post(comment: HTMLElement, text: Sending, attempt = 0): Promise<void> {
    showState(comment, "sending");
    const { parentId, body, key } = text;
    const post_id = this.section.post;
    const answer = await api.post({ post_id, parent_id: parentId, body }, comment.dataset["key"] ?? "");
    if (answer.kind === "done") {
      // Unless the next one is being written already.
      if (findDraft(key).trim() === body.trim()) keepDraft(key, "");
      this.#arrived(comment, answer.data);
      return;
    }
    if (isAboutText(answer)) {
      comment.remove();
      this.#giveBack(parentId, body, errorMessage(answer));
      return;
    }
    showState(comment, "failed");
    this.#offerAgain(comment, text, errorMessage(answer), attempt);
  }

  /** The comment is the server's from now on. */
  #arrived(comment: HTMLElement, own: api.OwnComment): void {
    // News of it may have come before this answer.
    const there = this.section.find(own.id);
    if (there && there !== comment) comment.remove();
    else {
      comment.dataset["id"] = own.id;
      comment.id = `comment-${own.id}`;
      showState(comment, own.status, own);
    }
    toast(own.status === "approved" ? "Comment posted." : "Your comment is awaiting review.");
    void this.section.refresh();
    if (own.status === "pending") this.#watch(own.id, 0);
  }

  /** A decision on a comment that nobody else sees is no news for readers: so its author's page asks. */
  #watch(id: string, look: number): void {
    this.#unwatch(id);
    const wait = LOOKS[look];
    if (wait === undefined) return;
    const timer = setTimeout(async () => {
      const answer = await api.read(id);
      // Deleted or changed meanwhile: somebody else watches, or nobody needs to.
      if (this.#watched.get(id) !== timer) return;
      if (answer.kind === "done" && answer.data.status !== "pending") {
        const comment = this.section.find(id);
        if (comment) showState(comment, answer.data.status, answer.data);
        this.#unwatch(id);
        if (answer.data.status === "rejected")
          toast("One of your comments was rejected. The reason is shown below it.");
        void this.section.refresh();
      } else if (answer.kind === "refused" && (answer.status === 404 || answer.status === 410)) {
        // Deleted on another page.
        this.#unwatch(id);
        void this.section.refresh();
      } else this.#watch(id, look + 1);
    }, wait);
    this.#watched.set(id, timer);
  }

  #unwatch(id: string): void {
    clearTimeout(this.#watched.get(id));
    this.#watched.delete(id);
  }

  /** What was refused stands in its form again, with the reason beside it. */
  #giveBack(parentId: string | null, body: string, message: string): void {
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

  /** With the same key again: if an earlier attempt did arrive, it is found and not posted twice. */
  #offerAgain(comment: HTMLElement, text: Sending, why: string, attempt: number): void {
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
    const wait = RETRIES[attempt];
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
      keepDraft(text.key, "");
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
    const answer = await api.read(id);
    link.removeAttribute("aria-busy");
    if (answer.kind !== "done") {
      toast(errorMessage(answer), { kind: "error" });
      return;
    }
    const body = comment.querySelector<HTMLElement>(":scope > .comment-body");
    const end = () => {
      if (body) body.hidden = false;
      // News may have brought another body meanwhile.
      const now = comment.querySelector<HTMLElement>(":scope > .comment-body");
      if (now) now.hidden = false;
      close(made, comment);
    };
    const made: Form = inlineForm(`edit-${id}`, "Edit comment", "Save", end);
    made.field.value = answer.data.body ?? "";
    let version = answer.data.version;
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
        if (saved.data.status === "pending") this.#watch(id, 0);
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
    const watched = this.#watched.has(id);
    this.#unwatch(id);
    const answer = await api.remove(id);
    comment.removeAttribute("aria-busy");
    if (answer.kind !== "done") {
      if (watched) this.#watch(id, 0);
      toast(`The comment could not be deleted. ${errorMessage(answer)}`, { kind: "error" });
      return;
    }
    // With replies below, its place stays; the server says how that looks.
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
