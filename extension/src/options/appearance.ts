/** How marks look: two choices, and a preview that is painted as a page is, by the same rules, on light and on dark. */
import { h } from "../shared/dom.js";
import { t, type MessageName } from "../shared/i18n.js";
import { MARKED_KINDS, highlightName, type MarkedKind } from "../shared/kinds.js";
import { marksStyle, onSurface, PALETTES } from "../shared/marks-style.js";
import { MARK_STYLES, onSettingsChanged, PALETTE_NAMES, readSettings, saveSettings, type Settings } from "../shared/settings.js";
import { keep, paragraph, section } from "./section.js";

const STYLE_NAMES: Record<Settings["markStyle"], MessageName> = { both: "styleBoth", line: "styleLine", tint: "styleTint" };

const PALETTE_TITLES: Record<Settings["palette"], MessageName> = {
  "orange-teal": "paletteOrangeTeal",
  "purple-green": "palettePurpleGreen",
  "blue-yellow": "paletteBlueYellow",
};

const SAMPLES: readonly (readonly [MarkedKind | null, MessageName])[] = [
  ["opinion", "previewOpinion"],
  ["fact", "previewFact"],
  [null, "previewOther"],
  ["mixed-opinion", "previewMixed"],
];

export function appearance(): HTMLElement {
  const sheet = h("style");
  const radios = new Map<string, HTMLInputElement>();

  function choices<Name extends "markStyle" | "palette">(
    name: Name,
    legend: MessageName,
    values: readonly Settings[Name][],
    label: (value: Settings[Name]) => (Node | string)[],
  ): HTMLElement {
    const options = values.map((value) => {
      const input = h("input", {
        type: "radio",
        name,
        value,
        "data-testid": `${name}-${value}`,
        onchange: () => { keep(saveSettings({ [name]: value })); },
      });
      radios.set(`${name} ${value}`, input);
      return h("label", { class: "choice" }, input, ...label(value));
    });
    return h("fieldset", {}, h("legend", {}, t(legend)), h("div", { class: "choices" }, ...options));
  }

  function show(settings: Settings): void {
    sheet.textContent = marksStyle(settings);
    for (const name of ["markStyle", "palette"] as const) {
      const radio = radios.get(`${name} ${settings[name]}`);
      if (radio !== undefined) radio.checked = true;
    }
  }

  const light = preview("light");
  const dark = preview("dark");
  void readSettings().then((settings) => {
    show(settings);
    // When they are in the document: ranges of elements outside of it Firefox never paints, also not later.
    paint([light, dark]);
  });
  onSettingsChanged(show);

  return section(
    "appearance",
    "optionsAppearance",
    sheet,
    choices("markStyle", "optionsStyle", MARK_STYLES, (value) => [t(STYLE_NAMES[value])]),
    choices("palette", "optionsPalette", PALETTE_NAMES, (value) => [swatch(onSurface(PALETTES[value].opinion)), swatch(onSurface(PALETTES[value].fact)), t(PALETTE_TITLES[value])]),
    h("div", { class: "previews", role: "group", "aria-label": t("previewName"), "data-testid": "preview" }, light, dark),
    paragraph(t("previewNote"), { class: "fine" }),
  );
}

function swatch(colour: string): HTMLElement {
  const element = h("span", { class: "swatch", "aria-hidden": "true" });
  element.style.background = colour;
  return element;
}

function preview(theme: "light" | "dark"): HTMLElement {
  const sentences = SAMPLES.flatMap(([kind, message]) => [h("span", kind === null ? {} : { "data-kind": kind }, t(message)), " "]);
  return h("p", { class: `preview ${theme}` }, ...sentences);
}

/** With highlights, as in a page, so that what is seen is what the browser makes of the rules there. */
function paint(previews: readonly HTMLElement[]): void {
  for (const kind of MARKED_KINDS) {
    const ranges = previews.flatMap((each) => [...each.querySelectorAll(`[data-kind="${kind}"]`)]).map((sentence) => {
      const range = new Range();
      range.selectNodeContents(sentence);
      return range;
    });
    CSS.highlights.set(highlightName(kind), new Highlight(...ranges));
  }
}
