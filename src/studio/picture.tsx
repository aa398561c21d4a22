import { useRef } from "react";
import { here } from "./api.ts";
import { useSession } from "./session.ts";

/** A picture by its signed address, a blob or a data URL. */
export function Picture({
  url,
  alt,
  className,
}: {
  readonly url: string | null | undefined;
  readonly alt: string;
  readonly className?: string;
}) {
  const { round, renew } = useSession();
  // A picture that is gone for good is not asked for over and over.
  const renewed = useRef(false);
  if (!url) return <span>{alt}: no longer served</span>;
  const signed = !/^(blob|data):/.test(url);
  const fail = () => {
    if (!signed || renewed.current) return;
    renewed.current = true;
    renew(round);
  };
  const load = () => {
    renewed.current = false;
  };
  return (
    <img
      src={signed ? here(url) : url}
      alt={alt}
      className={className}
      draggable={false}
      decoding="async"
      onError={fail}
      onLoad={load}
    />
  );
}
