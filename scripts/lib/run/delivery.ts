/** A delivery by its address: a file here, on a web server or in a bucket. */
import { remoteFile } from "../net/remote_file.ts";
import { type Arrival, type Arrivals, givenFile } from "../store/arrivals.ts";
import { s3File } from "../store/s3_inbox.ts";

/** What is told of a delivery beside its bytes. */
export type Told = Pick<Arrival, "format" | "label">;

/** What arrives from a path, `https://…` or `s3://bucket/key`. */
export function delivery(
  source: string,
  told: Told,
  say: (text: string) => void,
): Arrivals {
  if (source.startsWith("s3://")) return s3File(source, told);
  if (!/^https?:\/\//.test(source)) {
    return givenFile(source.replace(/^file:(\/\/(?=\/))?/, ""), told);
  }
  const { name, open } = remoteFile(source, say);
  return async function* () {
    yield await Promise.resolve({
      source: name,
      open,
      // A cut answer is an error, and each read is one answer.
      confirm: () => Promise.resolve(),
      is_known_by_stat: false,
      ...told,
    });
  };
}
