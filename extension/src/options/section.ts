/** The parts that every section of the options page is made of. */
import { h, setText } from "../shared/dom.js";
import { t, type MessageName } from "../shared/i18n.js";

/** A section under a heading, which is its name. */
export function section(id: string, heading: MessageName, ...children: (Node | string)[]): HTMLElement {
  return h("section", { id, "aria-labelledby": `${id}-heading` }, h("h2", { id: `${id}-heading` }, t(heading)), ...children);
}

export function paragraph(text: string, attributes: Record<string, string> = {}): HTMLElement {
  return h("p", attributes, text);
}

/** Says what became of something; read aloud when it changes. */
export class Outcome {
  readonly element: HTMLElement;

  constructor(testid: string) {
    this.element = h("p", { class: "outcome", role: "status", "data-testid": testid });
  }

  say(text: string, isBad = false): void {
    this.element.toggleAttribute("data-bad", isBad);
    setText(this.element, text);
  }
}

/** Does what the reader asked for; where the browser's storage refuses, the page says so. */
export function keep(saving: Promise<unknown>): void {
  void saving.then(
    () => { showNotSaved(false); },
    () => { showNotSaved(true); },
  );
}

function showNotSaved(isShown: boolean): void {
  const alert = document.getElementById("not-saved");
  if (alert !== null) setText(alert, isShown ? t("optionsNotSaved") : "");
}
