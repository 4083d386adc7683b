// The comments of a post: they arrive while the page is read, and are written without leaving it.

import { Live } from "./comments/live";
import { Section } from "./comments/section";
import { visitor } from "./comments/view";
import { Composer } from "./comments/composer";
import { islands } from "./lib/dom";

/** How near the comments must be before the page listens for news: who reads the first lines needs none yet. */
const NEAR = "800px";

for (const root of islands("comments")) {
  const section = new Section(root);
  if (!section.post) continue;
  const person = visitor();
  if (person) new Composer(section, person).start();
  const live = new Live(section.post, ({ kinds }) => {
    if (kinds.includes("comments") || kinds.includes("counts")) void section.refresh();
  });
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      live.start();
    },
    { rootMargin: NEAR },
  );
  observer.observe(root);
}
