// The moderation queue: decisions without a page load, by mouse or keyboard; and the form that tests the rules.

import { element, islands, isTyping } from "./lib/dom";
import { sentence, errorMessage } from "./lib/http";
import { toast } from "./lib/toast";
import { type Decision, decide, type Item, itemOf, tryRules, trialSummary, type Verdict } from "./moderation/decide";

for (const queue of islands("moderation")) startQueue(queue);
for (const form of islands<HTMLFormElement>("try-rules")) startTrial(form);

function startQueue(queue: HTMLElement): void {
  queue.addEventListener("submit", (event) => {
    const box = event.target instanceof Element ? event.target.closest<HTMLElement>(".queue-item") : null;
    const item = box && itemOf(box.dataset);
    const verdict = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
    if (!box || !item || !isVerdict(verdict) || !(event.target instanceof HTMLFormElement)) return;
    event.preventDefault();
    void submitDecision(box, item, event.target, verdict);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const box = document.activeElement?.closest<HTMLElement>(".queue-item");
    const verdict = { a: "approve", r: "reject" }[event.key];
    if (!box || !verdict || !queue.contains(box)) return;
    const button = box.querySelector<HTMLButtonElement>(`button[name="decision"][value="${verdict}"]`);
    if (!button) return;
    event.preventDefault();
    button.form?.requestSubmit(button);
  });
}

const isVerdict = (value: string): value is Verdict => value === "approve" || value === "reject";

async function submitDecision(box: HTMLElement, item: Item, form: HTMLFormElement, verdict: Verdict): Promise<void> {
  const field = (name: string) =>
    form.querySelector<HTMLInputElement | HTMLSelectElement>(`[name="${name}"]:is(input, select)`);
  const reason = field("reason");
  showError(reason, null);
  if (verdict === "reject" && reason && reason.value === "") {
    showError(reason, "Select a reason.");
    reason.focus();
    return;
  }
  const decision: Decision = {
    decision: verdict,
    reason: verdict === "reject" ? (reason?.value ?? "") : "",
    note: field("note")?.value ?? "",
  };
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  const result = await decide(item, decision);
  for (const button of buttons) button.disabled = false;
  if (result.kind === "done") {
    showDecided(box, item, verdict, result.version);
    return;
  }
  const errors = result.kind === "refused" ? (result.problem.errors ?? []) : [];
  const reasonError = errors.find(({ field: name }) => name === "reason");
  if (reasonError) showError(reason, sentence(reasonError));
  else if (result.kind === "refused" && (result.status === 412 || result.status === 409)) {
    toast("This was decided or changed by someone else.", {
      kind: "error",
      action: { label: "Reload", run: () => location.reload() },
    });
  } else toast(`The decision could not be saved. ${errorMessage(result)}`, { kind: "error" });
}

/** Collapses a decided item, and focuses the next one. */
function showDecided(box: HTMLElement, item: Item, verdict: Verdict, version: number | null): void {
  const all = [...document.querySelectorAll<HTMLElement>(".queue-item:not(.decided)")];
  const next = all[all.indexOf(box) + 1] ?? all[all.indexOf(box) - 1];
  const className = verdict === "approve" ? "approved" : "rejected";
  const before = [...box.childNodes];
  const badge = element("span", { className: `badge ${className}` }, verdict === "approve" ? "Approved" : "Rejected");
  const back = element("button", { type: "button", className: "button link" }, "Change decision");
  box.classList.add("decided");
  box.replaceChildren(element("div", { className: "actions" }, badge, back));
  back.addEventListener("click", () => {
    box.classList.remove("decided");
    if (version !== null) box.dataset["version"] = String(version);
    else delete box.dataset["version"];
    box.replaceChildren(...before);
    box.focus();
  });
  toast(`${verdict === "approve" ? "Approved" : "Rejected"}: ${item.kind}.`);
  if (next && next !== box) {
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  } else back.focus();
}

function showError(field: HTMLElement | null, message: string | null): void {
  if (!field) return;
  const id = `${field.id}-error`;
  document.getElementById(id)?.remove();
  if (message === null) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    return;
  }
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", id);
  field.after(element("p", { className: "error", id }, message));
}

function startTrial(form: HTMLFormElement): void {
  const place = form.querySelector("[data-role=result]");
  form.addEventListener("submit", async (event) => {
    const text = form.querySelector<HTMLTextAreaElement>("textarea")?.value ?? "";
    if (!place) return;
    event.preventDefault();
    const result = await tryRules(text);
    place.textContent = result.kind === "done" ? trialSummary(result.data) : errorMessage(result);
  });
}
