/** The name, with an earlier stroke of it showing through. */
export function Wordmark() {
  return <span className="wordmark">Pentimento</span>;
}
