// Badges and explanations of a comment's state, for its author.

import { element } from "../lib/dom";
import type { OwnComment } from "./api";

export type State = "sending" | "failed" | OwnComment["status"];

interface Appearance {
  /** Classes of the comment and of its badge. */
  className: string;
  badge: string | null;
  explanation: string;
}

/** Labels of the reasons of rules and moderators. */
const REASONS: Record<string, string> = {
  banned_phrase: "contains blocked words",
  links: "contains too many links",
  banned_domain: "links to a blocked site",
  repeated_text: "repeats an earlier text",
  first_comment: "first comments from new accounts are reviewed",
  capitals: "uses too many capital letters",
  reported: "reported by readers",
  spam: "spam or advertising",
  abuse: "harassment or abuse",
  off_topic: "off topic",
  illegal: "illegal content",
};

const reasonSentence = (reason: string | null) =>
  reason ? ` Reason: ${REASONS[reason] ?? reason.replaceAll("_", " ")}.` : "";

/** Why a comment is not shown, and whether readers see an earlier text of it. */
export type Details = Pick<OwnComment, "reason" | "approved">;

export function appearanceOf(state: State, { reason, approved }: Details): Appearance {
  switch (state) {
    case "sending":
      return { className: "pending", badge: "Sending", explanation: "" };
    case "failed":
      return { className: "failed", badge: "Not sent", explanation: "" };
    case "pending":
      return {
        className: "pending",
        badge: "Pending",
        explanation: `${approved ? "Readers see the previous version" : "Only you can see this"} until a moderator reviews it.${reasonSentence(reason)}`,
      };
    case "rejected":
      return {
        className: "rejected",
        badge: "Rejected",
        explanation: `${approved ? "Readers still see the previous version" : "Not visible to others"}.${reasonSentence(reason)}`,
      };
    case "approved":
      return { className: "", badge: null, explanation: "" };
  }
}

const STATE_CLASSES = ["pending", "held", "rejected", "failed"];

/** Shows `state` on a comment. */
export function showState(
  comment: HTMLElement,
  state: State,
  details: Details = { reason: null, approved: null },
): void {
  const { className, badge, explanation } = appearanceOf(state, details);
  comment.classList.remove(...STATE_CLASSES);
  if (className) comment.classList.add(className);
  comment.dataset["state"] = state;
  comment.querySelector(":scope > .byline > .badge")?.remove();
  if (badge) {
    const kind = state === "failed" || state === "rejected" ? "rejected" : "pending";
    comment.querySelector(":scope > .byline")?.append(element("span", { className: `badge ${kind}` }, badge));
  }
  const old = comment.querySelector(":scope > .status");
  if (!explanation) old?.remove();
  else if (old) old.textContent = explanation;
  else comment.querySelector(":scope > .comment-body")?.after(element("p", { className: "status" }, explanation));
}
