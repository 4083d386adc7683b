// Buttons that are on or off: follow, like. They answer at once and say so when the service did not.

import { islands } from "./dom";
import { type ApiResult, send, errorMessage } from "./http";
import { toast } from "./toast";

/** Brings the service to what was wanted last, one request at a time, and back to what it has when it refuses. */
export class Toggle {
  #known: boolean;
  #wanted: boolean;
  #running = false;

  constructor(
    known: boolean,
    private readonly request: (on: boolean) => Promise<ApiResult<unknown>>,
    private readonly show: (on: boolean) => void,
    private readonly fail: (message: string) => void,
  ) {
    this.#known = known;
    this.#wanted = known;
  }

  flip(): Promise<void> {
    this.#wanted = !this.#wanted;
    this.show(this.#wanted);
    return this.#settle();
  }

  async #settle(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#wanted !== this.#known) {
      const aim = this.#wanted;
      const answer = await this.request(aim);
      if (answer.kind !== "done") {
        this.#wanted = this.#known;
        this.show(this.#known);
        this.fail(errorMessage(answer));
        break;
      }
      this.#known = aim;
    }
    this.#running = false;
  }
}

/** The form keeps working without the service of this script: only its submission is taken over. */
function startToggle(
  form: HTMLFormElement,
  on: boolean,
  path: string,
  show: (on: boolean) => void,
  what: string,
): void {
  const toggle = new Toggle(
    on,
    (want) => send(path, { method: want ? "PUT" : "DELETE" }),
    show,
    (message) => toast(`${what} ${message}`, { kind: "error" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void toggle.flip();
  });
}

export function startFollow(): void {
  for (const form of islands<HTMLFormElement>("follow")) {
    const button = form.querySelector("button");
    const user = form.dataset["userId"];
    if (!button || !user) continue;
    const show = (on: boolean) => {
      form.dataset["followed"] = String(on);
      button.textContent = on ? "Following" : "Follow";
    };
    const on = form.dataset["followed"] === "true";
    startToggle(form, on, `/api/users/${user}/follow`, show, "Could not update.");
  }
}

export function startReaction(): void {
  for (const form of islands<HTMLFormElement>("reaction")) {
    const button = form.querySelector<HTMLButtonElement>("button");
    const count = form.querySelector(".count");
    const post = form.dataset["postId"];
    if (!button || !post) continue;
    const on = button.getAttribute("aria-pressed") === "true";
    const show = (now: boolean) => {
      const before = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(now));
      if (count) count.textContent = counted(count.textContent, Number(now) - Number(before));
    };
    startToggle(form, on, `/api/posts/${post}/reaction`, show, "Could not save your reaction.");
  }
}

/** A count as it is shown, with `more` added to it. */
export function counted(text: string | null, more: number): string {
  const count = Number(text?.replace(/\D/g, "") ?? 0) + more;
  return Math.max(count, 0).toLocaleString(document.documentElement.lang || "en");
}
