// The colour scheme: light, dark or as in the system. The server renders it from a cookie, so that nothing flashes. This
// script applies a new choice immediately and stores it on the server.

import { islands } from "./dom";
import { toast } from "./toast";

type Theme = "system" | "light" | "dark";

const isTheme = (value: string): value is Theme => value === "system" || value === "light" || value === "dark";

export function applyTheme(theme: Theme, root: HTMLElement = document.documentElement): void {
  root.dataset["theme"] = theme;
}

/** Enhances the form that posts `theme`. */
export function startTheme(): void {
  for (const form of islands<HTMLFormElement>("theme")) {
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!(button instanceof HTMLButtonElement) || !isTheme(button.value)) return;
      event.preventDefault();
      void choose(form, button.value);
    });
  }
}

async function choose(form: HTMLFormElement, theme: Theme): Promise<void> {
  applyTheme(theme);
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-island~="theme"] button[name="theme"]')) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  try {
    const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    body.set("theme", theme);
    const response = await fetch(form.getAttribute("action") ?? "/theme", { method: "POST", body, redirect: "manual" });
    if (response.type !== "opaqueredirect" && !response.ok) throw new Error(`status ${response.status}`);
  } catch {
    toast("The colour scheme could not be saved; it applies to this page only.", { kind: "error" });
  }
}
