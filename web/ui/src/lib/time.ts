// Times as the reader's clock and language have them. The server's own words stand until then, and without script.

const STYLES: Record<string, Intl.DateTimeFormatOptions> = {
  date: { dateStyle: "long" },
  time: { dateStyle: "long", timeStyle: "short" },
};

export function localTime(iso: string, style: string, language: string, timeZone?: string): string | null {
  const moment = new Date(iso);
  const options = STYLES[style] ?? STYLES["date"];
  if (Number.isNaN(moment.getTime())) return null;
  return new Intl.DateTimeFormat(language, { ...options, ...(timeZone ? { timeZone } : {}) }).format(moment);
}

export function startTimes(root: ParentNode = document): void {
  const language = document.documentElement.lang || "en";
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    const words = localTime(time.dateTime, time.dataset["local"] || "date", language);
    if (words && words !== time.textContent) time.textContent = words;
    if (!time.title) time.title = time.dateTime;
  }
}
