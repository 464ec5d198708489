/** What the panel says of a reading: its status, what is in the way, and what a screen reader hears. */
import type { Finding, Findings } from "./findings.js";
import { t } from "../shared/i18n.js";
import { total } from "../shared/kinds.js";
import type { ServerProblem } from "../shared/protocol.js";
import { languageName, languageNames } from "./language.js";
import type { Phase } from "./marked-page.js";
import type { Notice, PanelView } from "./panel.js";
import type { Passages } from "./passages.js";
import { problemText } from "../shared/problem-text.js";

export interface Progress {
  phase: Phase;
  passages: Passages;
  findings: Findings;
  current: Finding | null;
  problem: ServerProblem | null;
  /** Of the page. */
  language: string;
  /** The end was told before: a page that grows would else be heard over and over. */
  isSummedUp: boolean;
  /** Only what was selected is read. */
  isOfSelection: boolean;
}

export function panelView({ phase, passages, findings, current, problem, language, isSummedUp, isOfSelection }: Progress): PanelView {
  const { chars, charsDone, failed, foreign } = passages;
  const share = chars === 0 ? 0 : charsDone / chars;
  const isUnderWay = phase === "reading" || phase === "stopped";
  const read = total(findings.counts);
  const notice = noticeOf(phase, problem, language, isOfSelection);
  const status: Record<Phase, string> = {
    reading: share === 0 ? t("statusReading") : t("statusProgress", Math.floor(share * 100)),
    stopped: t("statusStopped", Math.floor(share * 100)),
    waiting: waitingStatus(share, problem),
    done: read === 1 ? t("statusDoneOne") : t("statusDone", read),
    nothing: t("statusNothing"),
    foreign: t("statusForeign"),
    orphaned: t("statusOrphaned"),
  };
  const languages = [...foreign].filter(([, number]) => number > 0).sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
  const leftAlone = languages.reduce((sum, [, number]) => sum + number, 0);
  return {
    status: status[phase],
    progress: isUnderWay || (phase === "waiting" && share > 0) ? share : null,
    control: phase === "reading" ? "stop" : phase === "stopped" ? "goOn" : null,
    findings: share === 0 && !isUnderWay ? null : findings,
    current,
    notice,
    remarks: [
      ...(leftAlone > 0 ? [t("foreignPassages", languageNames(languages.map(([each]) => each)), leftAlone)] : []),
      ...(failed > 0 ? [t("failedPassages", failed)] : []),
    ],
    announcement: notice === null ? announcement(phase, findings, isSummedUp) : `${notice.heading}. ${notice.detail}`,
  };
}

function announcement(phase: Phase, { counts }: Findings, isSummedUp: boolean): string | null {
  if (phase === "stopped") return t("statusOrphaned");
  if (isSummedUp) return null;
  if (phase === "reading") return t("statusReading");
  if (phase !== "done") return null;
  const summary = t("summary", counts.opinion, counts.fact, counts.mixed, counts.other);
  return counts.unsure === 0 ? summary : `${summary} ${t("summaryUnsure", counts.unsure)}`;
}

function waitingStatus(share: number, problem: ServerProblem | null): string {
  if (share > 0) return t("statusStopped", Math.floor(share * 100));
  return problem !== null && problemText(problem).waits ? t("statusWaiting") : t("statusFailed");
}

function noticeOf(phase: Phase, problem: ServerProblem | null, language: string, isOfSelection: boolean): Notice | null {
  switch (phase) {
    case "reading":
    case "stopped":
    case "done":
      return null;
    case "nothing":
      if (isOfSelection) return plainNotice(t("selectionHeading"), t("selectionDetail"), null);
      return plainNotice(t("nothingHeading"), t("nothingDetail"), null);
    case "foreign":
      return plainNotice(t("foreignHeading", languageName(language)), t("foreignDetail"), "proceed");
    case "orphaned":
      return plainNotice(t("orphanedHeading"), t("orphanedDetail"), null);
    case "waiting": {
      if (problem === null) return null;
      const { heading, detail, command, alternative, waits } = problemText(problem);
      const footnote = [alternative, waits ? t("goesOn") : null].filter((line) => line !== null).join(" ");
      return { heading, detail, command, footnote, action: "retry" };
    }
  }
}

function plainNotice(heading: string, detail: string, action: Notice["action"]): Notice {
  return { heading, detail, command: null, footnote: "", action };
}
