// The demo page: sends the text to this server, block by block, and paints what comes back.

const byId = (id) => document.getElementById(id);

const NAMES = {
  opinion: "Opinion",
  fact: "Factual claim",
  "mixed-opinion": "Both, mainly opinion",
  "mixed-fact": "Both, mainly a factual claim",
  other: "Neither",
};
const MEANINGS = {
  opinion: "A judgement, belief, feeling, prediction or recommendation of the writer.",
  fact: "Something that could be checked. Not a verdict that it is true.",
  "mixed-opinion": "A verdict of the writer together with something that could be checked.",
  "mixed-fact": "Something that could be checked, together with a verdict of the writer.",
  other: "Neither a verdict nor a claim: a question, a greeting, an instruction, a heading.",
};

/** The same rule as in the extension: a sentence whose label is "other" is not marked, mixed or not. */
function kindOf({ label, mixed }) {
  return mixed && label !== "other" ? `mixed-${label}` : label;
}

/** A number alone reads as a grade, a word alone hides how close a call it was. */
function sureness(confidence) {
  const word =
    confidence >= 0.9 ? "Very" : confidence >= 0.75 ? "Fairly" : confidence >= 0.55 ? "Somewhat" : "Barely";
  return `${word} sure (${percent(confidence)})`;
}

/** Never 100 %: a classifier is not certain. */
function percent(share) {
  return `${Math.min(99, Math.round(share * 100))} %`;
}

// --- the text, as blocks -------------------------------------------------------------------------

/** Pasted text as blocks: a line is a paragraph unless it was only broken to fit a width. */
function blocksOfText(text) {
  const blocks = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    let current = "";
    for (const line of paragraph.split("\n").map((each) => each.trim())) {
      const goesOn = current && !/[.!?:…]["”’)\]]*$/.test(current) && (/^\p{Ll}/u.test(line) || current.length > 60);
      if (goesOn) {
        current += ` ${line}`;
      } else {
        if (current) blocks.push({ tag: "p", text: current });
        current = line;
      }
    }
    if (current) blocks.push({ tag: "p", text: current });
  }
  return blocks;
}

/** The article of the sample page, element by element. */
async function blocksOfSample() {
  const reply = await fetch("/sample");
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const elements = page.querySelectorAll("article :is(h1, h2, p, li, blockquote)");
  return [...elements]
    .filter((element) => !element.querySelector("p, li"))
    .map((element) => ({
      tag: element.parentElement.localName === "blockquote" ? "blockquote" : element.localName,
      text: element.textContent.replace(/\s+/g, " ").trim(),
    }));
}

// --- asking the server ---------------------------------------------------------------------------

/** Calls `onLine` for each line of the reply as it comes; throws an Error to be shown as it is. */
async function analyze(blocks, signal, onLine) {
  const body = { blocks: blocks.map(({ text }, index) => ({ id: String(index), text: text.toWellFormed() })) };
  const reply = await fetch("/v1/analyze", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/jsonl" },
    body: JSON.stringify(body),
    signal,
  });
  if (!reply.ok) {
    const { error } = await reply.json();
    throw new Error(`${error.message} ${error.hint}`);
  }
  let rest = "";
  let done = false;
  const accept = (line) => {
    const content = JSON.parse(line);
    if (content.error && content.id === undefined) throw new Error(`${content.error.message} ${content.error.hint}`);
    done ||= content.done === true;
    onLine(content);
  };
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done: ended } = await reader.read();
    if (ended) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    lines.forEach(accept);
  }
  if (!done) throw new Error("The server stopped before it was done.");
}

// --- showing it ----------------------------------------------------------------------------------

let running = null;
let model = null;
const counts = { opinion: 0, fact: 0, mixed: 0, other: 0 };

function say(message, bad = false) {
  byId("status").textContent = message;
  byId("status").classList.toggle("bad", bad);
}

function showCounts() {
  for (const [kind, count] of Object.entries(counts)) byId(`count-${kind}`).textContent = count;
}

/** Lays the blocks out unmarked; the elements, in order. */
function layOut(blocks) {
  const text = byId("text");
  text.replaceChildren();
  return blocks.map((block) => {
    const element = document.createElement(block.tag === "h1" ? "h2" : block.tag);
    element.textContent = block.text;
    if (block.tag === "li") {
      if (text.lastElementChild?.localName !== "ul") text.append(document.createElement("ul"));
      text.lastElementChild.append(element);
    } else {
      text.append(element);
    }
    return element;
  });
}

