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
  banned_phrase: "it uses words that are not allowed here",
  links: "it has many links",
  banned_domain: "it links to a site that is not allowed here",
  repeated_text: "the same text was posted before",
  first_comment: "first comments are read by a person",
  capitals: "it is written in capitals",
  reported: "readers reported it",
  spam: "advertising",
  abuse: "it attacks somebody",
  off_topic: "it is about something else",
  illegal: "it may be against the law",
};

const because = (reason: string | null) => (reason ? `: ${REASONS[reason] ?? reason.replaceAll("_", " ")}` : "");

/** What is known besides of a comment: why it is not shown, and whether readers see an earlier text of it. */
export type About = Pick<OwnComment, "reason" | "approved">;

export function lookOf(state: State, { reason, approved }: About): Look {
  switch (state) {
    case "sending":
      return { look: "pending", badge: "Sending", words: "" };
    case "failed":
      return { look: "failed", badge: "Not sent", words: "" };
    case "pending":
      return {
        look: "pending",
        badge: "Waiting",
        words: `${approved ? "Readers see the earlier text" : "Only you see this"} until a moderator has read it${because(reason)}.`,
      };
    case "rejected":
      return {
        look: "rejected",
        badge: "Not shown",
        words: `${approved ? "Readers still see the earlier text" : "Not shown to others"}${because(reason)}.`,
      };
    case "approved":
      return { look: "", badge: null, words: "" };
  }
}

const LOOKS = ["pending", "held", "rejected", "failed"];

/** Shows `state` at a comment. */
export function showState(comment: HTMLElement, state: State, about: About = { reason: null, approved: null }): void {
  const { look, badge, words } = lookOf(state, about);
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
