/** How much of the text is of which kind: a stacked bar, and below it the legend with its counts and switches. */
import { t, type MessageName } from "../shared/i18n.js";
import { COUNTED, highlightName, noCounts, percentages, total, type Counted, type Counts, type MarkedKind, type Switches } from "../shared/kinds.js";
import { h, setText } from "../shared/dom.js";

const NAME: Record<Counted, MessageName> = {
  opinion: "kindOpinion",
  fact: "kindFact",
  mixed: "kindBoth",
  other: "kindNeither",
  unsure: "kindUnsure",
};

export class Shares {
  readonly element: HTMLElement;
  private readonly bar = h("div", { class: "bar", role: "img", "data-testid": "bar" });
  private readonly segments = perCounted((name) => h("span", { class: `segment ${name}`, hidden: true }));
  private readonly counts = perCounted((name) => h("span", { class: "count", "data-testid": `count-${name}` }, "0"));
  private readonly shares = perCounted((name) => h("span", { class: "share", "data-testid": `share-${name}` }));
  private readonly rows: Record<Counted, HTMLElement>;
  private readonly switches: Switches = { opinion: true, fact: true };
  private shown: Counts = noCounts();

  constructor(private readonly switched: (switches: Switches) => void) {
    this.bar.append(...COUNTED.map((name) => this.segments[name]));
    this.rows = {
      opinion: this.switchRow("opinion", t("switchOpinion")),
      fact: this.switchRow("fact", t("switchFact")),
      mixed: this.row("mixed", sample("mixed-opinion", t("kindMixedSampleA")), " ", sample("mixed-fact", t("kindMixedSampleB"))),
      other: this.row("other", t("kindOther")),
      unsure: this.row("unsure", t("kindUnsure")),
    };
    this.rows.unsure.hidden = true;
    this.element = h("div", { class: "kinds" }, this.bar, ...COUNTED.map((name) => this.rows[name]));
    this.render(this.shown);
  }

  render(counts: Counts): void {
    this.shown = counts;
    const shares = percentages(counts);
    for (const name of COUNTED) {
      this.segments[name].hidden = counts[name] === 0;
      this.segments[name].style.setProperty("flex-grow", String(counts[name]));
      setText(this.counts[name], String(counts[name]));
      setText(this.shares[name], total(counts) === 0 ? "" : t("percent", shares[name]));
    }
    this.rows.unsure.hidden = counts.unsure === 0;
    const parts = COUNTED.filter((name) => counts[name] > 0).map((name) => t("barPart", t(NAME[name]), counts[name], shares[name]));
    this.bar.setAttribute("aria-label", parts.length === 0 ? t("barEmpty") : t("barName", parts.join("; ")));
  }

  private row(name: Counted, ...label: (Node | string)[]): HTMLElement {
    const quiet = name === "other" || name === "unsure" ? " quiet" : "";
    return h("div", { class: `row${quiet}` }, h("span", { class: "kind" }, ...label), this.counts[name], this.shares[name], h("span", {}));
  }

  private switchRow(kind: "opinion" | "fact", name: string): HTMLElement {
    const input = h("input", {
      type: "checkbox",
      role: "switch",
      class: "switch",
      checked: true,
      "data-testid": `switch-${kind}`,
      "aria-label": name,
      onchange: () => {
        this.switches[kind] = input.checked;
        row.toggleAttribute("data-off", !input.checked);
        this.switched({ ...this.switches });
      },
    });
    const label = h("span", { class: "kind" }, sample(kind, t(NAME[kind])));
    const row = h("label", { class: "row" }, label, this.counts[kind], this.shares[kind], input);
    return row;
  }
}

function perCounted<Value>(make: (name: Counted) => Value): Record<Counted, Value> {
  return Object.fromEntries(COUNTED.map((name) => [name, make(name)])) as Record<Counted, Value>;
}

/** A few words painted as sentences of the kind are painted in the page. */
function sample(kind: MarkedKind, text: string): HTMLElement {
  return h("span", { class: `sample ${highlightName(kind)}` }, text);
}
