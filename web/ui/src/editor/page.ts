// The editor page: enhances the form, which also works without scripts.

import { element } from "../lib/dom";
import { errorMessage } from "../lib/http";
import { forget } from "../lib/storage";
import { toast } from "../lib/toast";
import { type Backup, backupKey, findNewPost, loadBackup, offer, saveBackup } from "./backup";
import { makeCode } from "./code";
import { Fields } from "./form";
import { change, create, isSame, read, savedPart, type Stored, type Text, textOf } from "./post";
import { countWords, Preview } from "./preview";
import { asText, resolveConflict, showDiff } from "./conflict";
import { Saver, type State } from "./saver";
import { Tags } from "./tags";
import { fillToolbar } from "./toolbar";

/** Milliseconds between copies of a long text in the browser; a short text is copied on every change. */
const COPY_DELAY = 400;
const LONG_TEXT = 32_768;

/** Whether a field differs from what the server sent. */
function isModified(form: HTMLFormElement): boolean {
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
  #resolving = false;

  constructor(private readonly form: HTMLFormElement) {
    // The form does not match the saved post if the server returned it with errors, if the user typed before this script
    // started, or if the browser restored the fields.
    const unsaved = form.dataset["unsaved"] !== undefined || isModified(form);
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
      // After a conflict the author decides first.
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

  /** The part of the form that is saved with the post. */
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
    // The preview of the plain form loads a new page.
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
    if (body.length < LONG_TEXT) this.#copy();
    else {
      clearTimeout(this.#copyTimer);
      this.#copyTimer = setTimeout(() => this.#copy(), COPY_DELAY);
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
    if (this.#saver.isDirty) saveBackup(this.#key(), this.#fields.read(), this.#saver.stored?.version ?? null);
    else forget(this.#key());
  }

  #saved(stored: Stored, text: Text): void {
    if (this.form.dataset["postId"] !== stored.id) this.#created(stored.id);
    this.form.dataset["version"] = String(stored.version);
    const version = this.#hidden("version");
    if (version) version.value = String(stored.version);
    if (isSame(text, this.#text())) forget(this.#key());
  }

  /** The new post was created: from now on the form updates it. */
  #created(id: string): void {
    forget(backupKey(this.#user, null, this.#tab));
    this.form.dataset["postId"] = id;
    this.#hidden("key")?.remove();
    for (const [name, value] of [
      ["version", ""],
      ["list", "draft"],
    ] as const) {
      if (!this.#hidden(name)) this.form.prepend(element("input", { type: "hidden", name, value }));
    }
    // Not `form.action`, which is the buttons named `action`.
    const path = `/posts/${id}/edit`;
    this.form.setAttribute("action", path);
    history.replaceState(history.state, "", path);
  }

  /** Saves first, then submits the form, so that it is not submitted with an outdated version. */
  #submit(event: SubmitEvent): void {
    if (this.#leaving || event.defaultPrevented) return;
    const submitter = event.submitter instanceof HTMLButtonElement ? event.submitter : null;
    if (submitter?.formMethod === "dialog") return;
    this.#fields.chips?.commit();
    const action = submitter?.value ?? "save";
    if (action === "delete" || (this.#published && action !== "save")) {
      // Unsaved changes are not to be published by this.
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
      if (state.is === "refused") toast(state.message, { kind: "error" });
      if (state.is === "conflict") void this.#resolveConflict();
      return;
    }
    if (!submitter || submitter.value === "save") {
      toast(this.#published ? "Updated. Readers will see the changes shortly." : "Saved.");
      if (this.#published) void this.#awaitModeration();
      return;
    }
    this.#leaving = true;
    forget(this.#key());
    // A form cannot be submitted during its submit event.
    setTimeout(() => this.form.requestSubmit(submitter));
  }

  /** Moderation decides within moments. The page of a post that is held says so. */
  async #awaitModeration(): Promise<void> {
    for (const delay of [50, 200, 800, 3_200]) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      const result = await read(this.#saver.stored?.id ?? "");
      if (result.kind !== "done") continue;
      if (result.data.status === "published") {
        if (result.data.moderation) return;
        continue;
      }
      if (this.#saver.isDirty) toast("Readers can't see this post until a moderator reviews it.", { kind: "error" });
      else location.reload();
      return;
    }
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
    if (state.is === "conflict") void this.#resolveConflict();
  }

  async #resolveConflict(): Promise<void> {
    const id = this.#saver.stored?.id;
    if (this.#resolving || !id) return;
    this.#resolving = true;
    const result = await read(id);
    const theirs = result.kind === "done" ? savedPart(textOf(result.data), this.#scheduled) : null;
    const decision = theirs && (await resolveConflict(this.#text(), theirs));
    this.#resolving = false;
    if (result.kind !== "done" || !theirs) {
      const why = result.kind === "done" ? "" : errorMessage(result);
      toast(why, { kind: "error", action: { label: "Retry", run: () => void this.#resolveConflict() } });
      return;
    }
    if (decision === null) {
      const action = { label: "Resolve", run: () => void this.#resolveConflict() };
      toast("Not saved: this post was changed elsewhere.", { kind: "error", action });
      return;
    }
    if (decision === "theirs") this.#fields.write(theirs);
    this.#saver.resolve(result.data.version, theirs);
    if (decision === "theirs") toast("Replaced with the saved version. Undo to restore yours.");
    this.#copy();
    if (decision === "mine") void this.#saver.flush();
  }

  #offerBackup(saved: Text): void {
    const stored = this.#saver.stored;
    const found = stored
      ? { key: this.#key(), backup: loadBackup(this.#key()) }
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
      row.before(showDiff(asText(saved), asText(backup.text)));
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
      return `Not saved: ${state.message}`;
    case "conflict":
      return "Not saved: changed elsewhere";
  }
}
