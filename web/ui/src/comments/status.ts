// What a comment's state is called, honestly: nobody is told that others see what they do not.

import { element } from "../lib/dom";
import type { OwnComment } from "./api";

export type State = "sending" | "failed" | OwnComment["status"];

interface Look {
  /** Classes of the comment and of its badge. */
  look: string;
  badge: string | null;
  words: string;
}

/** The reasons that rules and moderators give, in words for the author. */
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

const because = (reason: string | null) =>
  reason ? ` Reason: ${REASONS[reason] ?? reason.replaceAll("_", " ")}.` : "";

/** What is known besides of a comment: why it is not shown, and whether readers see an earlier text of it. */
export type About = Pick<OwnComment, "reason" | "approved">;

export function appearanceOf(state: State, { reason, approved }: About): Look {
  switch (state) {
    case "sending":
      return { look: "pending", badge: "Sending", words: "" };
    case "failed":
      return { look: "failed", badge: "Not sent", words: "" };
    case "pending":
      return {
        look: "pending",
        badge: "Pending",
        words: `${approved ? "Readers see the previous version" : "Only you can see this"} until a moderator reviews it.${because(reason)}`,
      };
    case "rejected":
      return {
        look: "rejected",
        badge: "Rejected",
        words: `${approved ? "Readers still see the previous version" : "Not visible to others"}.${because(reason)}`,
      };
    case "approved":
      return { look: "", badge: null, words: "" };
  }
}

const LOOKS = ["pending", "held", "rejected", "failed"];

/** Shows `state` at a comment. */
export function showState(comment: HTMLElement, state: State, about: About = { reason: null, approved: null }): void {
  const { look, badge, words } = appearanceOf(state, about);
  comment.classList.remove(...LOOKS);
  if (look) comment.classList.add(look);
  comment.dataset["state"] = state;
  comment.querySelector(":scope > .byline > .badge")?.remove();
  if (badge) {
    const kind = state === "failed" || state === "rejected" ? "rejected" : "pending";
    comment.querySelector(":scope > .byline")?.append(element("span", { className: `badge ${kind}` }, badge));
  }
  const old = comment.querySelector(":scope > .status");
  if (!words) old?.remove();
  else if (old) old.textContent = words;
  else comment.querySelector(":scope > .comment-body")?.after(element("p", { className: "status" }, words));
}
