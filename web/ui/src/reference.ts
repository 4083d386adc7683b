// The API reference, rendered from the services' OpenAPI documents. Without scripts the page has links to the documents.

import { element, islands } from "./lib/dom";
import { send, errorMessage } from "./lib/http";
import { parse } from "./reference/openapi";
import { navigation, section } from "./reference/view";

/** Replaces the links to the documents with their content. */
async function start(root: HTMLElement): Promise<void> {
  const links = [...root.querySelectorAll<HTMLAnchorElement>("a[data-document]")];
  const results = await Promise.all(links.map((link) => send(link.href)));
  const nav = element("nav", { className: "reference-nav" });
  nav.setAttribute("aria-label", "Operations");
  const filter = element("input", { type: "search", placeholder: "Filter", ariaLabel: "Filter operations" });
  const body = element("div", { className: "reference-body" });
  nav.append(filter);
  for (const [at, link] of links.entries()) {
    const result = results[at];
    const name = link.textContent?.trim() ?? "";
    if (result?.kind === "done") {
      const document = parse(result.data);
      nav.append(navigation(name, document));
      body.append(section(name, link.href, document));
    } else if (result) {
      body.append(
        element("p", { className: "alert warning" }, `${name}: ${errorMessage(result)} `, link.cloneNode(true)),
      );
    }
  }
  root.replaceChildren(nav, body);
  root.classList.add("ready");
  filter.addEventListener("input", () => applyFilter(root, filter.value.trim().toLowerCase()));
  // The target of the fragment did not exist when the page loaded.
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/** Shows the operations whose method, path or summary contain all words of the filter. */
function applyFilter(root: HTMLElement, filter: string): void {
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
