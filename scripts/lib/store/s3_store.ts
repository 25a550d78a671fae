/** A bucket as object store: `s3://bucket/prefix`, on any server that keeps S3's promises. */
import { Digest } from "../bytes/digest.ts";
import { probeAbilities, refuseUnable } from "./probe.ts";
import { PATIENCE, type Patience, Tries } from "./retry.ts";
import type { S3Client } from "./s3_client.ts";
import { S3Error } from "./s3_errors.ts";
import { noteFromMetadata, noteToMetadata, type S3Note } from "./s3_note.ts";
import { listObjects, type Reading, readObject } from "./s3_read.ts";
import { readWhole, type Source } from "./s3_source.ts";
import { readS3Url, type S3Place } from "./s3_url.ts";
import {
  putInParts,
  takeBackAbandoned,
  takeBackUploadsOf,
} from "./s3_upload.ts";
import {
  type Ability,
  ChangedObjectError,
  type NewObject,
  type ObjectHead,
  type PutResult,
  type Store,
  validKey,
} from "./store.ts";

/** What a test may set otherwise. */
export interface S3Options {
  patience?: Partial<Patience>;
  /** Keys in a page of a listing; S3 gives at most 1,000. */
  page_size?: number;
}

/** Where a call fails that has no object to fail by. */
const FOLDER_OF_NONE = "none";

/** An object that is to be put. */
interface Put {
  /** With the store's prefix. */
  key: string;
  label: string;
  note: S3Note;
  source: Source;
}

/** Opens a bucket, or a part of it, as a store; nothing is asked of it yet. */
export function openS3Store(url: string, options: S3Options = {}): Store {
  return new S3Store(readS3Url(url, "store"), options);
}

class S3Store implements Store {
  readonly label: string;
  readonly #place: S3Place;
  readonly #patience: Patience;
  readonly #page_size: number;
  readonly #probed = new Map<string, Promise<void>>();
  #client: Promise<S3Client> | undefined;
  #swept: Promise<void> | undefined;

  constructor(place: S3Place, { patience, page_size = 1000 }: S3Options) {
    this.label = place.label;
    this.#place = place;
    this.#patience = { ...PATIENCE, ...patience };
    this.#page_size = page_size;
  }

  async put(object: NewObject): Promise<PutResult> {
    const source = await readWhole(object);
    const named = await object.named(source.sha256);
    if (!named) return "unwanted";
    const key = this.#key(named.key);
    await this.#probeOnce(named.key);
    // Tells an answer that was lost from an object that was there before.
    const put_id = crypto.randomUUID();
    const note = { sha256: source.sha256, ...named.note, put_id };
    const put = { key, label: this.label, source, note };
    // Nothing large is sent in vain.
    const there = source.bytes ? undefined : await this.#whoWon(put);
    return there ?? await this.#putNew(put);
  }

  async #putNew(put: Put): Promise<PutResult> {
    const client = await this.#open();
    const tries = new Tries(this.#patience);
    while (true) {
      let failure: unknown;
      try {
        await this.#send(client, put);
        if (put.source.bytes) return "made";
      } catch (error) {
        const may_be_there = error instanceof S3Error &&
          (error.is_conflict || error.is_absent);
        if (!may_be_there) throw error;
        failure = error;
      }
      // Also without a failure: an upload that is taken back while it ends may
      // be called a success.
      const won = await this.#whoWon(put);
      if (won) return won;
      // Whoever was quicker is gone again.
      if (await tries.another()) continue;
      throw failure ?? new Error(
        `Cannot put "${put.key}" into ${this.label}: expected it there once it was put, found nothing${tries.note}: run it again`,
      );
    }
  }

