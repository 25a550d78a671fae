/** The connection to S3: every call with deadlines, and tried again while that is safe and can help. */
import * as sdk from "@aws-sdk/client-s3";
import { type Patience, Tries, Watch, withDeadline } from "./retry.ts";
import { isPassing, S3Error, scrubbed } from "./s3_errors.ts";

/** An upload slower than this is given up. */
const SLOWEST_BYTES_PER_MS = 64;

/** From here on it is worth not to count a digest twice. */
const LARGE_BYTES = 1024;

const COMMANDS = {
  abort: sdk.AbortMultipartUploadCommand,
  complete: sdk.CompleteMultipartUploadCommand,
  create: sdk.CreateMultipartUploadCommand,
  get: sdk.GetObjectCommand,
  head: sdk.HeadObjectCommand,
  list: sdk.ListObjectsV2Command,
  list_uploads: sdk.ListMultipartUploadsCommand,
  put: sdk.PutObjectCommand,
  put_part: sdk.UploadPartCommand,
};

/** What each call is given, and its answer. */
interface Calls {
  abort: [
    sdk.AbortMultipartUploadCommandInput,
    sdk.AbortMultipartUploadCommandOutput,
  ];
  complete: [
    sdk.CompleteMultipartUploadCommandInput,
    sdk.CompleteMultipartUploadCommandOutput,
  ];
  create: [
    sdk.CreateMultipartUploadCommandInput,
    sdk.CreateMultipartUploadCommandOutput,
  ];
  get: [sdk.GetObjectCommandInput, sdk.GetObjectCommandOutput];
  head: [sdk.HeadObjectCommandInput, sdk.HeadObjectCommandOutput];
  list: [sdk.ListObjectsV2CommandInput, sdk.ListObjectsV2CommandOutput];
  list_uploads: [
    sdk.ListMultipartUploadsCommandInput,
    sdk.ListMultipartUploadsCommandOutput,
  ];
  put: [sdk.PutObjectCommandInput, sdk.PutObjectCommandOutput];
  put_part: [sdk.UploadPartCommandInput, sdk.UploadPartCommandOutput];
}

/** One call: what it does, for an error; what it sends; by what its answer is known to be whole. */
export interface Call<Name extends keyof Calls> {
  what: string;
  input: Omit<Calls[Name][0], "Bucket">;
  whole?: (answer: Calls[Name][1]) => boolean;
  /** When fewer are wanted than the patience allows. */
  tries?: number;
}

/** The connection to one bucket. */
export class S3Client {
  readonly #client: sdk.S3Client;
  readonly #patience: Patience;
  readonly #bucket: string;
  /** Scheme, host and port, once a call has been made. */
  #address = "the store";

  /** Without an endpoint the SDK looks for one, as for credentials and region. */
  constructor(
    { bucket, endpoint }: { bucket: string; endpoint?: string },
    patience: Patience,
  ) {
    this.#bucket = bucket;
    this.#patience = patience;
    this.#client = new sdk.S3Client({
      ...(endpoint ? { endpoint } : {}),
      // Tries are counted in one place, and so are digests.
      maxAttempts: 1,
      // Names of batches are instants: a wrong clock is to be set, not hidden.
      disableClockSkewCorrection: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      // Waiting for "100 Continue" is one more way to wait for ever.
      expectContinueHeader: false,
      requestHandler: { connectionTimeout: patience.connect_ms },
    });
    this.#setDefaults();
    this.#addMiddleware();
  }

  /** Makes a call; an error says what could not be done, why, and what to do. */
  async call<Name extends keyof Calls>(
    name: Name,
    { what, input, whole, tries: tries_max }: Call<Name>,
  ): Promise<Calls[Name][1]> {
    const tries = new Tries({
      ...this.#patience,
      ...(tries_max ? { tries: tries_max } : {}),
    });
    while (true) {
      try {
        const answer = await this.#callOnce(name, input);
        if (whole?.(answer) ?? true) return answer;
        throw cutAnswer("one without what it is for");
      } catch (error) {
        if (isPassing(error) && await tries.another()) continue;
        throw this.error(what, error, tries);
      }
    }
  }

  /** The bytes of an answer, as long as enough of them come in time. */
  async *read(
    source: AsyncIterable<Uint8Array> & { destroy?(): void },
    size: number,
  ): AsyncGenerator<Uint8Array> {
    const chunks = source[Symbol.asyncIterator]();
    const watch = new Watch(this.#patience);
    let left = size;
    try {
      while (true) {
        const chunk = await watch.next(chunks);
        if (chunk.done) break;
        left -= chunk.value.length;
        yield chunk.value;
      }
      if (left) throw cutAnswer(`${left} of its ${size} bytes missing`);
    } finally {
      watch.end();
      source.destroy?.();
    }
  }

  /** The error of what is given up. */
  error(what: string, error: unknown, tries: Tries): S3Error {
    return new S3Error({ what, at: this.#address, note: tries.note }, error);
  }

  async #callOnce<Name extends keyof Calls>(
    name: Name,
    input: Omit<Calls[Name][0], "Bucket">,
  ): Promise<Calls[Name][1]> {
    const { first_byte_ms, total_ms } = this.#patience;
    const { Body: body } = input as { Body?: Uint8Array };
    const deadline_ms = Math.min(
      total_ms,
      first_byte_ms + (body?.length ?? 0) / SLOWEST_BYTES_PER_MS,
    );
    // One type for all nine: which command belongs to which input is the table's matter.
    const Command = COMMANDS[name] as unknown as new (
      input: unknown,
    ) => sdk.GetObjectCommand;
    return await withDeadline(
      "an answer",
      deadline_ms,
      (abortSignal) =>
        this.#client.send(
          new Command({ ...input, Bucket: this.#bucket }),
          { abortSignal },
        ),
    ) as Calls[Name][1];
  }

  /** What the SDK has no word for: a region when none is set, and the paths of an endpoint. */
  #setDefaults(): void {
    const { config } = this.#client;
    const { region, useFipsEndpoint } = config;
    config.region = () => region().catch(whenMissing("us-east-1"));
    // It asks for the region as well, as it was before.
    config.useFipsEndpoint = () => useFipsEndpoint().catch(whenMissing(false));
    const provider = config.endpointProvider;
    config.endpointProvider = (parameters, context) =>
      provider({
        ...parameters,
        // A server of one's own seldom has a name for each bucket.
        ForcePathStyle: parameters.Endpoint !== undefined,
      }, context);
  }

  #addMiddleware(): void {
    const stack = this.#client.middlewareStack;
    stack.add((next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      const { Body: body } = args.input as { Body?: Uint8Array };
      const base64 = headers["x-amz-checksum-sha256"];
      // The signature needs the same digest: large bodies are read once only.
      if (base64 && body && body.length >= LARGE_BYTES) {
        headers["x-amz-content-sha256"] = Uint8Array.fromBase64(base64).toHex();
      }
      return next(args);
    }, { step: "build", priority: "low" });
    stack.add((next) => (args) => {
      const { protocol, hostname, port } = args.request as URL;
      this.#address = scrubbed(
        `${protocol}//${hostname}${port ? `:${port}` : ""}`,
      );
      return next(args);
    }, { step: "finalizeRequest" });
  }
}

/** Takes the place of what only a missing region keeps from being known. */
function whenMissing<T>(value: T): (error: Error) => T {
  return (error) => {
    if (/region is missing|region=""/i.test(error.message)) return value;
    throw error;
  };
}

/** An answer that is less than it says. */
function cutAnswer(message: string): Error {
  return Object.assign(new Error(message), { name: "CutAnswer" });
}
