// Menus: Escape and a click outside close them.

import { islands } from "./dom";

export function startMenus(): void {
  const menus = () => islands<HTMLDetailsElement>("menu").filter((menu) => menu.open);
  document.addEventListener("click", (event) => {
    for (const menu of menus()) {
      if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary")?.focus();
    }
  });
}
