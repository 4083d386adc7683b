// Every page: theme, code blocks.

import { startCode } from "./lib/code";
import { startTheme } from "./lib/theme";

startTheme();
startCode();
