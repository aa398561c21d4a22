import { useState } from "react";
import { Picture } from "../picture.tsx";

/**
 * The earlier picture shows through up to a soft edge. A range input lies over both: so it is moved by mouse, finger and
 * keys alike, and read aloud.
 */
export function BeforeAfter({
  before,
  after,
  alt,
}: {
  readonly before: string | null | undefined;
  readonly after: string | null | undefined;
  readonly alt: string;
}) {
  const [at, setAt] = useState(50);
  return (
    <div className="before-after" style={{ "--at": `${at}%` } as React.CSSProperties}>
      <Picture url={after} alt={alt} />
      <Picture url={before} alt="Before" className="before" />
      <span className="edge" aria-hidden="true" />
      <span className="tag left" aria-hidden="true" data-hidden={at < 12}>
        before
      </span>
      <span className="tag right" aria-hidden="true" data-hidden={at > 88}>
        after
      </span>
      <input
        type="range"
        min={0}
        max={100}
        step={1}
        value={at}
        aria-label="How much of the earlier picture shows"
        aria-valuetext={`${at} % before`}
        onChange={(event) => setAt(Number(event.target.value))}
      />
    </div>
  );
}
