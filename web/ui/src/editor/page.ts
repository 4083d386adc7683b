// The write page: puts the parts of the editor together over the form that works without them.

import { element } from "../lib/dom";
import { errorMessage } from "../lib/http";
import { forget } from "../lib/storage";
import { toast } from "../lib/toast";
import { type Backup, backupKey, find, findNewPost, keep, offer } from "./backup";
import { makeCode } from "./code";
import { Fields } from "./form";
import { change, create, isSame, read, savedPart, type Stored, type Text, textOf } from "./post";
import { countWords, Preview } from "./preview";
import { plain, resolveConflict, showDiff } from "./conflict";
import { Saver, type State } from "./saver";
import { Tags } from "./tags";
import { fillToolbar } from "./toolbar";

/** Milliseconds between copies in the browser while a long text is typed; a short one is copied at every key. */
const COPY_PAUSE = 400;
const LONG = 32_768;

/** Whether a field holds something else than the server sent. */
function isWrittenIn(form: HTMLFormElement): boolean {
  const fields = form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input:not([type=hidden]), textarea");
  return [...fields].some((field) => field.value !== field.defaultValue);
}

export class Editor {
  readonly #fields: Fields;
  readonly #saver: Saver;
  readonly #preview: Preview | null;
  readonly #user = document.body.dataset["userId"] ?? "";
  readonly #tab = crypto.randomUUID();
  readonly #published: boolean;
  readonly #scheduled: boolean;
  #copyTimer: ReturnType<typeof setTimeout> | undefined;
  #leaving = false;
  #asking = false;

