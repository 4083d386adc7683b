// The API reference, made in the browser from the services' own OpenAPI documents. Without script the page has links to
// the documents themselves.

import { element, islands } from "./lib/dom";
import { send, errorMessage } from "./lib/http";
import { parse } from "./reference/openapi";
import { navigation, section } from "./reference/view";

/** The links of the page that lead to documents are replaced by what these say. */
async function start(root: HTMLElement): Promise<void> {
  const links = [...root.querySelectorAll<HTMLAnchorElement>("a[data-document]")];
  const answers = await Promise.all(links.map((link) => send(link.href)));
  const nav = element("nav", { className: "reference-nav" });
  nav.setAttribute("aria-label", "Operations");
  const filter = element("input", { type: "search", placeholder: "Filter", ariaLabel: "Filter operations" });
  const body = element("div", { className: "reference-body" });
  nav.append(filter);
  for (const [at, link] of links.entries()) {
    const answer = answers[at];
    const name = link.textContent?.trim() ?? "";
    if (answer?.kind === "done") {
      const document = parse(answer.data);
      nav.append(navigation(name, document));
      body.append(section(name, link.href, document));
    } else if (answer) {
      body.append(
        element("p", { className: "alert warning" }, `${name}: ${errorMessage(answer)} `, link.cloneNode(true)),
      );
    }
  }
  root.replaceChildren(nav, body);
  root.classList.add("ready");
  filter.addEventListener("input", () => narrow(root, filter.value.trim().toLowerCase()));
  // The browser looked for the place before it was there.
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/** Shows what has all words of the filter in its method, path or summary. */
function narrow(root: HTMLElement, filter: string): void {
  const wanted = filter.split(/\s+/);
  for (const operation of root.querySelectorAll<HTMLElement>(".operation")) {
    const text = `${operation.querySelector("h3")?.textContent} ${operation.querySelector(".summary")?.textContent ?? ""}`;
    operation.hidden = !wanted.every((word) => text.toLowerCase().includes(word));
    const link = root.querySelector(`.reference-nav a[href="#${CSS.escape(operation.id)}"]`);
    const item = link?.closest("li");
    if (item) item.hidden = operation.hidden;
  }
}

for (const root of islands("reference")) void start(root);
