// Light or dark: as the system has it, until somebody chooses.

import { byId } from "./dom.js";

const KEPT = "theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export function startTheme() {
  show(kept());
  dark.addEventListener("change", () => show(kept()));
  byId("theme").addEventListener("click", () => {
    const chosen = current() === "dark" ? "light" : "dark";
    keep(chosen);
    show(chosen);
  });
}

const current = () => document.documentElement.dataset.theme;

function show(chosen) {
  const theme = chosen ?? (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  const other = theme === "dark" ? "light" : "dark";
  byId("theme").title = `Show it ${other}`;
  byId("theme").setAttribute("aria-label", byId("theme").title);
}

// A browser may keep nothing for this page.
function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(chosen) {
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // It holds until the page is left.
  }
}