  async #send(client: S3Client, put: Put): Promise<void> {
    const { key, label, note, source } = put;
    const metadata = noteToMetadata(note);
    if (!source.bytes) {
      this.#swept ??= takeBackAbandoned(client, this.#place.prefix);
      await this.#swept;
      await putInParts(client, { key, label, metadata, source });
      return await takeBackUploadsOf(client, key);
    }
    await client.call("put", {
      what: `put "${key}" into ${label}`,
      input: {
        Key: key,
        Body: source.bytes,
        ContentLength: source.byte_count,
        ChecksumSHA256: Uint8Array.fromHex(source.sha256).toBase64(),
        Metadata: metadata,
        IfNoneMatch: "*",
      },
    });
  }

  /** Says whose object is under the key, if its bytes are the same. */
  async #whoWon({ key, note }: Put): Promise<PutResult | undefined> {
    const head = await this.#headOf(key);
    if (!head) return undefined;
    if (head.sha256 === note.sha256) {
      return head.put_id === note.put_id ? "made" : "there";
    }
    throw new Error(
      `Cannot put "${key}" into ${this.label}: there already with other bytes: expected sha256 ${note.sha256}, found ${head.sha256}`,
    );
  }

  async *get(key: string): AsyncGenerator<Uint8Array> {
    const path = this.#key(key);
    const digest = new Digest();
    let expected: string | undefined;
    const noted = (metadata?: Record<string, string>) => {
      expected = noteFromMetadata(metadata).sha256;
    };
    yield* digest.of(this.#read(path, noted));
    if (digest.sha256 === expected) return;
    throw new ChangedObjectError(
      `Cannot read "${path}" in ${this.label}: expected sha256 ${
        expected ?? "in its metadata"
      }, found ${digest.sha256}: the object was changed after it had landed`,
    );
  }

  async *#read(key: string, noted?: Reading["noted"]) {
    const { label } = this;
    const patience = this.#patience;
    yield* readObject(await this.#open(), { key, label, patience, noted });
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const { put_id: _, ...head } = await this.#headOf(this.#key(key)) ?? {};
    return "bytes" in head ? head as ObjectHead : undefined;
  }

  async #headOf(key: string): Promise<ObjectHead & S3Note | undefined> {
    const client = await this.#open();
    try {
      const answer = await client.call("head", {
        what: `look at "${key}" in ${this.label}`,
        input: { Key: key },
      });
      const note = noteFromMetadata(answer.Metadata);
      const { VersionId: version_id } = answer;
      return {
        ...note,
        sha256: note.sha256 ?? await this.#digestOf(key),
        bytes: answer.ContentLength ?? 0,
        // A bucket that never kept versions says "null".
        ...(version_id && version_id !== "null" ? { version_id } : {}),
      };
    } catch (error) {
      if (error instanceof S3Error && error.is_absent) return undefined;
      // A refusal to look has no words; a refusal to list has.
      await this.list(FOLDER_OF_NONE).next();
      throw error;
    }
  }

  /** Of an object that somebody else put here. */
  async #digestOf(key: string): Promise<string> {
    const digest = new Digest();
    for await (const _ of digest.of(this.#read(key)));
    return digest.sha256;
  }

  async *list(folder: string, after = ""): AsyncGenerator<string> {
    const { prefix, label } = this.#place;
    const under = `${this.#key(folder)}/`;
    const listing = {
      under,
      after: prefix + after,
      label,
      page_size: this.#page_size,
    };
    for await (const { key } of listObjects(await this.#open(), listing)) {
      // The folder itself may be an object, and so may the probe's.
      if (!/^(\.|$)/.test(key.slice(under.length))) {
        yield key.slice(prefix.length);
      }
    }
  }

  async probe(folder: string): Promise<Ability[]> {
    const client = await this.#open();
    const { label } = this;
    return await probeAbilities(client, { folder: this.#key(folder), label });
  }

  /** Before the first put into a folder the store has to show what it can. */
  async #probeOnce(key: string): Promise<void> {
    const folder = key.split("/")[0];
    let probed = this.#probed.get(folder);
    if (!probed) {
      const probe = async () => {
        const client = await this.#open();
        const { label } = this;
        await refuseUnable(client, { folder: this.#key(folder), label });
      };
      probed = probe();
      this.#probed.set(folder, probed);
      // What failed is tried again at the next put.
      probed.catch(() => this.#probed.delete(folder));
    }
    await probed;
  }

  #key(key: string): string {
    return this.#place.prefix + validKey(key);
  }

  /** The SDK takes a tenth of a second to start: only those who need it wait for it. */
  #open(): Promise<S3Client> {
    return this.#client ??= import("./s3_client.ts").then(({ S3Client }) =>
      new S3Client(this.#place, this.#patience)
    );
  }
}
