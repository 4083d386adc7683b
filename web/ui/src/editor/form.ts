// The form of the editor page: reads its fields and writes them.

import type { Code } from "./code";
import { parseTags, type Text } from "./post";
import type { Tags } from "./tags";

export class Fields {
  readonly title: HTMLInputElement | null;
  readonly body: HTMLTextAreaElement | null;
  readonly #summary: HTMLTextAreaElement | HTMLInputElement | null;
  readonly #tags: HTMLInputElement | null;
  readonly #cover: HTMLInputElement | null;
  readonly #language: HTMLInputElement | null;
  readonly #publishAt: HTMLInputElement | null;
  /** Set when the editor and the tag input are ready. */
  code: Code | null = null;
  chips: Tags | null = null;
  #hiddenTime: HTMLInputElement | null = null;

  constructor(readonly form: HTMLFormElement) {
    const field = <E extends Element>(name: string) => form.querySelector<E>(`[name="${name}"]`);
    this.title = field("title");
    this.body = field("body");
    this.#summary = field("summary");
    this.#tags = field("tags");
    this.#cover = field("cover");
    this.#language = field("language");
    this.#publishAt = field("publish_at");
  }

  get tagsField(): HTMLInputElement | null {
    return this.#tags;
  }

  read(): Text {
    return {
      title: this.title?.value ?? "",
      body: this.code?.text() ?? this.body?.value ?? "",
      summary: this.#summary?.value ?? "",
      tags: this.chips?.value ?? parseTags(this.#tags?.value ?? ""),
      cover: this.#cover?.value ?? "",
      language: this.#language?.value.trim() ?? "",
      publishAt: this.#hiddenTime?.value ?? this.#publishAt?.value ?? "",
    };
  }

  write(text: Text): void {
    if (this.title) this.title.value = text.title;
    if (this.code) this.code.replace(text.body);
    else if (this.body) this.body.value = text.body;
    if (this.#summary) this.#summary.value = text.summary;
    if (this.chips) this.chips.value = text.tags;
    else if (this.#tags) this.#tags.value = text.tags.join(", ");
    if (this.#cover) this.#cover.value = text.cover;
    if (this.#language) this.#language.value = text.language;
    if (this.#hiddenTime) this.#setTime(text.publishAt);
    else if (this.#publishAt) this.#publishAt.value = text.publishAt;
  }

  /** Shows the publication time in the local time zone; the server receives UTC. */
  showLocalTime(): void {
    const field = this.#publishAt;
    if (field?.type !== "datetime-local") return;
    const hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = field.name;
    field.removeAttribute("name");
    field.before(hidden);
    this.#hiddenTime = hidden;
    this.#setTime(field.value ? fromUtc(field.value) : "");
    field.addEventListener("input", () => {
      hidden.value = field.value ? new Date(field.value).toISOString() : "";
    });
    for (const note of this.form.querySelectorAll("[data-role=utc]")) note.remove();
  }

  #setTime(iso: string): void {
    if (this.#hiddenTime) this.#hiddenTime.value = iso;
    if (this.#publishAt) this.#publishAt.value = iso ? toLocalField(new Date(iso)) : "";
  }
}

/** Converts `2026-03-12T09:30` of the plain field, which is in UTC, to RFC 3339. */
export function fromUtc(value: string): string {
  const moment = new Date(/Z|[+-]\d\d:\d\d$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString();
}

/** The value of a `datetime-local` field in the local time zone. */
export function toLocalField(moment: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}
