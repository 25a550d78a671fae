/** A real S3 server on this machine: one for each test file, with fresh folders. */
import type { S3Client } from "@aws-sdk/client-s3";

const BINARY = `${
  Deno.env.get("SLUICE_HOME") ?? ".sluice"
}/servers/bin/versitygw`;

/** Why the tests that need the server cannot run; undefined when they can. */
export const S3_MISSING: string | undefined = isThere(BINARY)
  ? undefined
  : `${BINARY} is not there: deno task servers`;

/** Registers a test that needs the server; without it the test is skipped. */
export function s3Test(sentence: string, story: () => Promise<void>): void {
  const name = S3_MISSING ? `${sentence} (${S3_MISSING})` : sentence;
  Deno.test({ name, ignore: S3_MISSING !== undefined, fn: story });
}

/** The same for every server: test files share one process and its variables. */
const ACCESS_KEY = "canary-access-key";
const SECRET_KEY = "canary-secret-key-7f3a91";
Deno.env.set("AWS_ACCESS_KEY_ID", ACCESS_KEY);
Deno.env.set("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
Deno.env.set("AWS_REGION", "us-east-1");

/** What a test may do to an object behind the server's back. */
export type Damage = "flip" | "cut" | "delete" | "replace" | "unreadable";

/** Ends the server with its starter, however that one ends: then its input closes. */
const KEEPER = '"$@" & server=$!; read -r _; kill -9 $server; wait';

let shared: Promise<S3Server> | undefined;

/** The server that all tests of a file share; it stops with the test process. */
export function sharedS3Server(): Promise<S3Server> {
  return shared ??= S3Server.start();
}

/** A running server; stop() stops it and removes what it holds. */
export class S3Server {
  #keeper: Deno.ChildProcess | undefined;

  readonly access_key = ACCESS_KEY;
  readonly secret_key = SECRET_KEY;

  private constructor(readonly folder: string, readonly port: number) {}

  /** Starts a server of one's own, on a free port of this machine only. */
  static async start(): Promise<S3Server> {
    if (S3_MISSING) throw new Error(`Cannot start an S3 server: ${S3_MISSING}`);
    const folder = await Deno.makeTempDir({ prefix: "sluice_test_s3_" });
    await Deno.mkdir(`${folder}/data`);
    await Deno.mkdir(`${folder}/versions`);
    const server = new S3Server(folder, freePort());
    await server.startAgain();
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The variables with which a process reaches it, through a proxy if one is given. */
  environment(endpoint: string = this.endpoint): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: this.access_key,
      AWS_SECRET_ACCESS_KEY: this.secret_key,
      AWS_REGION: "us-east-1",
    };
  }

  /** The URL of a bucket as a store, for stores that a test opens itself. */
  url(bucket: string, endpoint: string = this.endpoint): string {
    return `s3://${bucket}?endpoint=${endpoint}`;
  }

  /** Makes an empty bucket, with a name of its own unless one is given. */
  async makeBucket(
    name = `bucket-${crypto.randomUUID().slice(0, 13)}`,
  ): Promise<string> {
    await Deno.mkdir(`${this.folder}/data/${name}`);
    return name;
  }

  /** The bare client, for what a store cannot do: versioning, open uploads. */
  async client(endpoint: string = this.endpoint): Promise<S3Client> {
    const { S3Client } = await import("@aws-sdk/client-s3");
    return new S3Client({
      endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: {
        accessKeyId: this.access_key,
        secretAccessKey: this.secret_key,
      },
    });
  }

  /** Where the bytes of an object are on disk. */
  path(bucket: string, key: string): string {
    return `${this.folder}/data/${bucket}/${key}`;
  }

  /** The keys that a bucket holds on disk, in order, at any depth. */
  async keys(bucket: string, under = ""): Promise<string[]> {
    const root = `${this.folder}/data/${bucket}`;
    const found: string[] = [];
    const walk = async (folder: string) => {
      for await (const entry of Deno.readDir(`${root}/${folder}`)) {
        const key = `${folder}${entry.name}`;
        // The server keeps unfinished uploads in here.
        if (key === ".sgwtmp") continue;
        if (entry.isDirectory) await walk(`${key}/`);
        else if (key.startsWith(under)) found.push(key);
      }
    };
    await walk("");
    return found.sort();
  }

  /** The uploads of a bucket that were begun and not ended. */
  async openUploads(bucket: string): Promise<string[]> {
    const { ListMultipartUploadsCommand } = await import("@aws-sdk/client-s3");
    const client = await this.client();
    try {
      const { Uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      );
      return Uploads.map(({ Key }) => Key ?? "");
    } finally {
      client.destroy();
    }
  }

  /** Begins an upload and leaves it, as a killed process would have so many hours ago. */
  async leaveUpload(
    bucket: string,
    key: string,
    hours_ago: number,
  ): Promise<void> {
    const { CreateMultipartUploadCommand } = await import("@aws-sdk/client-s3");
    const client = await this.client();
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }),
    );
    client.destroy();
    const root = `${this.folder}/data/${bucket}/.sgwtmp/multipart`;
    const begun_at = Date.now() / 1000 - hours_ago * 3600;
    for await (const { name } of Deno.readDir(root)) {
      const path = `${root}/${name}/${UploadId}`;
      if (isThere(path)) await Deno.utime(path, begun_at, begun_at);
    }
  }

  /** Lets a bucket keep versions from now on. */
  async keepVersions(bucket: string): Promise<void> {
    const { PutBucketVersioningCommand } = await import("@aws-sdk/client-s3");
    const client = await this.client();
    await client.send(
      new PutBucketVersioningCommand({
        Bucket: bucket,
        VersioningConfiguration: { Status: "Enabled" },
      }),
    );
    client.destroy();
  }

  /** Puts an object as any other program would, over whatever is there. */
  async putBare(bucket: string, key: string, body: string): Promise<void> {
    const { PutObjectCommand } = await import("@aws-sdk/client-s3");
    const client = await this.client();
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentLength: new TextEncoder().encode(body).length,
      }),
    );
    client.destroy();
  }

  /** Damages an object behind the server's back. */
  async damage(bucket: string, key: string, how: Damage): Promise<void> {
    const path = this.path(bucket, key);
    const bytes = await Deno.readFile(path);
    if (how === "delete") await Deno.remove(path);
    if (how === "cut") await Deno.truncate(path, bytes.length >> 1);
    if (how === "flip") {
      bytes[bytes.length >> 1] ^= 1;
      // In place: the server keeps what it knows of a file beside its inode.
      await Deno.writeFile(path, bytes, { create: false });
    }
    if (how === "replace") {
      await Deno.writeFile(path, bytes.map((byte) => byte ^ 0xff), {
        create: false,
      });
    }
    if (how === "unreadable") {
      // The server's user may be root, whom no mode keeps from reading.
      await Deno.remove(path);
      await Deno.symlink(path, path);
    }
  }

  /** Stops the server as a power cut would; what it holds stays. */
  async stop(): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = undefined;
    if (!keeper) return;
    keeper.ref();
    await keeper.stdin.close();
    await keeper.status;
  }

  /** Starts it, under the same address. */
  async startAgain(): Promise<void> {
    this.#keeper = new Deno.Command("sh", {
      args: [
        "-c",
        KEEPER,
        "keeper",
        await Deno.realPath(BINARY),
        `--port=127.0.0.1:${this.port}`,
        "--keep-alive",
        "--quiet",
        "posix",
        `--versioning-dir=${this.folder}/versions`,
        `${this.folder}/data`,
      ],
      env: {
        ROOT_ACCESS_KEY: this.access_key,
        ROOT_SECRET_KEY: this.secret_key,
      },
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // The test process does not wait for it.
    this.#keeper.unref();
    await untilReachable(this.port);
  }

  /** Stops it for good and removes what it holds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

globalThis.addEventListener("unload", () => {
  shared?.then(({ folder }) => Deno.removeSync(folder, { recursive: true }));
});

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A port that nobody listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

async function untilReachable(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }
}
