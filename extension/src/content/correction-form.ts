/** "This is something else": the reader says what a sentence is, in one click, and the background keeps it. */
import { ANSWERS, type Answer } from "../shared/corrections.js";
import { t } from "../shared/i18n.js";
import { parseCorrectReply, type CorrectMessage, type OptionsMessage } from "../shared/protocol.js";
import { ask, tell } from "./background.js";
import { h } from "../shared/dom.js";
import { kindOfAnswer } from "./findings.js";
import { kindText } from "./sentence-text.js";

export interface Correctable {
  text: string;
  /** What Sayso said. */
  given: Answer;
  /** What holds now: that, or what the reader said before. */
  now: Answer;
  /** As id@revision. */
  model: string;
}

export class CorrectionForm {
  readonly element = h("div", { class: "correction", "data-testid": "correction", hidden: true });

  constructor(
    private readonly resized: () => void,
    /** It is kept: the mark may follow. */
    private readonly corrected: (sentence: Correctable, right: Answer) => void,
  ) {}

  clear(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  show(sentence: Correctable): void {
    const choices = ANSWERS.filter((answer) => answer !== sentence.now).map((answer) => {
      const name = kindText(kindOfAnswer(answer));
      const label = answer === sentence.given ? t("correctionBack", name) : name;
      return h("li", {}, h("button", { type: "button", class: "choice", "data-testid": `correct-${answer}`, onclick: () => void this.choose(sentence, answer) }, label));
    });
    this.fill(h("h3", {}, t("correctionQuestion")), h("ul", { role: "list" }, ...choices), h("p", { class: "fine" }, t("correctionKept")));
  }

  private async choose(sentence: Correctable, right: Answer): Promise<void> {
    if (!(await this.keep(sentence, right))) return;
    if (right === sentence.given) this.say(t("correctionTakenBack"), optionsButton());
    else this.say(t("correctionDone"), this.undoButton(sentence), optionsButton());
  }

  /** A sentence that is neither has no mark to click on: its card, while it is there, is the one way back on the page. */
  private undoButton(sentence: Correctable): HTMLButtonElement {
    const undo = async (): Promise<void> => {
      if (await this.keep(sentence, sentence.now)) this.say(t("correctionTakenBack"), optionsButton());
    };
    return h("button", { type: "button", class: "small", "data-testid": "correction-undo", onclick: () => void undo() }, t("undo"));
  }

  /** False where it could not be kept, and says so. */
  private async keep(sentence: Correctable, right: Answer): Promise<boolean> {
    const { text, given, model } = sentence;
    const message: CorrectMessage = { type: "sayso:correct", sentence: text, given, right, model };
    const reply = await ask(message, parseCorrectReply);
    const isKept = reply?.kept === true;
    if (isKept) this.corrected(sentence, right);
    else this.say(t("correctionFailed"));
    return isKept;
  }

  /** What was done, which is read out as the focus goes there, and what can be done now. */
  private say(what: string, ...buttons: HTMLButtonElement[]): void {
    const said = h("p", { role: "status", tabindex: -1, "data-testid": "correction-said" }, what);
    this.fill(said, h("div", { class: "actions" }, ...buttons));
    said.focus();
  }

  private fill(...children: Node[]): void {
    this.element.replaceChildren(...children);
    this.element.hidden = false;
    this.resized();
  }
}

function optionsButton(): HTMLButtonElement {
  const open = (): void => {
    const toOptions: OptionsMessage = { type: "sayso:options" };
    tell(toOptions);
  };
  return h("button", { type: "button", class: "small", "data-testid": "corrections", onclick: open }, t("correctionsOpen"));
}
