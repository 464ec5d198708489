/** The Chromium that is installed, for the commands here: `$CHROMIUM`, or the first of its usual names on the path. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** @param {string[]} flags */
export function launchChromium(...flags) {
  return chromium.launch({
    executablePath: findChromium(),
    // Root, as in a container, cannot use the sandbox.
    args: ["--headless=new", "--no-sandbox", "--disable-background-networking", ...flags],
  });
}

function findChromium() {
  const asked = process.env.CHROMIUM;
  const places = (process.env.PATH ?? "").split(delimiter);
  const candidates = (asked === undefined ? NAMES : [asked]).flatMap((name) =>
    name.includes("/") ? [name] : places.map((place) => join(place, name)),
  );
  const found = candidates.find(isExecutable);
  if (found === undefined) throw new Error("Chromium is not installed (or say where it is: CHROMIUM=/path/to/it)");
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
