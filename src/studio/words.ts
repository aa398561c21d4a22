import type {
  AppealStatus,
  Category,
  EditStatus,
  Stage,
  VerdictPartsFragment,
} from "../../schema/generated/graphql.ts";

export const statusWords: Record<EditStatus, string> = {
  MODERATING: "Being looked at by the filters",
  QUEUED: "Waiting",
  RUNNING: "Painting",
  FINISHING: "Finishing",
  SUCCEEDED: "Done",
  IN_REVIEW: "Held for review",
  REFUSED: "Refused",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
  EXPIRED: "Too late",
};

export const appealWords: Record<AppealStatus, string> = {
  PENDING: "Your appeal is with the moderators. If they agree, the edit goes on by itself.",
  UPHELD: "Your appeal was upheld, and the edit went on; this was found after that. An edit is appealed once.",
  REJECTED: "A moderator has looked at your appeal, and the refusal stands.",
};

const ends: readonly EditStatus[] = ["SUCCEEDED", "REFUSED", "FAILED", "CANCELLED", "EXPIRED"];

export function isOver(status: EditStatus): boolean {
  return ends.includes(status);
}

export const categoryWords: Record<Category, string> = {
  CSAM: "sexual abuse of children",
  NCII: "intimate imagery without consent",
  SEXUAL: "sexual content",
  VIOLENCE: "violence",
  GORE: "gore",
  HATE: "hate",
  SELF_HARM: "self-harm",
  HARASSMENT: "harassment",
  ILLEGAL_ACTS: "illegal acts",
  PUBLIC_FIGURES: "public figures",
  COPYRIGHTED_CHARACTERS: "copyrighted characters",
  OTHER: "something a person must look at",
};

const stageWords: Record<Stage, string> = { PROMPT: "The sentence", SOURCE: "The photo", OUTPUT: "The result" };

/** Why an edit was refused or is held, in a sentence. */
export function verdictWords({ stage, verdict, category, score, threshold }: VerdictPartsFragment): string {
  const what = stageWords[stage];
  const refused = verdict === "REFUSE";
  // Without a score it was a person who refused it, or no filter could judge.
  if (category === "OTHER" && score === 0)
    return `${what} ${refused ? "was refused" : "must be looked at"} by a person.`;
  const found = category === "OTHER" ? "something that the policy does not allow" : categoryWords[category];
  const figures = score > 0 ? ` (score ${score.toFixed(1)}; the policy acts from ${threshold.toFixed(1)})` : "";
  return `${what} ${refused ? "was taken for" : "may show"} ${found}${figures}.`;
}

const advice: Readonly<Record<string, string>> = {
  UNREACHABLE: "Is the server still running? Try again when it is.",
  UNAUTHENTICATED: "Sign in again: with a key, or by the link that the server prints anew when it starts.",
  FORBIDDEN: "This account may not do that.",
  ACCOUNT_SUSPENDED: "This account is suspended. Ask whoever runs the server.",
  POLICY_NOT_ACCEPTED: "Accept the policy first; it is at the top of the page.",
  BAD_INPUT: "Change what it names and try again.",
  IMAGE_TOO_LARGE: "Choose a picture of at most 20 MB, 16.7 megapixels and 8,192 pixels a side.",
  IMAGE_UNREADABLE: "The file is damaged. Save it again as JPEG or PNG, or choose another.",
  IMAGE_UNSUPPORTED: "Choose a JPEG, PNG or WebP picture.",
  UPLOAD_EXPIRED: "Choose the picture again.",
  NOT_FOUND: "It may have been deleted, or belongs to another account.",
  QUEUE_FULL: "Many edits wait. Try again in a while.",
  RATE_LIMITED: "Too many requests at once. Try again in a moment.",
  QUOTA_EXCEEDED: "Wait for the next day, delete pictures, or ask whoever runs the server for more.",
  DEADLINE_UNREACHABLE: "Try fewer steps or fewer pictures.",
  MODEL_UNAVAILABLE: "Try again in a moment; if it stays so, ask whoever runs the server.",
  ENGINE_FAILED: "Send the edit again; if it fails again, try another seed, or ask whoever runs the server.",
  INTERNAL: "Try again; if it stays so, the server's log says more.",
};

/** What to do about an error; empty where there is nothing. */
export function whatToDo(code: string): string {
  return advice[code] ?? "";
}

/** "about 4 s", "about 3 min". */
export function about(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 90 ? `about ${seconds} s` : `about ${Math.round(seconds / 60)} min`;
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function when(iso: string): string {
  return day.format(new Date(iso));
}
