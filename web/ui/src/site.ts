// The enhancements of every page.

import { startCode } from "./lib/code";
import { startConfirm } from "./lib/dialog";
import { startMenus } from "./lib/menu";
import { startShortcuts } from "./lib/shortcuts";
import { startTheme } from "./lib/theme";
import { startTimes } from "./lib/time";
import { startFollow, startReaction } from "./lib/toggle";

startConfirm();
startTheme();
startMenus();
startTimes();
startCode();
startFollow();
startReaction();
startShortcuts();
