// Times in the local time zone. Without scripts, pages show the server's times in UTC.

/** In the server's format: `12 March 2026`, `12 March 2026, 09:30`. */
export function localTime(iso: string, style: string, language: string, timeZone?: string): string | null {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return null;
  const locale = language === "en" ? "en-GB" : language;
  const zone = timeZone ? { timeZone } : {};
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "long", ...zone }).format(moment);
  if (style !== "time") return date;
  return `${date}, ${new Intl.DateTimeFormat(locale, { timeStyle: "short", ...zone }).format(moment)}`;
}

export function startTimes(root: ParentNode = document): void {
  const language = document.documentElement.lang || "en";
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    const words = localTime(time.dateTime, time.dataset["local"] || "date", language);
    if (words && words !== time.textContent) time.textContent = words;
    if (!time.title) time.title = time.dateTime;
  }
}
