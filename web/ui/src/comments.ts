// The comments of a post: live updates, and posting without a page load.

import { Live } from "./comments/live";
import { Section } from "./comments/section";
import { currentUser } from "./comments/view";
import { Composer } from "./comments/composer";
import { islands } from "./lib/dom";

/** Distance from the viewport at which live updates start. */
const ROOT_MARGIN = "800px";

for (const root of islands("comments")) {
  const section = new Section(root);
  if (!section.post) continue;
  const user = currentUser();
  if (user) new Composer(section, user).start();
  const live = new Live(section.post, ({ kinds }) => {
    if (kinds.includes("comments") || kinds.includes("counts")) void section.refresh();
  });
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      live.start();
    },
    { rootMargin: ROOT_MARGIN },
  );
  observer.observe(root);
}
