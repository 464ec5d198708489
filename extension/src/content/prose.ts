/**
 * Which blocks of text, of those in the article's elements, are the article's own: not the furniture that stands between
 * its paragraphs (dates, bylines, credits, "Read more" rows, invitations to subscribe), nor what is no prose at all.
 *
 * It is told from the text, and from how much of it is links. The words are English, as the pages are that Sayso reads.
 */
import type { Block } from "./blocks.js";

/** Lets the article's blocks pass. It is given them in the order of the page, and holds a heading until it sees for what. */
export class ArticleFilter {
  /** A label whose next block is not known yet. */
  private label: Block | null = null;
  /** The label above the links that were left out last, while nothing else followed. */
  private above: string | null = null;

  /**
   * The blocks that are now known to be the article's: none, this one, the label above it, or both. `proseOnly` is for
   * where no article was found: only what looks like prose is one.
   */
  pass(block: Block, tally: Tally, proseOnly: boolean): Block[] {
    const { text } = block.map;
    const verdict = judge(text, block.element, tally, this.label?.map.text ?? this.above);
    if (verdict === "not prose") return [];
    const released = this.label === null || verdict === "links" ? [] : [this.label];
    this.above = verdict === "links" ? (this.label?.map.text ?? this.above) : null;
    this.label = null;
    if (verdict === "links" || (proseOnly && !looksLikeProse(text, tally.linkShare))) return released;
    if (!isLabel(text, block.element)) return [...released, block];
    this.label = block;
    return released;
  }
}

/** What a block's text is made of. */
export class Tally {
  private all = 0;
  private linked = 0;
  private code = 0;
  private readonly links = new Set<Element>();

  add(text: string, piece: { link: Element | null; inCode: boolean }): void {
    const letters = text.replace(/\s+/g, "").length;
    this.all += letters;
    if (piece.link !== null && letters > 0) {
      this.linked += letters;
      this.links.add(piece.link);
    }
    if (piece.inCode) this.code += letters;
  }

  reset(): void {
    this.all = this.linked = this.code = 0;
    this.links.clear();
  }

  /** Nothing tallied: a later part of a text node that was split at a blank line, of which the first had the tally. */
  get isOnlyCode(): boolean {
    return this.all > 0 && this.code === this.all;
  }

  get linkShare(): number {
    return this.all === 0 ? 0 : this.linked / this.all;
  }

  get linkCount(): number {
    return this.links.size;
  }
}

/** A block is the article's, a lead to other pages (what announces it goes with it), or anything else that is not read. */
type Verdict = "article" | "links" | "not prose";

/** `above` is the label that stands right above the block, or above blocks of links that it follows. */
function judge(text: string, owner: Element, tally: Tally, above: string | null): Verdict {
  if (!/\p{L}/u.test(text) || tally.isOnlyCode) return "not prose";
  if (isRowOfLinks(text, tally) || (above !== null && isAnnounced(above, tally))) return "links";
  return isFurniture(text, tally) || isCreditedCaption(owner) ? "not prose" : "article";
}

