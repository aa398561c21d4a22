import type { ApiError } from "./api.ts";
import { whatToDo } from "./words.ts";

/** What went wrong, in words, and what to do about it. */
export function Fault({
  error,
  onRetry,
}: {
  readonly error: Pick<ApiError, "code" | "message"> & { readonly faults?: readonly string[] };
  readonly onRetry?: () => void;
}) {
  const { code, message, faults = [] } = error;
  return (
    <div className="fault" role="alert" data-code={code}>
      <p>
        <strong>{sentence(message)}</strong> {whatToDo(code)}
      </p>
      {faults.length > 1 && (
        <ul>
          {faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      )}
      {onRetry && (
        <button type="button" className="quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** The server's messages are lines of a log; here they are sentences. */
function sentence(message: string): string {
  const capital = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
