/** What must hold of every job, whatever its data: the ways of a delivery do not matter. */
import type { Random } from "./random.ts";
import {
  type Batch,
  copyBatch,
  type Delivery,
  readThirds,
  type RerunWorld,
} from "./rerun_world.ts";
import {
  assertSame,
  rowsOfOthers,
  type Snapshot,
  surplus,
} from "./snapshot.ts";

/** What a proof is given; the store holds all deliveries when it begins. */
export interface Given {
  world: RerunWorld;
  random: Random;
  deliveries: Delivery[];
  /** What the deliveries made when each was loaded as it came. */
  live: Snapshot;
  /** The store into which they were landed then. */
  store: string;
}

/** One proof: its sentence, and what throws unless it is true. */
export interface Proof {
  sentence: string;
  /** Deliveries with a name are replaced as a whole; others can be joined and split. */
  only?: "named" | "unnamed";
  prove: (given: Given) => Promise<void>;
}

/** Loads each delivery as it comes; one to three of them in a run. */
export async function live(
  world: RerunWorld,
  { random, deliveries }: { random: Random; deliveries: Delivery[] },
): Promise<Given> {
  await world.startAgain();
  for (const group of random.groups(deliveries, { least: 1, most: 3 })) {
    await world.run(group, { again: true });
  }
  const snapshot = await world.snapshot();
  return { world, random, deliveries, live: snapshot, store: world.store };
}

/** In this order: the first ones read the warehouse that `live` has left. */
const PROOFS: Proof[] = [
  {
    sentence: "rebuild makes what is live",
    prove: async ({ world }) => {
      const [difference] = await world.rebuild();
      if (difference) throw new Error(JSON.stringify(difference, writable));
    },
  },
  {
    sentence: "the same files again change nothing",
    prove: async ({ world, deliveries, live }) => {
      await world.run(lastOnes(deliveries));
      assertSame(live, await world.snapshot(), { provenance: true });
    },
  },
  {
    sentence: "the folder again, with nothing staged, changes nothing",
    prove: async ({ world, live }) => {
      await world.run([], { force: true });
      assertSame(live, await world.snapshot(), { provenance: true });
    },
  },
  {
    sentence: "rejected lines readmitted change nothing",
    prove: async ({ world, live }) => {
      await world.run([], { readmit: true });
      assertSame(live, await world.snapshot(), { provenance: true });
    },
  },
  {
    sentence: "landed batches loaded again change nothing",
    prove: async ({ world, random, live }) => {
      const batches = random.shuffled(await world.landed());
      const half = Math.ceil(batches.length / 2);
      await world.replay(batches.slice(0, half));
      await world.replay(batches.slice(half));
      assertSame(live, await world.snapshot(), { provenance: true });
    },
  },
  {
    sentence: "all batches in one run make the same",
    prove: async ({ world, live }) => {
      await world.forget();
      await world.run();
      assertSame(live, await world.snapshot());
    },
  },
  {
    sentence: "batches loaded in any order make the same",
    prove: async ({ world, random, live }) => {
      await world.forget();
      const order = random.shuffled(await world.landed());
      for (const group of random.groups(order, { least: 1, most: 3 })) {
        await world.loadOnly(group);
      }
      assertSame(live, await world.snapshot());
    },
  },
  {
    sentence: "late old batches write only what they win",
    prove: async ({ world, random, live, store }) => {
      await world.forget();
      const batches = await world.landed();
      const late = middles(batches, random);
      const others = batches.filter((one) => !late.includes(one));
      world.useStore(await world.copyStore(late));
      await world.loadOnly(
        others.filter(({ feed, batch }) =>
          late.some((one) => one.feed === feed && batch < one.batch)
        ),
      );
      await world.run();
      const before = rowsOfOthers(await world.snapshot(), late);
      for (const one of late) {
        await copyBatch(one, { from: store, to: world.store });
      }
      await world.run();
      const after = await world.snapshot();
      world.useStore(store);
      assertSame(live, after);
      for (const [name, rows] of rowsOfOthers(after, late)) {
        const [changed] = surplus(rows, before.get(name) ?? []);
        if (changed) throw new Error(`${name} was changed: ${changed}`);
      }
    },
  },
  {
    sentence: "lines that can be read only later make the same",
    prove: async ({ world, random, live }) => {
      await world.forget();
      const batches = await world.landed();
      const third = random.pick([0, 1]);
      for (const group of random.groups(batches, { least: 2, most: 3 })) {
        await world.loadOnly(
          group,
          (source) => readThirds(source, third, false),
        );
      }
      await world.loadOnly(
        batches,
        (source) => readThirds(source, third, true),
      );
      assertSame(live, await world.snapshot());
    },
  },
  {
    sentence: "one large delivery makes the same",
    only: "unnamed",
    prove: async ({ world, deliveries, live }) => {
      await world.startAgain();
      await world.run(joined(deliveries), { again: true });
      assertSame(live, await world.snapshot());
    },
  },
  {
    sentence: "many small deliveries make the same",
    only: "unnamed",
    prove: async ({ world, random, deliveries, live }) => {
      await world.startAgain();
      const parts = joined(deliveries).flatMap(({ feed, lines }) =>
        random.groups(lines, { least: 2, most: 9 })
          .map((lines): Delivery => ({ feed, lines }))
      );
      for (const group of random.groups(parts, { least: 2, most: 6 })) {
        await world.run(group, { again: true });
      }
      assertSame(live, await world.snapshot());
    },
  },
  {
    sentence: "what was replaced might as well never have come",
    only: "named",
    prove: async ({ world, deliveries, live }) => {
      await world.startAgain();
      await world.run(lastOnes(deliveries));
      // What was rejected of it stays, to be looked at.
      assertSame(live, await world.snapshot(), { no_rejected: true });
    },
  },
  {
    sentence: "deliveries that come twice make the same",
    prove: async ({ world, random, deliveries, live }) => {
      await world.startAgain();
      const twice = deliveries.flatMap((one) => [one, one]);
      for (const group of random.groups(twice, { least: 1, most: 5 })) {
        await world.run(group, { again: true });
      }
      const not_rejected = { no_rejected: true };
      assertSame(live, await world.snapshot(), not_rejected);
    },
  },
];

/** The proofs that can be given of these deliveries. */
export function proofsOf(deliveries: Delivery[]): Proof[] {
  const kind = deliveries.some(({ label }) => label) ? "named" : "unnamed";
  return PROOFS.filter(({ only = kind }) => only === kind);
}

/** Without those whose name another one took later. */
function lastOnes(deliveries: Delivery[]): Delivery[] {
  return deliveries.filter(({ feed, label }, place) =>
    !label ||
    !deliveries.slice(place + 1).some((later) =>
      later.feed === feed && later.label === label
    )
  );
}

/** For each feed a batch that is neither its first nor its last, if it has one. */
function middles(batches: Batch[], random: Random): Batch[] {
  const feeds = [...new Set(batches.map(({ feed }) => feed))];
  return feeds.map((feed) => {
    const own = batches.filter((one) => one.feed === feed);
    return random.pick(own.length > 2 ? own.slice(1, -1) : own);
  });
}

/** All lines of a feed, in the order in which they came. */
function joined(deliveries: Delivery[]): Delivery[] {
  const feeds = [...new Set(deliveries.map(({ feed }) => feed))];
  return feeds.map((feed) => ({
    feed,
    lines: deliveries.filter((one) => one.feed === feed)
      .flatMap(({ lines }) => lines),
  }));
}

function writable(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