/** A sentence at least: some words, not mostly links, and an end. For pages on which no article was found. */
function looksLikeProse(text: string, linkShare: number): boolean {
  return linkShare < 0.5 && text.split(/\s+/).length >= 5 && /[.!?…:]["'”’)\]]*(\s|$)/.test(text);
}

/** A heading, or a line in bold, that is no sentence: it announces what follows, and means nothing without it. */
function isLabel(text: string, owner: Element): boolean {
  if (text.length > 60 || /[.!?…]["'”’)\]]*$/.test(text)) return false;
  return HEADING.test(owner.localName) || owner.querySelector("b, strong")?.textContent.trim() === owner.textContent.trim();
}

const HEADING = /^h[1-6]$/;

// --- links ------------------------------------------------------------------------------------------------------------

const LEADS_ELSEWHERE = new RegExp(
  "^\\W*(" +
    [
      "(read|see|watch|listen|more|also|related|recommended|trending|popular|must)( \\w+){0,3}(\\s*[:|–—>»]| -)",
      "(read|see|learn|find out) (also|more|next)\\b",
      "(also|now|further) (read|see|watch)\\b",
      "(related|more)( (?!than)\\w+){0,2} (articles?|stor(y|ies)|posts?|news|content|links?|topics?|coverage|reading)\\b",
      "(related|more) (from|on|in|about)\\b",
      "(don['’]t|do not) miss\\b",
      "you (may|might|will|['’]ll)( also)? (like|enjoy|love)\\b",
      "click here\\b",
      "(continue|keep) reading\\b",
      "(previous|next|older|newer)( (article|story|post|page|entry))?(\\s*[:|–—>»]| -)",
    ].join("|") +
    ")",
  "i",
);

/** A link and nothing else is a teaser or a menu's entry, unless it is as long as a paragraph. */
const LONGEST_TEASER = 200;

function isRowOfLinks(text: string, tally: Tally): boolean {
  const { linkShare, linkCount } = tally;
  const addresses = text.match(/\bhttps?:\/\/\S+/g)?.join("").length ?? 0;
  if (addresses > 0.5 * text.length) return true;
  if (linkShare >= 0.9) return text.length < LONGEST_TEASER || linkCount > 1;
  return linkShare >= 0.5 && LEADS_ELSEWHERE.test(text);
}

/** Below a label such as "More great stories" a teaser may have words of its own beside its link. */
function isAnnounced(label: string, tally: Tally): boolean {
  return tally.linkShare >= 0.3 && (LEADS_ELSEWHERE.test(label) || isSign(label));
}

// --- what is said by its words ------------------------------------------------------------------------------------------

const MONTH = "jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?";
const DAY = "(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?|today|yesterday";
const CLOCK = "[ap]\\.?m\\.?|noon|midnight|[ecmp][sd]?t|gmt|utc|bst|ist|local|time|hours?|hrs?|min(ute)?s?|seconds?|days?|weeks?|ago";
const STAMP = "first|last|originally|published|posted|updated|modified|created|date|on|at|in|of|the|and|by";
const DATE_WORD = new RegExp(`^(${MONTH}|${DAY}|${CLOCK}|${STAMP}|\\d+(st|nd|rd|th)?|[tz])$`, "i");

/** All that a dateline says: when, and of which kind of "when" it is. */
function isDate(text: string): boolean {
  if (text.length > 120 || !/\d|today|yesterday/i.test(text)) return false;
  // In any language: a year and a time of day, hardly anything else, and no sentence.
  const isShort = text.split(/\s+/).length <= 10 && !/[.!?]["'”’)\]]*$/.test(text);
  if (isShort && /\b(19|20)\d\d\b/.test(text) && /\b\d{1,2}[:.h]\d\d\b/.test(text)) return true;
  const words = text.match(/[\p{L}\p{N}.]+/gu) ?? [];
  return words.every((word) => DATE_WORD.test(word.replace(/\.+$/, "")) || /^[\d.]+([ap]m)?$/i.test(word));
}

/** "By Ann Lee and Bo Chan, Staff Writers, on 3 May": after "by" only names, what joins them, and a date. */
function isByline(text: string): boolean {
  if (text.length > 120 || !/^(written |posted |reported |story |words )?by[:\s]/i.test(text)) return false;
  const words = text.replace(/^.*?\bby\b/i, "").match(/[\p{L}\p{N}.'’@-]+/gu) ?? [];
  const names = words.filter((word) => !DATE_WORD.test(word.replace(/\.+$/, "")) && !/^[\d.-]+$/.test(word));
  return names.length <= 10 && names.every((word) => /^[\p{Lu}@]/u.test(word) || /^(and|for|of|the|with|from|de|van|von|der|da|di|el|al|staff|writer|reporter|correspondent|editor)$/.test(word));
}

const CREDIT_WORD = "photo(s|graph|grapher|graphy)?|image|picture|pic|video|illustration|credit|source|screenshot|copyright";
const CREDIT_ALONE = new RegExp(`^\\W*((${CREDIT_WORD})s?( (credit|by|courtesy|source|via|copyright)s?)*\\s*[:©/]|©|\\(c\\))`, "i");
const PICTURE_NUMBER = /^(image|photo|picture|slide|page) \d+ (of|\/)|^(image|media) caption/i;
const CREDIT_AT_END = new RegExp(`[([](${CREDIT_WORD})s?( (credit|by|courtesy|via)s?\\b|\\s*[:©/])[^()]{0,80}[)\\]]\\W*$`, "i");
const CREDIT_INSIDE = new RegExp(
  `\\b(${CREDIT_WORD})s?( (credit|by|courtesy|copyright|caption|from)s?)*\\s*[:©]|[([](${CREDIT_WORD})\\b|©|` +
    "\\b(photo(graph)?s?|image|picture|illustration) (by|courtesy|credit|copyright|caption|via)\\b|" +
    "\\b(getty( images)?|reuters|afp|shutterstock|alamy|istock|unsplash|associated press|ap photo)\\b|/ ?(ap|epa|pa|file|ap file)\\s*$|\\((ap|epa|pa|file)\\)\\s*$",
  "i",
);

/** As the text content of two blocks has it: "in the seaCredit: EPA". */
const CREDIT_RUN_ON = /[a-z.)](Credit|Photo|Image|Picture|Source)s?:/;

/** A short line that only says where a picture is from. */
function isCredit(text: string): boolean {
  return text.length <= 200 && (CREDIT_ALONE.test(text) || CREDIT_AT_END.test(text) || PICTURE_NUMBER.test(text));
}

/**
 * A caption with a credit is the picture agency's text, not the author's; a caption without one is the article's. The
 * credit may be a block of its own beside the caption's text.
 */
function isCreditedCaption(owner: Element): boolean {
  const caption = owner.closest("figure") ?? owner.closest("figcaption, [class*='caption' i]");
  const whole = caption?.textContent.trim() ?? "";
  if (caption === null || whole.length > (caption.localName.startsWith("fig") ? 700 : 300)) return false;
  if (caption.querySelector("[class*='credit' i], [class*='copyright' i], figcaption ~ cite, figcaption cite") !== null) return true;
  return CREDIT_INSIDE.test(whole) || CREDIT_RUN_ON.test(whole);
}

const NEWSROOM = [
  /^\W*(additional |with )?(reporting|writing|editing|compiled|translation|translated|edited|written) by\b[^.]*\.?\W*$/i,
  /\bcontributed (reporting|(reporting )?to (this|the) (report|article|story|post))\W*$/i,
  /^\W*(©|ⓒ|\(c\)|copyright\b)(.{0,20}(19|20)\d\d\b|.{0,80}$)/i,
  /^\W*(follow|more|see|read|find|visit)\b[^.]{0,100}https?:\/\/\S+\W*$/i,
  /\ball rights reserved\b/i,
  /\bthis (material|content|article|story|document)\b.{0,80}\bmay not be (re)?(published|produced|printed|written|used)\b/i,
];

/** What the reader is told to do, at the beginning of a sentence: "residents had to sign up" is a claim. */
const DO = "(?:^|[.!?:…–—]\\s+|\\bplease )\\W*";
const INVITATIONS = [
  `${DO}(sign up|register)\\b.*\\b(newsletters?|emails?|updates?|alerts?|inbox|free|today|here|now)\\b`,
  `${DO}subscribe\\b`,
  `${DO}(get|receive|join)\\b.{0,80}\\b(newsletters?|in(to)? your inbox|to your inbox)\\b`,
  `${DO}(follow|like|join|find)\\b.{0,60} (on|at) .{0,30}\\b(twitter|facebook|instagram|linkedin|youtube|telegram|tiktok|threads|bluesky|mastodon|whatsapp)\\b`,
  "\\bfollow us (on|at)\\b",
  `${DO}(download|get) (the|our)\\b.{0,40}\\bapp\\b`,
  "\\blet us know (at|in the comments|what you think)\\b",
  "\\bmay (earn|receive|get)\\b.{0,20}\\bcommission\\b.*\\b(links?|purchases?|buy)\\b",
  "\\b(links?|purchases?|buy)\\b.*\\bmay (earn|receive|get)\\b.{0,20}\\bcommission\\b",
].map((pattern) => new RegExp(pattern, "i"));

/** An invitation is short, and is one: it has the reader do something, mostly by a link. */
const LONGEST_INVITATION = 300;

const SIGNS = new Set(
  [
    "ad, ads, advert, advertisement, advertising, sponsored, sponsored content, promoted, promoted content",
    "advertisement - continue reading below, article continues below advertisement, article continues after advertisement",
    "story continues below advertisement, story continues below, story continues after ad, content continues below",
    "comment, comments, leave a comment, leave a reply, post a comment, post comment, add a comment, join the conversation",
    "view comments, show comments, no comments, tell us what you think, what do you think, have your say",
    "share, share this, share this article, share this story, share this post, share on facebook, share on twitter, tweet, pin it, print, email",
    "caption, close, open, next, previous, play, pause, replay, loading, back to top, skip to content, skip to main content, menu",
    "tags, topics, filed under, categories, related, related articles, related stories, related posts, related content, related topics",
    "see also, further reading, read next, read also, recommended, recommended for you, recommended stories, most popular, most read, popular, trending, trending now, latest, latest news, breaking news",
    "more stories, more news, more from, editor's picks, editors' picks, you may also like, you might also like, up next, watch, watch next",
    "read more, read more..., continue reading, see more, show more, load more, view more, learn more, more, click here",
    "media playback is unsupported on your device, javascript is disabled, follow us, subscribe, newsletter, sign up, log in, sign in, register, save, bookmark, listen, listen to this article",
    "about the author, about, citation, contents, table of contents, in this article, on this page",
  ]
    .join(", ")
    .split(", "),
);

function isSign(text: string): boolean {
  return SIGNS.has(text.toLowerCase().replace(/[\s:…>»|]+$|\s*\.{3}$|\(.?\)$/g, "").replace(/\s+/g, " "));
}

function isFurniture(text: string, tally: Tally): boolean {
  if (isSign(text)) return true;
  if (isDate(text) || isByline(text) || isCredit(text)) return true;
  if (text.length <= 400 && NEWSROOM.some((pattern) => pattern.test(text))) return true;
  return text.length <= (tally.linkCount > 0 ? LONGEST_INVITATION : 120) && INVITATIONS.some((pattern) => pattern.test(text));
}
