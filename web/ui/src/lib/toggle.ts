// Toggle buttons: follow, like. They change immediately and revert if the request fails.

import { islands } from "./dom";
import { type ApiResult, send, errorMessage } from "./http";
import { toast } from "./toast";

/** Requests the latest wanted state, one request at a time; reverts to the confirmed state on an error. */
export class Toggle {
  #confirmed: boolean;
  #wanted: boolean;
  #running = false;

  constructor(
    confirmed: boolean,
    private readonly request: (on: boolean) => Promise<ApiResult<unknown>>,
    private readonly show: (on: boolean) => void,
    private readonly fail: (message: string) => void,
  ) {
    this.#confirmed = confirmed;
    this.#wanted = confirmed;
  }

  flip(): Promise<void> {
    this.#wanted = !this.#wanted;
    this.show(this.#wanted);
    return this.#sync();
  }

  async #sync(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#wanted !== this.#confirmed) {
      const target = this.#wanted;
      const result = await this.request(target);
      if (result.kind !== "done") {
        this.#wanted = this.#confirmed;
        this.show(this.#confirmed);
        this.fail(errorMessage(result));
        break;
      }
      this.#confirmed = target;
    }
    this.#running = false;
  }
}

/** Handles the submission of the form, which also works without scripts. */
function startToggle(
  form: HTMLFormElement,
  on: boolean,
  path: string,
  show: (on: boolean) => void,
  failure: string,
): void {
  const toggle = new Toggle(
    on,
    (want) => send(path, { method: want ? "PUT" : "DELETE" }),
    show,
    (message) => toast(`${failure} ${message}`, { kind: "error" }),
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

/** The shown count plus `more`, formatted. */
export function counted(text: string | null, more: number): string {
  const count = Number(text?.replace(/\D/g, "") ?? 0) + more;
  return Math.max(count, 0).toLocaleString(document.documentElement.lang || "en");
}
