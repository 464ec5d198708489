/** What the panel says when there are no answers: what is the matter, and what to do about it. */
import { t } from "../shared/i18n.js";
import type { ServerProblem } from "../shared/protocol.js";

/** Starts the server, in the folder that Sayso lies in. Commands are no matter of language. */
export const START_COMMAND = "make run";
const SERVE_COMMAND = ".venv/bin/sayso serve";

export interface ProblemText {
  heading: string;
  detail: string;
  /** To be copied; only where typing it is what helps. */
  command: string | null;
  /** Whether Sayso asks again by itself, which changes what "Try again" means to the reader. */
  waits: boolean;
}

export function problemText(problem: ServerProblem): ProblemText {
  switch (problem.state) {
    case "not-running":
      return say(t("problemNotRunning"), t("problemNotRunningDetail", SERVE_COMMAND), START_COMMAND, true);
    case "interrupted":
      return say(t("problemInterrupted"), t("problemInterruptedDetail", SERVE_COMMAND), START_COMMAND, true);
    case "loading":
      return say(t("problemLoading"), t("problemLoadingDetail"), null, true);
    case "busy":
      return say(t("problemBusy"), t("problemBusyDetail", Math.ceil(problem.retryAfter)), null, true);
    case "other-server":
      return say(t("problemOtherServer"), t("problemOtherServerDetail"), null, false);
    case "incompatible":
      return say(t("problemIncompatible"), t("problemIncompatibleDetail", problem.version), null, false);
    case "refused":
      return say(t("problemRefused"), withDetail(t("problemRefusedDetail"), problem.detail), null, false);
    case "silent":
      return say(t("problemSilent"), t("problemSilentDetail"), START_COMMAND, false);
    case "server-error":
      return say(t("problemServerError"), withDetail(t("problemServerErrorDetail"), problem.detail), null, false);
  }
}

function say(heading: string, detail: string, command: string | null, waits: boolean): ProblemText {
  return { heading, detail, command, waits };
}

/** The server's own words, cut to what a panel holds. */
function withDetail(text: string, detail: string): string {
  const words = detail.trim();
  return words === "" ? text : `${text} “${words.length > 200 ? `${words.slice(0, 200)}…` : words}”`;
}
