// The write page: puts the parts of the editor together over the form that works without them.

import { element } from "../lib/dom";
import { words as explain } from "../lib/http";
import { forget } from "../lib/storage";
import { toast } from "../lib/toast";
import { type Backup, backupKey, find, findNew, keep, offer } from "./backup";
import { makeCode } from "./code";
import { Fields } from "./form";
import { change, create, isSame, read, type Stored, type Text, textOf } from "./post";
import { countWords, Preview } from "./preview";
import { plain, settleConflict, showDiff } from "./questions";
import { Saver, type State } from "./saver";
import { Tags } from "./tags";
import { fillToolbar } from "./toolbar";

/** Milliseconds between copies in the browser while a long text is typed; a short one is copied at every key. */
const COPY_PAUSE = 400;
const LONG = 32_768;

export class Editor {
  readonly #fields: Fields;
  readonly #saver: Saver;
  readonly #preview: Preview | null;
  readonly #user = document.body.dataset["userId"] ?? "";
  readonly #tab = crypto.randomUUID();
  readonly #published: boolean;
  #copyTimer: ReturnType<typeof setTimeout> | undefined;
  #leaving = false;
  #asking = false;

  constructor(private readonly form: HTMLFormElement) {
    this.#fields = new Fields(form);
    this.#published = form.dataset["status"] === "published";
    this.#fields.showLocalTime();
    const before = this.#fields.read();
    this.#preview = this.#makePreview();
    this.#makeFields();
    this.#saver = new Saver({
      service: { create, change, words: explain },
      text: () => this.#fields.read(),
      stored: this.#stored(),
      saved: before,
      automatic: !this.#published,
      key: this.#tab,
      show: (state) => this.#show(state),
      onSaved: (stored, text) => this.#saved(stored, text),
    });
    // A form that came back with messages holds what was typed, not what the service has.
    if (form.dataset["unsaved"] !== undefined) this.#saver.saved = { ...before, body: `${before.body}\u0000` };
    this.#listen();
    this.#offerBackup(before);
    this.#count();
    void this.#preview?.refresh();
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
    const note = element("p", { className: "hint", hidden: true }, "The preview is not up to date.");
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
    if (this.form.dataset["postId"] !== stored.id) {
      forget(backupKey(this.#user, null, this.#tab));
      this.form.dataset["postId"] = stored.id;
      this.form.action = `/posts/${stored.id}/edit`;
      history.replaceState(history.state, "", this.form.action);
    }
    this.form.dataset["version"] = String(stored.version);
    const version = this.form.querySelector<HTMLInputElement>("[name=version]");
    if (version) version.value = String(stored.version);
    if (isSame(text, this.#fields.read())) forget(this.#key());
  }

  /** The form goes to the server as ever, once the service has what is written: so nothing is sent that is stale. */
  #submit(event: SubmitEvent): void {
    if (this.#leaving || event.defaultPrevented) return;
    const submitter = event.submitter instanceof HTMLButtonElement ? event.submitter : null;
    if (submitter?.formMethod === "dialog") return;
    event.preventDefault();
    this.#fields.chips?.commit();
    void this.#send(submitter);
  }

  async #send(submitter: HTMLButtonElement | null): Promise<void> {
    if (!this.form.reportValidity()) return;
    submitter?.setAttribute("aria-busy", "true");
    const done = await this.#saver.flush();
    submitter?.removeAttribute("aria-busy");
    if (!done) {
      const { state } = this.#saver;
      if (state.is === "away")
        toast("The server cannot be reached. Your text is kept in this browser.", { kind: "error" });
      if (state.is === "refused") toast(state.words, { kind: "error" });
      if (state.is === "conflict") void this.#settle();
      return;
    }
    if (submitter?.value === "save") {
      toast(this.#published ? "Updated. Readers see it in a moment." : "Saved.");
      return;
    }
    this.#leaving = true;
    forget(this.#key());
    this.form.requestSubmit(submitter);
  }

  #show(state: State): void {
    const place = this.form.querySelector<HTMLElement>("[data-role=save-status]");
    if (!place) return;
    const words = statusWords(state);
    if (place.textContent !== words) place.textContent = words;
    place.dataset["state"] = state.is;
    if (state.is === "signed-out") place.append(" ", element("a", { href: "/signin", target: "_blank" }, "Sign in"));
    if (state.is === "conflict") void this.#settle();
  }

  async #settle(): Promise<void> {
    const id = this.#saver.stored?.id;
    if (this.#asking || !id) return;
    this.#asking = true;
    const answer = await read(id);
    const mine = this.#fields.read();
    const decision = answer.kind === "done" ? await settleConflict(mine, textOf(answer.data)) : null;
    this.#asking = false;
    if (answer.kind !== "done") {
      toast(explain(answer), { kind: "error", action: { label: "Again", run: () => void this.#settle() } });
      return;
    }
    const theirs = textOf(answer.data);
    if (decision === null) {
      const action = { label: "Decide", run: () => void this.#settle() };
      toast("Not saved: this post was changed elsewhere.", { kind: "error", action });
      return;
    }
    if (decision === "theirs") this.#fields.write(theirs);
    this.#saver.settle(answer.data.version, theirs);
    if (decision === "theirs") toast("You have the other text now. Undo brings yours back.");
    this.#copy();
    if (decision === "mine") void this.#saver.flush();
  }

  #offerBackup(saved: Text): void {
    const stored = this.#saver.stored;
    const found = stored
      ? { key: this.#key(), backup: find(this.#key()) }
      : (findNew(this.#user, this.#tab) ?? { key: this.#key(), backup: null });
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
    const more = diverged && this.#saver.stored ? " The post was changed elsewhere since." : "";
    const words = element("p", {}, `This browser keeps a text of ${when} that was never saved.${more}`);
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

export function statusWords(state: State): string {
  switch (state.is) {
    case "saved":
      return state.at === null ? "" : "Saved";
    case "unsaved":
      return "Not saved yet";
    case "saving":
      return "Saving…";
    case "kept":
      return state.why === "untitled"
        ? "Kept in this browser. A title saves it."
        : "Kept in this browser until you press Update";
    case "away":
      return "The server cannot be reached. Kept in this browser, and saved when it is back.";
    case "signed-out":
      return "You are signed out. Kept in this browser.";
    case "refused":
      return `Not saved: ${state.words}`;
    case "conflict":
      return "Not saved: changed elsewhere";
  }
}
