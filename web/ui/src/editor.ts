// The editor page.

import { Editor } from "./editor/page";
import { islands } from "./lib/dom";

for (const form of islands<HTMLFormElement>("editor")) new Editor(form);
