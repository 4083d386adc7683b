// The moderation API: decisions, and tests of the rules.

import { type ApiResult, send } from "../lib/http";

export type Verdict = "approve" | "reject";

export interface Item {
  kind: string;
  id: string;
  revision: number;
  version: number | null;
}

export interface Decision {
  decision: Verdict;
  reason: string;
  note: string;
}

export interface Trial {
  outcome: "approved" | "rejected" | "flagged";
  reason: string | null;
  findings: Finding[];
}

/** A match of a rule: the listed phrase or domain, and its spelling in the text. */
export interface Finding {
  rule: string;
  entry?: string;
  found?: string;
}

export function itemOf(data: DOMStringMap): Item | null {
  const { kind, id, revision, version } = data;
  if ((kind !== "comment" && kind !== "post") || !id || !revision) return null;
  return { kind, id, revision: Number(revision), version: version ? Number(version) : null };
}

export function decide(item: Item, { decision, reason, note }: Decision): Promise<ApiResult<unknown>> {
  return send(`/api/moderation/${item.kind}s/${item.id}`, {
    method: "PUT",
    json: {
      decision,
      revision: item.revision,
      ...(reason ? { reason } : {}),
      ...(note.trim() ? { note: note.trim() } : {}),
    },
    ifMatch: item.version,
  });
}

export const tryRules = (text: string): Promise<ApiResult<Trial>> =>
  send("/api/moderation/rules/try", { method: "POST", json: { text } });

/** The result of a test in a sentence. */
export function trialSummary({ outcome, reason, findings }: Trial): string {
  const verdict = {
    approved: "This would be published immediately.",
    flagged: "This would be held for review.",
    rejected: "This would be rejected.",
  }[outcome];
  const why = reason ? ` Reason: ${reason.replaceAll("_", " ")}.` : "";
  const found = findings.map(({ rule, entry, found }) => found ?? entry ?? rule.replaceAll("_", " "));
  return verdict + why + (found.length ? ` Matched: ${found.join(", ")}.` : "");
}
