/** What the panel says when there are no answers: what is the matter, and what to do about it. */
import { t } from "./i18n.js";
import type { ServerProblem } from "./protocol.js";

/** Starts the server, in the folder that Sayso lies in, at the port that is set. Commands are no matter of language. */
function startCommands(port: string | undefined): [make: string, serve: string] {
  if (port === undefined) return ["make run", ".venv/bin/sayso serve"];
  return [`SAYSO_PORT=${port} make run`, `.venv/bin/sayso serve --port ${port}`];
}

export interface ProblemText {
  heading: string;
  detail: string;
  /** To be copied; only where typing it is what helps. */
  command: string | null;
  /** Another way to the same, in small print. */
  alternative: string | null;
  /** Whether Sayso asks again by itself, which changes what "Try again" means to the reader. */
  waits: boolean;
}

export function problemText(problem: ServerProblem): ProblemText {
  switch (problem.state) {
    case "not-running":
      return startIt(t("problemNotRunning"), t("problemNotRunningDetail"), problem.port);
    case "interrupted":
      return startIt(t("problemInterrupted"), t("problemInterruptedDetail"), problem.port);
    case "unreachable":
      return say(t("problemUnreachable"), t("problemUnreachableDetail", problem.address), true);
    case "no-access":
      return say(t("problemNoAccess"), t("problemNoAccessDetail", problem.address), false);
    case "unauthorized":
      return say(t("problemUnauthorized"), t("problemUnauthorizedDetail"), false);
    case "loading":
      return say(t("problemLoading"), t("problemLoadingDetail"), true);
    case "busy":
      return say(t("problemBusy"), t("problemBusyDetail"), true);
    case "other-server":
      return say(t("problemOtherServer"), t("problemOtherServerDetail", problem.address), false);
    case "incompatible":
      return problem.isOlder
        ? say(t("problemTooOld"), t("problemTooOldDetail", problem.version), false)
        : say(t("problemTooNew"), t("problemTooNewDetail", problem.version), false);
    case "refused":
      return say(t("problemRefused"), withDetail(t("problemRefusedDetail"), problem.detail), false);
    case "silent":
      return startIt(t("problemSilent"), t("problemSilentDetail"), problem.port);
    case "server-error":
      return say(t("problemServerError"), withDetail(t("problemServerErrorDetail"), problem.detail), false);
  }
}

function say(heading: string, detail: string, waits: boolean): ProblemText {
  return { heading, detail, command: null, alternative: null, waits };
}

function startIt(heading: string, detail: string, port: string | undefined): ProblemText {
  const [make, serve] = startCommands(port);
  return { heading, detail, command: make, alternative: t("startAlternative", serve), waits: true };
}

/** The server's own words, cut to what a panel holds. */
function withDetail(text: string, detail: string): string {
  const words = detail.trim();
  return words === "" ? text : `${text} “${words.length > 200 ? `${words.slice(0, 200)}…` : words}”`;
}