  constructor(private readonly form: HTMLFormElement) {
    // A form that came back with messages holds what was typed, not what the service has; and so does one that somebody
    // wrote in before this script was there, or that the browser filled in again.
    const unsaved = form.dataset["unsaved"] !== undefined || isWrittenIn(form);
    this.#fields = new Fields(form);
    this.#published = form.dataset["status"] === "published";
    this.#scheduled = form.dataset["status"] === "scheduled";
    this.#fields.showLocalTime();
    const before = this.#text();
    this.#preview = this.#makePreview();
    this.#makeFields();
    this.#saver = new Saver({
      service: {
        create,
        change: (id, text, version) => change(id, text, version, this.#scheduled),
        errorMessage,
      },
      text: () => this.#text(),
      stored: this.#stored(),
      saved: before,
      // A form that came back with a conflict waits for its author to decide.
      automatic: !this.#published && !document.querySelector(".conflict"),
      key: this.#hidden("key")?.value || this.#tab,
      show: (state) => this.#show(state),
      onSaved: (stored, text) => this.#saved(stored, text),
    });
    if (unsaved) this.#saver.saved = { ...before, body: `${before.body}\u0000` };
    this.#listen();
    this.#offerBackup(before);
    this.#count();
    void this.#preview?.refresh();
    if (unsaved) this.#changed();
  }

  /** What is written, as far as it is saved with the post. */
  #text(): Text {
    return savedPart(this.#fields.read(), this.#scheduled);
  }

  #hidden(name: string): HTMLInputElement | null {
    return this.form.querySelector<HTMLInputElement>(`input[type="hidden"][name="${name}"]`);
  }

  #stored(): Stored | null {
    const { postId: id, version } = this.form.dataset;
    return id && version ? { id, version: Number(version) } : null;
  }

  #makeFields(): void {
    const { body, tagsField } = this.#fields;
    if (body) {
      const place = element("div", { className: "code" });
      const label = body.labels?.[0]?.textContent?.trim() ?? "Text";
      this.#fields.code = makeCode(place, body, label, () => this.#changed());
      body.hidden = true;
      body.required = false;
      body.after(place);
      for (const name of body.labels ?? []) name.addEventListener("click", () => this.#fields.code?.view.focus());
    }
    if (tagsField) this.#fields.chips = new Tags(tagsField, () => this.#changed());
    const bar = this.form.querySelector<HTMLElement>(".toolbar");
    const view = this.#fields.code?.view;
    if (bar && view) fillToolbar(bar, view, this.#preview ? [this.#previewButton()] : []);
  }

  #makePreview(): Preview | null {
    const section = this.form.querySelector<HTMLElement>(".preview");
    const place = section?.querySelector<HTMLElement>(".prose");
    if (!section || !place) return null;
    const note = element("p", { className: "hint", hidden: true }, "The preview is out of date.");
    note.dataset["role"] = "preview-note";
    section.prepend(note);
    return new Preview(
      place,
      () => this.#fields.read().body,
      ({ words, minutes }) => this.#showCount(words, minutes),
    );
  }

  #previewButton(): HTMLButtonElement {
    const section = this.form.querySelector<HTMLElement>(".preview");
    const button = element("button", { type: "button", className: "end" }, "Preview");
    const show = (on: boolean) => {
      if (section) section.hidden = !on;
      this.form.classList.toggle("previewing", on);
      button.setAttribute("aria-pressed", String(on));
      if (on) void this.#preview?.refresh();
    };
    // The plain form's own preview is a whole page.
    for (const plainButton of this.form.querySelectorAll<HTMLElement>('button[value="preview"]')) {
      plainButton.hidden = true;
    }
    if (section) section.tabIndex = 0;
    show(matchMedia("(min-width: 64rem)").matches);
    button.addEventListener("click", () => show(section?.hidden === true));
    return button;
  }

  #listen(): void {
    this.form.addEventListener("input", () => this.#changed());
    this.form.addEventListener("formdata", (event) => event.formData.set("body", this.#fields.read().body));
    this.form.addEventListener("submit", (event) => this.#submit(event));
    addEventListener("online", () => this.#saver.retry());
    addEventListener("focus", () => this.#saver.retry());
    addEventListener("pagehide", () => this.#copy());
    document.addEventListener("visibilitychange", () => {
      this.#copy();
      if (document.visibilityState === "hidden" && !this.#published) void this.#saver.flush();
    });
    addEventListener("beforeunload", (event) => {
      this.#copy();
      if (!this.#leaving && this.#saver.isDirty) event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      void this.#saver.flush();
    });
  }

  #changed(): void {
    const { body } = this.#fields.read();
    if (body.length < LONG) this.#copy();
    else {
      clearTimeout(this.#copyTimer);
      this.#copyTimer = setTimeout(() => this.#copy(), COPY_PAUSE);
    }
    this.#saver.changed();
    this.#preview?.changed();
    this.#count();
  }

  #key(): string {
    return backupKey(this.#user, this.#saver.stored?.id ?? null, this.#tab);
  }

  #copy(): void {
    clearTimeout(this.#copyTimer);
    if (this.#leaving) return;
    if (this.#saver.isDirty) keep(this.#key(), this.#fields.read(), this.#saver.stored?.version ?? null);
    else forget(this.#key());
  }

  #saved(stored: Stored, text: Text): void {
    if (this.form.dataset["postId"] !== stored.id) this.#becomes(stored.id);
    this.form.dataset["version"] = String(stored.version);
    const version = this.#hidden("version");
    if (version) version.value = String(stored.version);
    if (isSame(text, this.#text())) forget(this.#key());
  }

  /** A new post has its place now: what is sent from here on is a change of it. */
  #becomes(id: string): void {
    forget(backupKey(this.#user, null, this.#tab));
    this.form.dataset["postId"] = id;
    this.#hidden("key")?.remove();
    for (const [name, value] of [
      ["version", ""],
      ["shelf", "draft"],
    ] as const) {
      if (!this.#hidden(name)) this.form.prepend(element("input", { type: "hidden", name, value }));
    }
    // Not `form.action`: that is the buttons of this name.
    const path = `/posts/${id}/edit`;
    this.form.setAttribute("action", path);
    history.replaceState(history.state, "", path);
  }

  /** The form goes to the server as ever, once the service has what is written: so nothing is sent that is stale. */
  #submit(event: SubmitEvent): void {
    if (this.#leaving || event.defaultPrevented) return;
    const submitter = event.submitter instanceof HTMLButtonElement ? event.submitter : null;
    if (submitter?.formMethod === "dialog") return;
    this.#fields.chips?.commit();
    const action = submitter?.value ?? "save";
    if (action === "delete" || (this.#published && action !== "save")) {
      // What is unsaved is not to be published on the way.
      this.#leaving = true;
      if (action === "delete") forget(this.#key());
      return;
    }
    event.preventDefault();
    void this.#send(submitter);
  }

  async #send(submitter: HTMLButtonElement | null): Promise<void> {
    if (!this.form.reportValidity()) return;
    submitter?.setAttribute("aria-busy", "true");
    const done = await this.#saver.flush();
    submitter?.removeAttribute("aria-busy");
    if (!done) {
      const { state } = this.#saver;
      if (state.is === "unavailable")
        toast("The server cannot be reached. Your text is kept in this browser.", { kind: "error" });
      if (state.is === "refused") toast(state.words, { kind: "error" });
      if (state.is === "conflict") void this.#settle();
      return;
    }
    if (!submitter || submitter.value === "save") {
      toast(this.#published ? "Updated. Readers will see the changes shortly." : "Saved.");
      return;
    }
    this.#leaving = true;
    forget(this.#key());
    // A form does not submit while its submit event is still on its way.
    setTimeout(() => this.form.requestSubmit(submitter));
  }

  #show(state: State): void {
    const status = this.form.querySelector<HTMLElement>("[data-role=save-status]");
    if (!status) return;
    const place = status.querySelector<HTMLElement>(".words") ?? element("span", { className: "words" });
    if (!place.isConnected) status.append(" ", place);
    const words = statusLabel(state);
    if (place.textContent !== words) place.textContent = words;
    status.dataset["state"] = state.is;
    if (state.is === "signed-out") place.append(" ", element("a", { href: "/signin", target: "_blank" }, "Sign in"));
    if (state.is === "conflict") void this.#settle();
  }

  async #settle(): Promise<void> {
    const id = this.#saver.stored?.id;
    if (this.#asking || !id) return;
    this.#asking = true;
    const answer = await read(id);
    const theirs = answer.kind === "done" ? savedPart(textOf(answer.data), this.#scheduled) : null;
    const decision = theirs && (await resolveConflict(this.#text(), theirs));
    this.#asking = false;
    if (answer.kind !== "done" || !theirs) {
      const why = answer.kind === "done" ? "" : errorMessage(answer);
      toast(why, { kind: "error", action: { label: "Retry", run: () => void this.#settle() } });
      return;
    }
    if (decision === null) {
      const action = { label: "Resolve", run: () => void this.#settle() };
      toast("Not saved: this post was changed elsewhere.", { kind: "error", action });
      return;
    }
    if (decision === "theirs") this.#fields.write(theirs);
    this.#saver.settle(answer.data.version, theirs);
    if (decision === "theirs") toast("Replaced with the saved version. Undo to restore yours.");
    this.#copy();
    if (decision === "mine") void this.#saver.flush();
  }

  #offerBackup(saved: Text): void {
    const stored = this.#saver.stored;
    const found = stored
      ? { key: this.#key(), backup: find(this.#key()) }
      : (findNewPost(this.#user, this.#tab) ?? { key: this.#key(), backup: null });
    const offered = offer(found.backup, saved, stored?.version ?? null);
    if (offered.is === "nothing") {
      if (stored) forget(found.key);
      return;
    }
    this.#showOffer(offered.backup, saved, found.key, offered.is === "diverged");
  }

  #showOffer(backup: Backup, saved: Text, key: string, diverged: boolean): void {
    const when = new Date(backup.at).toLocaleString(document.documentElement.lang || "en", {
      dateStyle: "medium",
      timeStyle: "short",
    });
    const more = diverged && this.#saver.stored ? " The post has since been changed elsewhere." : "";
    const words = element("p", {}, `This browser has unsaved text from ${when}.${more}`);
    const row = element("div", { className: "actions" });
    const alert = element("div", { className: "alert warning" }, words, row);
    const add = (label: string, look: string, run: () => void) => {
      const button = element("button", { type: "button", className: `button small ${look}` }, label);
      button.addEventListener("click", run);
      row.append(button);
      return button;
    };
    add("Restore", "", () => {
      this.#fields.write(backup.text);
      alert.remove();
      if (key !== this.#key()) forget(key);
      this.#changed();
      this.#fields.code?.view.focus();
    });
    const show = add("Show differences", "quiet", () => {
      show.remove();
      row.before(showDiff(plain(saved), plain(backup.text)));
    });
    add("Discard", "quiet", () => {
      forget(key);
      alert.remove();
    });
    alert.setAttribute("role", "status");
    this.form.prepend(alert);
  }

  #count(): void {
    if (this.form.classList.contains("previewing")) return;
    const words = countWords(this.#fields.read().body, document.documentElement.lang || "en");
    this.#showCount(words, Math.max(1, Math.round(words / 220)));
  }

  #showCount(words: number, minutes: number): void {
    const place = this.form.querySelector("[data-role=count]");
    if (!place) return;
    const shown = words.toLocaleString(document.documentElement.lang || "en");
    place.textContent = words === 0 ? "" : `${shown} ${words === 1 ? "word" : "words"}, ${minutes} min read`;
  }
}

export function statusLabel(state: State): string {
  switch (state.is) {
    case "saved":
      return state.at === null ? "" : "Saved";
    case "unsaved":
      return "Not saved yet";
    case "saving":
      return "Saving…";
    case "kept":
      return state.why === "untitled"
        ? "Kept in this browser. Add a title to save it."
        : "Unsaved changes, kept in this browser until you save.";
    case "unavailable":
      return "The server cannot be reached. Your text is kept in this browser and will be saved when the server is back.";
    case "signed-out":
      return "You are signed out. Your text is kept in this browser.";
    case "refused":
      return `Not saved: ${state.words}`;
    case "conflict":
      return "Not saved: changed elsewhere";
  }
}