/** Replaces a block's text by the same text with its sentences marked. */
function paint(element, sentences) {
  const text = element.textContent;
  const parts = [];
  let position = 0;
  for (const sentence of sentences) {
    parts.push(text.slice(position, sentence.start));
    const kind = kindOf(sentence);
    counts[kind.startsWith("mixed") ? "mixed" : kind] += 1;
    const span = document.createElement("span");
    span.textContent = text.slice(sentence.start, sentence.end);
    span.className = kind === "other" ? "other" : `sentence ${kind}`;
    span.tabIndex = kind === "other" ? -1 : 0;
    span.role = "button";
    span.ariaExpanded = "false";
    span.setAttribute("aria-description", `${NAMES[kind]}. ${sureness(sentence.confidence)}.`);
    details.set(span, { ...sentence, kind });
    parts.push(span);
    position = sentence.end;
  }
  element.replaceChildren(...parts, text.slice(position));
}

async function mark(blocks) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  for (const kind of Object.keys(counts)) counts[kind] = 0;
  showCounts();
  const elements = layOut(blocks);
  byId("result").hidden = false;
  say("Reading …");
  try {
    await analyze(blocks, mine.signal, (line) => {
      if (line.done) {
        model = line.model;
        const seconds = (line.timings_ms.total / 1000).toFixed(2);
        say(`${line.sentences} ${line.sentences === 1 ? "sentence" : "sentences"} in ${seconds} s.`);
      } else if (line.sentences) {
        paint(elements[Number(line.id)], line.sentences);
        showCounts();
      }
    });
  } catch (error) {
    if (mine.signal.aborted) return;
    say(error instanceof TypeError ? "The server does not answer. Start it with: make run" : error.message, true);
  }
}

// --- the card ------------------------------------------------------------------------------------

/** What the server said of each marked sentence, by its element. */
const details = new WeakMap();
let opened = null;

function openCard(span, x) {
  const { kind, confidence, probabilities: p, truncated } = details.get(span);
  byId("card-kind").textContent = NAMES[kind];
  byId("card-sure").textContent = sureness(confidence);
  byId("card-meaning").textContent =
    MEANINGS[kind] + (truncated ? " Only the beginning of this long sentence was read." : "");
  byId("card-model").textContent = model ? `Model ${model.id}, ${model.revision}` : "";
  const shares = { opinion: p.opinion + p.mixed_opinion, fact: p.fact + p.mixed_fact, other: p.other };
  for (const [label, share] of Object.entries(shares)) {
    byId(`meter-${label}`).value = share;
    byId(`share-${label}`).textContent = percent(share);
  }
  const card = byId("card");
  card.showPopover();
  // Below the line that was clicked, within the window's width.
  const lines = [...span.getClientRects()];
  const line = lines.find((rect) => x >= rect.left && x <= rect.right) ?? lines[0];
  const left = Math.max(16, Math.min((x ?? line.left) - 24, innerWidth - card.offsetWidth - 16));
  const below = line.bottom + 10;
  const top = below + card.offsetHeight > innerHeight ? Math.max(8, line.top - card.offsetHeight - 10) : below;
  card.style.left = `${left + scrollX}px`;
  card.style.top = `${top + scrollY}px`;
  span.ariaExpanded = "true";
  opened = span;
}

byId("card").addEventListener("toggle", (event) => {
  if (event.newState === "closed" && opened) {
    opened.ariaExpanded = "false";
    opened = null;
  }
});

byId("text").addEventListener("click", (event) => {
  const span = event.target.closest("[role=button]");
  if (span && getSelection().isCollapsed) openCard(span, event.clientX);
});

byId("text").addEventListener("keydown", (event) => {
  if ((event.key === "Enter" || event.key === " ") && details.has(event.target)) {
    event.preventDefault();
    openCard(event.target);
  }
});

// --- the form ------------------------------------------------------------------------------------

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const blocks = blocksOfText(byId("input").value);
  if (blocks.length) mark(blocks);
  else say("There is no text yet.", true);
});

byId("input").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
});

byId("sample").addEventListener("click", async () => {
  try {
    const blocks = await blocksOfSample();
    byId("input").value = blocks.map(({ text }) => text).join("\n\n");
    await mark(blocks);
  } catch {
    say("The server does not answer. Start it with: make run", true);
  }
});

/** Nothing can be asked before the model is loaded: say so, and say when it is. */
async function waitForModel() {
  for (;;) {
    const health = await fetch("/health").then((reply) => reply.json(), () => null);
    if (health?.status === "ready") break;
    say(health ? "The model is being loaded …" : "The server does not answer. Start it with: make run", !health);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  say("");
  for (const id of ["mark", "sample"]) byId(id).disabled = false;
}

for (const id of ["mark", "sample"]) byId(id).disabled = true;
waitForModel();
